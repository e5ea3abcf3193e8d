//! Metadata in formats without nesting: the path of each value is its name, with
//! `__map_` before a key and `__list_` before a position.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::value::{Branch, Item, Value};

/// Larger positions than any real file has would only eat memory.
const MOST_KEYS: usize = 1000;

/// Names and values of a branch, in the order they are met.
pub(crate) fn flatten(branch: &Branch) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for item in branch {
        if let Item::Pair(key, value) = item {
            flatten_value(key.clone(), value, &mut out);
        }
    }
    out
}

fn flatten_value(name: String, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Map(branch) => {
            for item in branch {
                if let Item::Pair(key, value) = item {
                    flatten_value(format!("{name}__map_{key}"), value, out);
                }
            }
        }
        Value::List(list) => {
            for (position, value) in list.iter().enumerate() {
                flatten_value(format!("{name}__list_{position}"), value, out);
            }
        }
        Value::Bool(truth) => out.push((name, truth.to_string())),
        other => out.push((name, String::from_utf8_lossy(&other.mac_bytes()).into_owned())),
    }
}

/// The branch again. Line breaks are written `\n` in flat files.
pub(crate) fn unflatten<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Branch> {
    let mut root = Node::default();
    for (name, text) in pairs {
        let steps = steps(name).ok_or_else(|| malformed(name))?;
        let mut node = &mut root;
        for step in steps {
            node = node.children.entry(step).or_default();
        }
        node.leaf = Some(text.replace("\\n", "\n"));
    }
    Ok(root.into_branch())
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Position(usize),
}

#[derive(Default)]
struct Node {
    leaf: Option<String>,
    children: BTreeMap<Step, Node>,
}

impl Node {
    fn into_branch(self) -> Branch {
        let pairs = self.children.into_iter().filter_map(|(step, node)| match step {
            Step::Key(key) => Some(Item::Pair(key, node.into_value())),
            Step::Position(_) => None,
        });
        pairs.collect()
    }

    fn into_value(self) -> Value {
        if let Some(text) = self.leaf {
            return Value::str(text);
        }
        if self.children.keys().any(|step| matches!(step, Step::Position(_))) {
            return Value::List(self.children.into_values().map(Self::into_value).collect());
        }
        Value::Map(self.into_branch())
    }
}

fn steps(name: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut parts = name.split("__");
    steps.push(Step::Key(parts.next()?.to_owned()));
    for part in parts {
        steps.push(match part.strip_prefix("list_") {
            Some(position) => Step::Position(position.parse().ok().filter(|n| *n < MOST_KEYS)?),
            None => Step::Key(part.strip_prefix("map_")?.to_owned()),
        });
    }
    Some(steps)
}

fn malformed(name: &str) -> Error {
    Error::not_sops(format!("`sops_{name}` is not a name SOPS writes"))
}
