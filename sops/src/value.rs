//! A document as a tree: what every format is read into and written from. Order,
//! comments and repeated keys are kept, because the checksum depends on them.

use zeroize::{Zeroize, Zeroizing};

use crate::number;

/// One node. Text is bytes: a binary document is one "string" of any bytes. There is
/// no `Debug`, so that a value cannot slip into a log.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Str(Zeroizing<Vec<u8>>),
    Bytes(Zeroizing<Vec<u8>>),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A point in time as RFC 3339 text with the shortest fraction.
    Time(String),
    /// A comment line without its `#`. Inside a map it stands as a [`Item::Comment`].
    Comment(Zeroizing<String>),
    List(Vec<Value>),
    Map(Branch),
}

/// A map's content in its order.
pub(crate) type Branch = Vec<Item>;

/// A line of a map.
#[derive(Clone, PartialEq)]
pub(crate) enum Item {
    Comment(Zeroizing<String>),
    Pair(String, Value),
}

impl Value {
    pub(crate) fn str(text: impl Into<String>) -> Self {
        Self::Str(Zeroizing::new(text.into().into_bytes()))
    }

    /// The text of a string, if it is one and readable as text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Time(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Branch> {
        match self {
            Self::Map(branch) => Some(branch),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The bytes of a leaf as the checksum sees them, the same for every format.
    pub(crate) fn mac_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Str(bytes) | Self::Bytes(bytes) => return bytes.clone(),
            Self::Int(n) => n.to_string().into_bytes(),
            Self::Float(f) => number::fixed(*f).into_bytes(),
            Self::Bool(true) => b"True".to_vec(),
            Self::Bool(false) => b"False".to_vec(),
            Self::Time(text) => text.clone().into_bytes(),
            Self::Null | Self::Comment(_) | Self::List(_) | Self::Map(_) => Vec::new(),
        })
    }
}

/// The last value of a key in a map.
pub(crate) fn get<'a>(branch: &'a [Item], key: &str) -> Option<&'a Value> {
    branch.iter().rev().find_map(|item| match item {
        Item::Pair(name, value) if name == key => Some(value),
        _ => None,
    })
}

/// Overwrites every plain value in place; used on trees that are thrown away.
pub(crate) fn wipe(branch: &mut Branch) {
    for item in branch.iter_mut() {
        if let Item::Pair(_, value) = item {
            wipe_value(value);
        }
    }
}

fn wipe_value(value: &mut Value) {
    match value {
        Value::Int(n) => n.zeroize(),
        Value::Float(f) => f.zeroize(),
        Value::Bool(b) => b.zeroize(),
        Value::Time(text) => text.zeroize(),
        Value::List(list) => list.iter_mut().for_each(wipe_value),
        Value::Map(branch) => wipe(branch),
        // Wiped by their own drop.
        Value::Str(_) | Value::Bytes(_) | Value::Comment(_) | Value::Null => {}
    }
}
