//! From one format of text to another, for `YAML` and `TOML` of actions: `varanus-core convert FROM TO FILE`
//! writes the text to stdout. So a script reads them as Core does, and fetches nothing for it.

use serde::Deserialize as _;
use serde_json::Value;
use varanus_proto::{Error, Result};

/// Converts a text between `json`, `yaml`, `yaml-documents` (an array of them) and
/// `toml`.
///
/// Errors: what is wrong with the text, and where.
pub fn convert(from: &str, to: &str, text: &str) -> Result<String> {
    write(to, &read(from, text)?)
}

/// Reads a text. Dates of TOML become texts.
pub(super) fn read(format: &str, text: &str) -> Result<Value> {
    let wrong = |error: String| Error::invalid(format!("this is not {format}: {error}"));
    match format {
        "json" => serde_json::from_str(text).map_err(|error| wrong(error.to_string())),
        "yaml" => serde_yaml_ng::from_str(text).map_err(|error| wrong(error.to_string())),
        "yaml-documents" => serde_yaml_ng::Deserializer::from_str(text)
            .map(|document| Value::deserialize(document).map_err(|error| wrong(error.to_string())))
            .collect::<Result<Vec<_>>>()
            .map(Value::Array),
        "toml" => {
            let table: toml::Table = text
                .parse()
                .map_err(|error: toml::de::Error| wrong(error.to_string().trim_end().to_owned()))?;
            Ok(plain(toml::Value::Table(table)))
        }
        other => Err(Error::invalid(format!("{other:?} is no format"))),
    }
}

fn write(format: &str, value: &Value) -> Result<String> {
    let wrong = |error: String| Error::invalid(format!("this cannot be {format}: {error}"));
    match format {
        "json" => serde_json::to_string(value).map_err(|error| wrong(error.to_string())),
        "yaml" => serde_yaml_ng::to_string(value).map_err(|error| wrong(error.to_string())),
        // It has no null: what is not there is left out.
        "toml" => toml::to_string(&without_nulls(value)).map_err(|error| wrong(error.to_string())),
        other => Err(Error::invalid(format!("{other:?} is no format"))),
    }
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, plain(field))).collect())
        }
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            items.iter().filter(|item| !item.is_null()).map(without_nulls).collect()
        }
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, field)| !field.is_null());
            Value::Object(there.map(|(name, field)| (name.clone(), without_nulls(field))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_the_same_in_another_format() {
        let toml = "at = 2026-11-21T03:00:00Z\n[a]\nb = [1, 2]\n";
        let json = r#"{"a":{"b":[1,2]},"at":"2026-11-21T03:00:00Z"}"#;
        assert_eq!(convert("toml", "json", toml).unwrap(), json);
        assert_eq!(
            convert("json", "yaml", json).unwrap(),
            "a:\n  b:\n  - 1\n  - 2\nat: 2026-11-21T03:00:00Z\n"
        );
        assert_eq!(
            convert("yaml-documents", "json", "a: 1\n---\n- b\n").unwrap(),
            r#"[{"a":1},["b"]]"#
        );
        assert_eq!(convert("json", "toml", r#"{"a":null,"b":true}"#).unwrap(), "b = true\n");
        assert!(convert("toml", "json", "a = ").unwrap_err().message().contains("not toml"));
        assert!(convert("yaml", "json", "a: [").unwrap_err().message().contains("line"));
    }
}
