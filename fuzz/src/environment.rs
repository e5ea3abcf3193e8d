//! Texts that people write into configurations: environments, commands, lists,
//! and the names in brackets in them.

use varanus_proto::Version;
use varanus_proto::environment::{parse_command, parse_environment};
use varanus_proto::interpolate::interpolate;
use varanus_proto::lenient::{EnvironmentText, FileText, LabelsText, parse_string_list};

pub(crate) fn texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    variables(&text);
    let command = parse_command(&text);
    assert!(!command.contains('\n') && command.len() <= text.len() * 4 + 4);
    for item in parse_string_list(&text) {
        assert!(!item.is_empty() && item.trim() == item && !item.contains([',', '\n']));
    }
    brackets(&text);
    json(&text);
    if let Ok(version) = text.parse::<Version>() {
        assert_eq!(version.to_string().parse::<Version>().ok(), Some(version));
    }
}

/// Variables are read again from how they are written.
fn variables(text: &str) {
    match parse_environment(text) {
        Ok(variables) => {
            for variable in &variables {
                assert!(!variable.variable.is_empty());
                assert!(!variable.variable.contains(['=', ':', '\n']));
                assert!(!variable.value.contains('\n'));
            }
            assert!(variables.len() <= text.lines().count());
        }
        // The line may be a secret: only its number is told.
        Err(error) => {
            let message = error.message();
            assert!(message.starts_with("line ") && message.len() < 100, "{message}");
        }
    }
}

/// A pass fills in what it knows, and changes nothing else.
fn brackets(text: &str) {
    let Ok(done) = interpolate(text, |name| (name == "A").then_some("value")) else { return };
    assert_eq!(done.used.contains("A"), !done.used.is_empty());
    assert!(done.text.len() <= text.len() * 2);
    if !text.contains("[[") {
        assert_eq!(done.text, text);
    }
    if !text.contains("[[[") && done.used.is_empty() {
        assert_eq!(done.text, text, "nothing is known of it");
    }
}

fn json(text: &str) {
    if let Ok(file) = serde_json::from_str::<FileText>(text) {
        assert!(file.is_empty() || file.ends_with('\n'));
        let again = serde_json::to_string(&file).expect("a text is JSON");
        assert_eq!(serde_json::from_str::<FileText>(&again).ok(), Some(file));
    }
    if let Ok(environment) = serde_json::from_str::<EnvironmentText>(text) {
        variables(&environment);
    }
    let _ = serde_json::from_str::<LabelsText>(text);
}
