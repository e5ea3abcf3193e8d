//! A TOML file as a tree in which every value knows its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One step from a table or list to what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// A value and the line it begins at.
#[derive(Debug, Clone)]
pub struct Node {
    pub line: usize,
    pub data: Data,
}

#[derive(Debug, Clone)]
pub enum Data {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Date,
    /// Each item with the index it has in the file.
    List(Vec<(usize, Node)>),
    /// In the order of the file, but `type` first: what the other keys mean
    /// depends on it.
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    /// The line of the key.
    pub line: usize,
    pub node: Node,
}

/// What is wrong with a file as TOML.
pub struct Syntax {
    pub line: usize,
    pub message: String,
}

/// Reads a file. What can be read is given even when something is wrong.
pub fn parse(text: &str) -> (Node, Vec<Syntax>) {
    let text = escape(text);
    let lines = Lines::of(&text);
    let (table, errors) = DeTable::parse_recoverable(&text);
    let errors = errors
        .iter()
        .map(|error| Syntax {
            line: error.span().map_or(1, |span| lines.line(span.start)),
            message: error.message().to_owned(),
        })
        .collect();
    (Node { line: 1, data: lines.table(table.get_ref()) }, errors)
}

/// In texts between `"""` a backslash is a backslash (Komodo 2.3), not the
/// beginning of an escape as in TOML.
fn escape(text: &str) -> String {
    let parts = text.split("\"\"\"").enumerate();
    let parts: Vec<_> = parts
        .map(|(at, part)| if at % 2 == 1 { part.replace('\\', "\\\\") } else { part.to_owned() })
        .collect();
    parts.join("\"\"\"")
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let Range { start, .. } = value.span();
        let data = match value.get_ref() {
            DeValue::String(text) => Data::Text(text.to_string()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Data::Integer(number),
                    Err(_) => Data::Text(number.as_str().to_owned()),
                }
            }
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Data::Float(number),
                Err(_) => Data::Text(number.as_str().to_owned()),
            },
            DeValue::Boolean(value) => Data::Bool(*value),
            DeValue::Datetime(_) => Data::Date,
            DeValue::Array(items) => {
                Data::List(items.iter().map(|item| self.node(item)).enumerate().collect())
            }
            DeValue::Table(table) => self.table(table),
        };
        Node { line: self.line(start), data }
    }

    fn table(&self, table: &DeTable<'_>) -> Data {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| {
                let at = key.span().start;
                let entry = Entry {
                    key: key.get_ref().to_string(),
                    line: self.line(at),
                    node: self.node(value),
                };
                (entry.key != "type", at, entry)
            })
            .collect();
        entries.sort_by_key(|(later, at, _)| (*later, *at));
        Data::Table(entries.into_iter().map(|(_, _, entry)| entry).collect())
    }
}

impl Node {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.data {
            Data::Table(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.node),
            _ => None,
        }
    }

    /// The text it is, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Takes out what a path leads to; false when there is no such thing.
    pub fn remove(&mut self, path: &[Step]) -> bool {
        let [step, rest @ ..] = path else { return false };
        match (&mut self.data, step) {
            (Data::Table(entries), Step::Key(key)) => {
                let Some(at) = entries.iter().position(|entry| entry.key == *key) else {
                    return false;
                };
                if rest.is_empty() {
                    entries.remove(at);
                    return true;
                }
                entries[at].node.remove(rest)
            }
            (Data::List(items), Step::Index(index)) => {
                let Some(at) = items.iter().position(|(known, _)| known == index) else {
                    return false;
                };
                if rest.is_empty() {
                    items.remove(at);
                    return true;
                }
                items[at].1.remove(rest)
            }
            _ => false,
        }
    }
}

/// A path as people write it: `config.stages[1].name`.
pub fn dotted(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.push_str(&format!(".{key}")),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}
