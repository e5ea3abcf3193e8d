//! Resource files as text.

use serde::Serialize;
use toml_edit::visit_mut::{VisitMut, visit_value_mut};
use toml_edit::{DocumentMut, Value};

/// The delimiter between which a backslash is no escape in resource files.
const QUOTES: &str = "\"\"\"";

/// Writes declarations, so that this and other versions read them as they are:
/// between `"""` a backslash means itself there, other than in TOML, and whoever
/// looks for `"""` does not see that one is within another text.
///
/// Errors: what cannot be TOML, like a map whose keys are no texts.
pub fn write(declared: &impl Serialize) -> Result<String, toml::ser::Error> {
    let text = toml::to_string_pretty(declared)?;
    // Most texts need no second look, and a plan writes a thousand of them.
    if !text.contains(QUOTES) || !text.contains(['\\', '\'']) {
        return Ok(text);
    }
    let Ok(mut document) = text.parse::<DocumentMut>() else { return Ok(text) };
    InOneLine.visit_document_mut(&mut document);
    Ok(document.to_string())
}

/// Writes the texts that would be misread in one line, with escapes.
struct InOneLine;

impl VisitMut for InOneLine {
    fn visit_value_mut(&mut self, node: &mut Value) {
        let Value::String(text) = &*node else { return visit_value_mut(self, node) };
        let written = text.as_repr().and_then(|written| written.as_raw().as_str());
        let misread = |written: &str| {
            written.contains(QUOTES) && (written.starts_with('\'') || written.contains('\\'))
        };
        if !written.is_some_and(misread) {
            return;
        }
        // JSON's escapes are some of TOML's; it leaves one sign as it is that TOML
        // does not allow.
        let Ok(line) = serde_json::to_string(text.value()) else { return };
        if let Ok(mut line) = line.replace('\u{7f}', "\\u007F").parse::<Value>() {
            *line.decor_mut() = text.decor().clone();
            *node = line;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::resource_file::Files;

    #[test]
    fn texts_are_read_as_they_were_whatever_is_in_them() {
        for text in [
            "a\nb\n",
            "it's\n'''\n",
            "'''\na\\nb\n",
            "'''\n\\\n",
            "\"\"\"\n\\d\n",
            "'\"\"\"\\\u{7f}\n",
            "\r\nback\\slash\r\n'''",
        ] {
            let stack = BTreeMap::from([("name", "a"), ("description", text)]);
            let other = BTreeMap::from([("name", "b"), ("description", "x\\y\n'\n")]);
            let written = write(&BTreeMap::from([("stack", [stack, other])])).unwrap();
            let mut read = Files::default();
            read.add("a.toml", &written, true);
            assert!(read.findings.is_empty(), "{written}: {:?}", read.findings);
            let stacks = &read.resources.stacks;
            assert_eq!(stacks[0].description, text, "{written}");
            assert_eq!(stacks[1].description, "x\\y\n'\n", "{written}");
            let plain: toml::Table = toml::from_str(&written).unwrap();
            assert_eq!(
                plain["stack"][0]["description"].as_str(),
                Some(text),
                "also as TOML is read"
            );
        }
    }

    #[test]
    fn texts_of_several_lines_stay_so() {
        let variable = BTreeMap::from([("name", "A"), ("value", "one\ntwo\n")]);
        let written = write(&BTreeMap::from([("variable", [variable])])).unwrap();
        assert!(written.contains("\none\ntwo\n"), "{written}");
    }
}
