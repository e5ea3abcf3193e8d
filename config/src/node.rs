//! A value of a configuration, and where it came from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: it is the default.
    Default,
    /// In a configuration file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line of the key, counted from 1, where the format tells it.
        line: Option<usize>,
    },
    /// In a variable of the environment, or of the `.env` file named.
    Environment {
        /// The variable.
        name: String,
        /// The `.env` file, when the variable stands there.
        dotenv: Option<Arc<Path>>,
    },
    /// In a file that a `*_FILE` variable names.
    SecretFile {
        /// The variable.
        name: String,
        /// The file it names.
        path: String,
    },
    /// On the command line.
    Argument(String),
}

impl Source {
    /// The source and the key in words, as a message starts.
    pub fn describe(&self, key: &str) -> String {
        match self {
            Source::Default => format!("the default of \"{key}\""),
            Source::File { path, line: Some(line) } => {
                format!("{}:{line}: key \"{key}\"", path.display())
            }
            Source::File { path, line: None } => format!("{}: key \"{key}\"", path.display()),
            Source::Environment { name, dotenv: None } => format!("{name} (environment)"),
            Source::Environment { name, dotenv: Some(path) } => {
                format!("{name} ({})", path.display())
            }
            Source::SecretFile { name, path } => format!("{name} (file {path})"),
            Source::Argument(flag) => format!("{flag} (command line)"),
        }
    }
}

/// A value before it has a type. There is no `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Where it was given.
    pub source: Source,
}

/// What all three file formats and the environment can say.
#[derive(Clone, PartialEq)]
#[allow(missing_docs)] // the names say it
pub enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Node {
    /// An empty table that nobody wrote.
    pub fn empty() -> Self {
        Data::Table(BTreeMap::new()).from_nowhere()
    }

    /// The entries, when it is a table.
    pub fn table(&self) -> Option<&BTreeMap<String, Node>> {
        match &self.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The entries for writing, when it is a table.
    pub fn table_mut(&mut self) -> Option<&mut BTreeMap<String, Node>> {
        match &mut self.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value under a dotted key.
    pub fn find(&self, key: &str) -> Option<&Node> {
        key.split('.').try_fold(self, |node, part| node.table()?.get(part))
    }

    /// Puts a value under a dotted key, making the tables on the way.
    pub fn put(&mut self, key: &str, value: Node) {
        let (first, rest) = match key.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (key, None),
        };
        if self.table().is_none() {
            *self = Node::empty();
        }
        if let Some(table) = self.table_mut() {
            match rest {
                None => {
                    table.insert(first.to_owned(), value);
                }
                Some(rest) => {
                    table.entry(first.to_owned()).or_insert_with(Node::empty).put(rest, value);
                }
            }
        }
    }
}

impl Data {
    /// The value as a default.
    pub fn from_nowhere(self) -> Node {
        Node { data: self, source: Source::Default }
    }

    /// A table of defaults, to override those of a nested table.
    pub fn defaults<const N: usize>(entries: [(&str, Data); N]) -> Self {
        Data::Table(
            entries.into_iter().map(|(key, data)| (key.to_owned(), data.from_nowhere())).collect(),
        )
    }

    /// How the value looks in documentation and in messages.
    pub fn show(&self) -> String {
        match self {
            Data::Null => "null".into(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => value.to_string(),
            Data::Text(value) => format!("\"{value}\""),
            Data::List(items) => {
                let items: Vec<_> = items.iter().map(|item| item.data.show()).collect();
                format!("[{}]", items.join(", "))
            }
            Data::Table(_) => "a table".into(),
        }
    }
}

impl From<()> for Data {
    fn from((): ()) -> Self {
        Data::Null
    }
}

impl From<bool> for Data {
    fn from(value: bool) -> Self {
        Data::Bool(value)
    }
}

impl From<i64> for Data {
    fn from(value: i64) -> Self {
        Data::Int(value)
    }
}

impl From<&str> for Data {
    fn from(value: &str) -> Self {
        Data::Text(value.to_owned())
    }
}

impl<const N: usize> From<[&str; N]> for Data {
    fn from(values: [&str; N]) -> Self {
        Data::List(values.into_iter().map(|value| Data::from(value).from_nowhere()).collect())
    }
}
