//! What compose prints, which the compose file of a repository decides.

use serde_yaml_ng::Value;
use varanus_periphery::compose::{sanitize, services};

/// The services are bounded, and what is kept of the configuration holds no
/// value of an environment.
pub(crate) fn output(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(found) = services("project", &text) {
        assert!(found.len() <= 11_000, "{} services", found.len());
    }
    let kept = sanitize(&text);
    if kept.is_empty() {
        return;
    }
    let Ok(value) = serde_yaml_ng::from_str::<Value>(&kept) else { panic!("no YAML:\n{kept}") };
    let of = |value: &Value, name: &str| value.get(name).and_then(Value::as_mapping).cloned();
    for (_, service) in of(&value, "services").into_iter().flatten() {
        for section in ["environment", "labels", "command", "entrypoint"] {
            hidden(service.get(section), &kept);
        }
        hidden(service.get("build").and_then(|build| build.get("args")), &kept);
    }
    for section in ["configs", "secrets"] {
        for (_, entry) in of(&value, section).into_iter().flatten() {
            hidden(entry.get("content"), &kept);
        }
    }
}

fn hidden(section: Option<&Value>, kept: &str) {
    let shown = |value: &Value| value.as_str() != Some("########");
    let found = match section {
        None | Some(Value::Null) => false,
        Some(Value::Mapping(map)) => map.values().any(shown),
        Some(value) => shown(value),
    };
    assert!(!found, "a value is shown:\n{kept}");
}
