//! Values that are read in more than one form and written in one
//! (Komodo 2.3 resource files and API).

use std::fmt::Write as _;
use std::hash::Hash;
use std::ops::Deref;

use indexmap::IndexSet;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A list of texts: an array, or one text split at newlines and commas, with
/// `#` comments dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct StringList(pub Vec<String>);

/// Splits a text into a list as [`StringList`] does.
pub fn parse_string_list(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split_once(" #").map_or(line, |(before, _)| before).trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

impl<'de> Deserialize<'de> for StringList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<String>),
            Text(String),
            Null(()),
        }
        match Form::deserialize(deserializer) {
            Ok(Form::List(list)) => Ok(Self(list)),
            Ok(Form::Text(text)) => Ok(Self(parse_string_list(&text))),
            Ok(Form::Null(())) => Ok(Self::default()),
            Err(_) => {
                Err(serde::de::Error::custom("expected a list of strings, or a string of lines"))
            }
        }
    }
}

impl Deref for StringList {
    type Target = Vec<String>;

    fn deref(&self) -> &Vec<String> {
        &self.0
    }
}

impl std::ops::DerefMut for StringList {
    fn deref_mut(&mut self) -> &mut Vec<String> {
        &mut self.0
    }
}

impl From<Vec<String>> for StringList {
    fn from(list: Vec<String>) -> Self {
        Self(list)
    }
}

impl FromIterator<String> for StringList {
    fn from_iter<I: IntoIterator<Item = String>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a StringList {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $read:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn(serde_json::Value) -> Result<String, String> = $read;
                let value = serde_json::Value::deserialize(deserializer)?;
                read(value).map(Self).map_err(serde::de::Error::custom)
            }
        }

        impl Deref for $name {
            type Target = String;

            fn deref(&self) -> &String {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_type! {
    /// Contents of a file: trailing white space is dropped and one newline put
    /// at the end, unless it is empty.
    FileText, |value| Ok(end_with_newline(&text(value, "a string")?))
}

text_type! {
    /// Lines `KEY=VALUE`; an array of `{variable, value}` is read too.
    EnvironmentText, |value| pairs(value, "variable", "value", " = ")
}

text_type! {
    /// Labels as lines `key: value`; an array of `{variable, value}` is read too.
    LabelsText, |value| pairs(value, "variable", "value", ": ")
}

text_type! {
    /// Ports or volumes as lines `local: container`; an array of
    /// `{local, container}` is read too.
    ConversionText, |value| pairs(value, "local", "container", ": ")
}

text_type! {
    /// Termination signals as lines `signal: label`; an array of
    /// `{signal, label}` is read too.
    SignalLabelsText, |value| pairs(value, "signal", "label", ": ")
}

fn text(value: serde_json::Value, wanted: &str) -> Result<String, String> {
    match value {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Null => Ok(String::new()),
        other => Err(format!("expected {wanted}, found {}", kind_of(&other))),
    }
}

fn kind_of(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "nothing",
        serde_json::Value::Bool(_) => "true or false",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::Object(_) => "a table",
    }
}

fn end_with_newline(text: &str) -> String {
    match text.trim_end() {
        "" => String::new(),
        text => format!("{text}\n"),
    }
}

fn pairs(
    value: serde_json::Value,
    left: &str,
    right: &str,
    between: &str,
) -> Result<String, String> {
    let serde_json::Value::Array(items) = value else {
        let text = text(value, &format!("a string, or a list of {{{left}, {right}}}"))?;
        return Ok(end_with_newline(&text));
    };
    let mut out = String::new();
    for item in &items {
        let part = |name: &str| match item.get(name) {
            Some(serde_json::Value::String(text)) => Ok(text.clone()),
            Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => {
                Ok(value.to_string())
            }
            _ => Err(format!("expected a list of {{{left}, {right}}}, an item has no {name:?}")),
        };
        let _ = writeln!(out, "  {}{between}{}", part(left)?, part(right)?);
    }
    Ok(out)
}

/// One variable of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentVar {
    /// The name.
    pub variable: String,
    /// The value.
    pub value: String,
}

/// One item or a list of them; always written as a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> OneOrMany<T> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Array(items) => items,
            serde_json::Value::Null => Vec::new(),
            one => vec![one],
        };
        let items: Result<_, _> = items.into_iter().map(serde_json::from_value).collect();
        items.map(Self).map_err(serde::de::Error::custom)
    }
}

/// A list that leaves out the items it cannot read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ForgivingVec<T>(pub Vec<T>);

impl<T> ForgivingVec<T> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for ForgivingVec<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<serde_json::Value>::deserialize(deserializer)?;
        Ok(Self(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect()))
    }
}

/// A whole number, also read from a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct LenientNumber(pub i64);

impl<'de> Deserialize<'de> for LenientNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(number) => number.as_i64(),
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
        .map(Self)
        .ok_or_else(|| serde::de::Error::custom("expected a whole number"))
    }
}

/// Docker answers `null` where it means an empty list or map.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Docker answers a map to empty objects where a set of names is meant.
pub(crate) fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Object(map) => map.into_iter().map(|(name, _)| name).collect(),
        serde_json::Value::Array(names) => {
            names.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    })
}

/// The same where there may be nothing.
pub(crate) fn some_keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    value.map(|value| keys(value).map_err(serde::de::Error::custom)).transpose()
}

/// A set, from a list with or without repetitions.
pub fn set<T: Eq + Hash>(items: impl IntoIterator<Item = T>) -> IndexSet<T> {
    items.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(json: &str) -> Vec<String> {
        serde_json::from_str::<StringList>(json).unwrap().0
    }

    #[test]
    fn a_list_is_read_from_an_array_or_from_lines() {
        assert_eq!(list(r#"["a","b, c"]"#), ["a", "b, c"]);
        assert_eq!(list(r##""a, b\n# no\n  c # why\n\n""##), ["a", "b", "c"]);
        assert_eq!(list("null"), Vec::<String>::new());
        assert!(serde_json::from_str::<StringList>("3").is_err());
    }

    #[test]
    fn an_environment_is_read_from_text_or_from_pairs() {
        let read = |json: &str| serde_json::from_str::<EnvironmentText>(json).unwrap().0;
        assert_eq!(read(r#""A=1\nB=2\n\n""#), "A=1\nB=2\n");
        assert_eq!(read(r#"[{"variable":"A","value":"1"}]"#), "  A = 1\n");
        let error = serde_json::from_str::<EnvironmentText>("3").unwrap_err().to_string();
        assert!(error.contains("found a number"), "{error}");
    }

    #[test]
    fn file_text_ends_with_one_newline() {
        let read = |json: &str| serde_json::from_str::<FileText>(json).unwrap().0;
        assert_eq!(read(r#""a\n\n \n""#), "a\n");
        assert_eq!(read(r#""  ""#), "");
    }
}
