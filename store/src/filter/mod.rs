//! Filters: which documents are meant.
//!
//! Clients send MongoDB query documents (`ListUpdates`, `ListAlerts`), and every
//! engine must give the same answer to them. So a query is parsed once, here,
//! into a small tree; an operator that is not in the tree is refused by name.
//! MongoDB gets the tree back as a query document, SQLite as SQL, and
//! [`Filter::matches`] is the meaning that both are tested against.

#[cfg(test)]
mod hostile;
mod matches;
mod parse;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Document, ObjectId};

/// Which documents are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these hold; with none, every document is meant.
    And(Vec<Filter>),
    /// One of these holds.
    Or(Vec<Filter>),
    /// None of these holds.
    Nor(Vec<Filter>),
    /// A test of the values at a dotted path. Where the path meets an array, one
    /// element that passes is enough.
    Field(String, Test),
}

/// A test of the values at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal to the value; null also means that there is no such field.
    Eq(Value),
    /// Not `Eq`.
    Ne(Value),
    /// Equal to one of the values.
    In(Vec<Value>),
    /// Equal to none of the values.
    Nin(Vec<Value>),
    /// In that order to a value of the same type.
    Compare(Comparison, Value),
    /// Whether there is such a field.
    Exists(bool),
    /// A string that the pattern finds something in.
    Regex(Pattern),
    /// Not all of these.
    Not(Vec<Test>),
}

/// How a value has to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A regular expression as MongoDB takes it.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    options: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, &self.options) == (&other.source, &other.options)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Filter::ALL
    }
}

impl Filter {
    /// Every document.
    pub const ALL: Filter = Filter::And(Vec::new());

    /// The documents whose field equals a value.
    pub fn eq(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Filter::Field(path.into(), Test::Eq(value.into()))
    }

    /// The documents whose field does not equal a value.
    pub fn ne(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Filter::Field(path.into(), Test::Ne(value.into()))
    }

    /// The documents whose field equals one of the values.
    pub fn one_of<V: Into<Value>>(
        path: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Filter::Field(path.into(), Test::In(values.into_iter().map(Into::into).collect()))
    }

    /// The documents whose field is less than a value.
    pub fn lt(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Filter::Field(path.into(), Test::Compare(Comparison::Less, value.into()))
    }

    /// The documents whose field is at least a value.
    pub fn gte(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Filter::Field(path.into(), Test::Compare(Comparison::GreaterOrEqual, value.into()))
    }

    /// The document of an id.
    pub fn id(id: &ObjectId) -> Self {
        Filter::eq("_id", id.to_value())
    }

    /// The documents of these ids.
    pub fn ids<'a>(ids: impl IntoIterator<Item = &'a ObjectId>) -> Self {
        Filter::one_of("_id", ids.into_iter().map(ObjectId::to_value))
    }

    /// The documents that pass all filters.
    pub fn all(filters: impl IntoIterator<Item = Filter>) -> Self {
        Filter::And(filters.into_iter().collect())
    }

    /// The documents that pass one of the filters.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Self {
        Filter::Or(filters.into_iter().collect())
    }

    /// The documents that pass both.
    #[must_use]
    pub fn and(self, other: Filter) -> Self {
        match self {
            Filter::And(mut filters) => {
                filters.push(other);
                Filter::And(filters)
            }
            first => Filter::And(vec![first, other]),
        }
    }

    /// Whether every document is meant.
    pub fn is_all(&self) -> bool {
        matches!(self, Filter::And(filters) if filters.is_empty())
    }

    /// The MongoDB query document that means the same.
    pub fn to_json(&self) -> Document {
        let list = |filters: &[Filter]| {
            Value::Array(filters.iter().map(|f| Value::Object(f.to_json())).collect())
        };
        match self {
            Filter::And(filters) if filters.is_empty() => Map::new(),
            Filter::And(filters) => single("$and", list(filters)),
            // MongoDB refuses an empty list; "one of none" is "in none".
            Filter::Or(filters) if filters.is_empty() => {
                single("_id", Value::Object(single("$in", Value::Array(vec![]))))
            }
            Filter::Or(filters) => single("$or", list(filters)),
            Filter::Nor(filters) if filters.is_empty() => Map::new(),
            Filter::Nor(filters) => single("$nor", list(filters)),
            Filter::Field(path, test) => single(path, Value::Object(test.to_json())),
        }
    }
}

impl Test {
    fn to_json(&self) -> Document {
        match self {
            Test::Eq(value) => single("$eq", value.clone()),
            Test::Ne(value) => single("$ne", value.clone()),
            Test::In(values) => single("$in", Value::Array(values.clone())),
            Test::Nin(values) => single("$nin", Value::Array(values.clone())),
            Test::Compare(comparison, value) => single(comparison.operator(), value.clone()),
            Test::Exists(wanted) => single("$exists", Value::Bool(*wanted)),
            Test::Regex(pattern) => {
                let mut test = single("$regex", Value::String(pattern.source.clone()));
                if !pattern.options.is_empty() {
                    test.insert("$options".into(), Value::String(pattern.options.clone()));
                }
                test
            }
            Test::Not(tests) => {
                let mut inner = Map::new();
                for test in tests {
                    inner.extend(test.to_json());
                }
                single("$not", Value::Object(inner))
            }
        }
    }
}

impl Comparison {
    fn operator(self) -> &'static str {
        match self {
            Comparison::Greater => "$gt",
            Comparison::GreaterOrEqual => "$gte",
            Comparison::Less => "$lt",
            Comparison::LessOrEqual => "$lte",
        }
    }
}

fn single(key: &str, value: Value) -> Document {
    let mut map = Map::new();
    map.insert(key.to_owned(), value);
    map
}
