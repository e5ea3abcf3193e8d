//! `ARGS` of an action: what is configured, and over it what a run was asked with.

use serde_json::Value;
use varanus_proto::entity::file::FileFormat;
use varanus_proto::{Context, Error, JsonObject, Result};

use super::convert;

/// The arguments of a run. Objects are merged, lists are extended, anything else
/// is replaced (Komodo 2.3).
pub fn arguments(format: FileFormat, configured: &str, asked: JsonObject) -> Result<JsonObject> {
    let mut arguments = parse(format, configured).context("the field arguments")?;
    merge(&mut arguments, asked);
    Ok(arguments)
}

fn parse(format: FileFormat, text: &str) -> Result<JsonObject> {
    if text.trim().is_empty() {
        return Ok(JsonObject::new());
    }
    let value = match format {
        FileFormat::KeyValue => return key_values(text),
        FileFormat::Toml => convert::read("toml", text)?,
        FileFormat::Yaml => convert::read("yaml", text)?,
        FileFormat::Json => convert::read("json", text)?,
    };
    match value {
        Value::Object(fields) => Ok(fields),
        // A file of comments alone.
        Value::Null => Ok(JsonObject::new()),
        _ => Err(Error::invalid("it is no table of names and values")),
    }
}

fn key_values(text: &str) -> Result<JsonObject> {
    let mut fields = JsonObject::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let line = line.strip_prefix("- ").unwrap_or(line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = line.find(['=', ':']).ok_or_else(|| {
            Error::invalid(format!("line {}: it is not NAME=VALUE: {line:?}", index + 1))
        })?;
        let (name, value) = (line[..at].trim(), line[at + 1..].trim());
        fields.insert(name.to_owned(), unquoted(value).into());
    }
    Ok(fields)
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim_end())
}

fn merge(into: &mut JsonObject, from: JsonObject) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more),
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> JsonObject {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn each_format_gives_the_same() {
        let expected = object(json!({ "name": "web", "port": "80" }));
        for (format, text) in [
            (FileFormat::KeyValue, "# which\nname = web # the one\n- port: '80'\n"),
            (FileFormat::Toml, "name = 'web'\nport = '80'\n"),
            (FileFormat::Yaml, "name: web\nport: \"80\"\n"),
            (FileFormat::Json, r#"{"name": "web", "port": "80"}"#),
        ] {
            assert_eq!(arguments(format, text, JsonObject::new()).unwrap(), expected, "{text}");
        }
        assert_eq!(
            arguments(FileFormat::Yaml, "# none\n", JsonObject::new()).unwrap(),
            object(json!({}))
        );
        let error = arguments(FileFormat::Json, "[1]", JsonObject::new()).unwrap_err();
        assert!(error.to_string().contains("field arguments"), "{error}");
        let error = arguments(FileFormat::KeyValue, "a=1\nb", JsonObject::new()).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn what_a_run_is_asked_with_goes_over_what_is_configured() {
        let configured = r#"{"a": {"b": 1, "c": [1]}, "d": "x", "e": [1]}"#;
        let asked = object(json!({ "a": { "b": 2, "c": [2] }, "d": ["y"], "f": null }));
        let merged = arguments(FileFormat::Json, configured, asked).unwrap();
        assert_eq!(
            Value::Object(merged),
            json!({ "a": { "b": 2, "c": [1, 2] }, "d": ["y"], "e": [1], "f": null })
        );
    }
}
