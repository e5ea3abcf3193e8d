//! Texts that nobody meant to write: environments, commands, lists, versions.

use proptest::prelude::*;

use super::*;
use crate::Version;
use crate::lenient::{EnvironmentText, FileText, LenientNumber, StringList, parse_string_list};

proptest! {
    #[test]
    fn an_environment_is_names_and_values_or_an_error(text in "([A-Z=:#\"' \t\r\n-]|//|\\PC){0,60}") {
        match parse_environment(&text) {
            Ok(variables) => for variable in variables {
                let EnvironmentVar { variable, value } = variable;
                prop_assert!(!variable.is_empty() && !variable.contains(['=', ':', '\n']));
                prop_assert!(!value.contains('\n'));
            },
            Err(error) => prop_assert!(error.message().starts_with("line "), "{error}"),
        }
    }

    #[test]
    fn an_error_shows_nothing_of_the_line(secret in "[a-z0-9]{12,20}") {
        let error = parse_environment(&format!("A=1\n{secret}")).unwrap_err();
        let shown = format!("{error:?}");
        prop_assert!(!shown.contains(&secret));
    }

    #[test]
    fn a_command_is_one_line(text in "([a-z#&\\\\ \t\r\n]|\\PC){0,60}") {
        let command = parse_command(&text);
        prop_assert!(!command.contains('\n'));
        prop_assert!(command.len() <= text.len() * 4 + 4);
    }

    #[test]
    fn items_of_a_list_are_never_empty(text in "([a-z#,!\\\\ \t\r\n]|\\PC){0,60}") {
        for item in parse_string_list(&text) {
            prop_assert_eq!(item.trim(), item.as_str());
            prop_assert!(!item.is_empty() && !item.contains([',', '\n']));
        }
    }

    #[test]
    fn a_version_that_is_read_is_read_again_from_its_text(text in "v?[0-9.v+-]{0,14}|\\PC{0,8}") {
        if let Ok(version) = text.parse::<Version>() {
            prop_assert_eq!(version.to_string().parse::<Version>().unwrap(), version);
        }
    }

    #[test]
    fn any_json_is_a_value_or_an_error(text in json_text()) {
        let _ = serde_json::from_str::<StringList>(&text);
        let _ = serde_json::from_str::<LenientNumber>(&text);
        let _ = serde_json::from_str::<Version>(&text);
        if let Ok(read) = serde_json::from_str::<FileText>(&text) {
            prop_assert!(read.is_empty() || read.ends_with('\n'));
        }
        if let Ok(read) = serde_json::from_str::<EnvironmentText>(&text) {
            let _ = parse_environment(&read);
        }
    }
}

/// JSON, and what looks like it.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?[0-9]{1,25}(\\.[0-9]{1,5})?(e[0-9]{1,4})?",
        "\"[a-z0-9=:. ]{0,12}\"",
        Just("null".to_owned()),
        Just("true".to_owned()),
        "\\PC{0,4}",
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![
            Just("variable"),
            Just("value"),
            Just("major"),
            Just("minor"),
            Just("patch"),
            Just("x")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((key, inner), 0..4).prop_map(|pairs| {
                let pairs: Vec<_> =
                    pairs.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    })
}
