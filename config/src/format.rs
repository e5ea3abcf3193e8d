//! TOML, YAML and JSON into nodes that know their line.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::node::{Data, Node, Source};

/// The formats, by the file's extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Format::Toml),
            "yaml" | "yml" => Some(Format::Yaml),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// Reads a text. The message of an error never quotes the text, which may hold
/// secrets: it has the line, where the format tells it, and what is wrong.
pub(crate) fn parse(text: &str, format: Format, path: &Arc<Path>) -> Result<Node, String> {
    let reader = Reader { text, path };
    let root = match format {
        Format::Toml => {
            let table = DeTable::parse(text).map_err(|error| {
                let line = error.span().map(|span| reader.line(span.start));
                reader.error(line, error.message())
            })?;
            Data::Table(reader.toml_table(table.get_ref())?)
        }
        Format::Yaml => {
            let value: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).map_err(|error| {
                reader.error(error.location().map(|at| at.line()), "is not valid YAML")
            })?;
            reader.yaml(value, None)?.data
        }
        Format::Json => {
            let value: serde_json::Value = serde_json::from_str(text)
                .map_err(|error| reader.error(Some(error.line()), "is not valid JSON"))?;
            reader.json(value, None).data
        }
    };
    match root {
        // An empty YAML file is null.
        Data::Null => Ok(Node { data: Data::Table(BTreeMap::new()), source: reader.source(None) }),
        Data::Table(_) => Ok(Node { data: root, source: reader.source(None) }),
        _ => Err(reader.error(None, "is not a table of settings")),
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Arc<Path>,
}

impl Reader<'_> {
    fn source(&self, line: Option<usize>) -> Source {
        Source::File { path: self.path.clone(), line }
    }

    fn error(&self, line: Option<usize>, message: &str) -> String {
        match line {
            Some(line) => format!("{}:{line}: {message}", self.path.display()),
            None => format!("{}: {message}", self.path.display()),
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    /// The line of a key of YAML or JSON, whose parsers do not tell it: sure
    /// when exactly one line begins with the key.
    fn line_of_key(&self, key: &str) -> Option<usize> {
        let mut lines = self.text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim_start().trim_start_matches("- ");
            let line = line.trim_start_matches(['{', ' ', '"', '\'']);
            line.strip_prefix(key)
                .map(|rest| rest.trim_start_matches(['"', '\'']).trim_start())
                .is_some_and(|rest| rest.starts_with(':'))
        });
        let (number, _) = lines.next()?;
        lines.next().is_none().then_some(number + 1)
    }

    fn toml_table(&self, table: &DeTable<'_>) -> Result<BTreeMap<String, Node>, String> {
        table
            .iter()
            .map(|(key, value)| {
                let line = self.line(key.span().start);
                Ok((key.get_ref().to_string(), self.toml(value.get_ref(), line)?))
            })
            .collect()
    }

    fn toml(&self, value: &DeValue<'_>, line: usize) -> Result<Node, String> {
        let data = match value {
            DeValue::String(text) => Data::Text(text.to_string()),
            DeValue::Integer(int) => i64::from_str_radix(int.as_str(), int.radix())
                .map(Data::Int)
                .map_err(|_| self.error(Some(line), "the number is too big"))?,
            DeValue::Float(float) => Data::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => Data::Bool(*value),
            DeValue::Datetime(value) => Data::Text(value.to_string()),
            DeValue::Array(items) => Data::List(
                items
                    .iter()
                    .map(|item| self.toml(item.get_ref(), self.line(item.span().start)))
                    .collect::<Result<_, _>>()?,
            ),
            DeValue::Table(table) => Data::Table(self.toml_table(table)?),
        };
        Ok(Node { data, source: self.source(Some(line)) })
    }

    fn yaml(&self, value: serde_yaml_ng::Value, line: Option<usize>) -> Result<Node, String> {
        use serde_yaml_ng::Value;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Data::Int(int),
                (None, float) => Data::Float(float.unwrap_or(f64::NAN)),
            },
            Value::String(text) => Data::Text(text),
            Value::Sequence(items) => Data::List(
                items.into_iter().map(|item| self.yaml(item, line)).collect::<Result<_, _>>()?,
            ),
            Value::Mapping(mapping) => Data::Table(
                mapping
                    .into_iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Value::String(key) => key,
                            Value::Number(key) => key.to_string(),
                            Value::Bool(key) => key.to_string(),
                            _ => return Err(self.error(line, "a key is not a text")),
                        };
                        let line = self.line_of_key(&key);
                        Ok((key, self.yaml(value, line)?))
                    })
                    .collect::<Result<_, _>>()?,
            ),
            Value::Tagged(tagged) => return self.yaml(tagged.value, line),
        };
        Ok(Node { data, source: self.source(line) })
    }

    fn json(&self, value: serde_json::Value, line: Option<usize>) -> Node {
        use serde_json::Value;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Data::Int(int),
                (None, float) => Data::Float(float.unwrap_or(f64::NAN)),
            },
            Value::String(text) => Data::Text(text),
            Value::Array(items) => {
                Data::List(items.into_iter().map(|item| self.json(item, line)).collect())
            }
            Value::Object(object) => Data::Table(
                object
                    .into_iter()
                    .map(|(key, value)| {
                        let line = self.line_of_key(&key);
                        (key, self.json(value, line))
                    })
                    .collect(),
            ),
        };
        Node { data, source: self.source(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> Arc<Path> {
        Arc::from(Path::new("config"))
    }

    #[test]
    fn the_three_formats_say_the_same_with_the_same_lines() {
        let toml = "title = \"T\"\n\n[database]\nuri = \"u\"\nlist = [1, true]\n";
        let yaml = "title: T\n\ndatabase:\n  uri: u\n  list: [1, true]\n";
        let json = "{ \"title\": \"T\",\n\"database\": {\n\"x\": null,\n\"uri\": \"u\",\n\"list\": [1, true]}}";
        for (text, format) in [(toml, Format::Toml), (yaml, Format::Yaml), (json, Format::Json)] {
            let node = parse(text, format, &path()).unwrap();
            let uri = node.find("database.uri").unwrap();
            assert_eq!(uri.data.show(), "\"u\"", "{format:?}");
            assert_eq!(uri.source.describe("database.uri"), "config:4: key \"database.uri\"");
            assert_eq!(node.find("database.list").unwrap().data.show(), "[1, true]");
        }
    }

    #[test]
    fn a_broken_file_is_reported_by_line_without_quoting_it() {
        let cases = [
            ("a = 1\npassword = \"hunter2", Format::Toml, "config:2: "),
            ("a: 1\npassword: [hunter2\n", Format::Yaml, "config:"),
            ("{\"a\": 1,\n\"password\": hunter2}", Format::Json, "config:2: "),
            ("[1]", Format::Json, "config: is not a table of settings"),
        ];
        for (text, format, start) in cases {
            let error = parse(text, format, &path()).err().unwrap();
            assert!(error.starts_with(start), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_table() {
        for format in [Format::Toml, Format::Yaml] {
            assert!(parse("", format, &path()).unwrap().table().unwrap().is_empty());
        }
    }
}
