//! Types a setting may have: how each is read from a file or a variable.

use std::collections::BTreeMap;
use std::path::PathBuf;

use varanus_proto::Secret;
use zeroize::Zeroize;

use crate::node::{Data, Node};
use crate::report::{At, Report};
use crate::schema::Kind;
use crate::values::split_list;

/// A type that a setting may have.
pub trait Setting: Sized {
    /// Whether its value must not be shown.
    const SECRET: bool = false;
    /// Whether the empty text is a value of it.
    const EMPTY_IS_VALUE: bool = false;

    /// What is expected, as it stands after "is not".
    fn shape() -> String;

    /// How it is nested.
    fn kind() -> Kind {
        Kind::Plain
    }

    /// Reads it, or says what is wrong. A variable of the environment comes as
    /// text whatever the type is.
    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self>;
}

impl Setting for String {
    const EMPTY_IS_VALUE: bool = true;

    fn shape() -> String {
        "a text".into()
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match &node.data {
            Data::Text(text) => Some(text.clone()),
            Data::Int(value) => Some(value.to_string()),
            Data::Bool(value) => Some(value.to_string()),
            _ => {
                report.mismatch(node, at);
                None
            }
        }
    }
}

impl<T: Setting + Zeroize> Setting for Secret<T> {
    const SECRET: bool = true;
    const EMPTY_IS_VALUE: bool = T::EMPTY_IS_VALUE;

    fn shape() -> String {
        T::shape()
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        T::read(node, At { secret: true, ..at }, report).map(Secret::new)
    }
}

impl Setting for PathBuf {
    fn shape() -> String {
        "a path".into()
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match &node.data {
            Data::Text(text) if !text.is_empty() => Some(PathBuf::from(text)),
            _ => {
                report.mismatch(node, at);
                None
            }
        }
    }
}

impl Setting for bool {
    fn shape() -> String {
        "true or false".into()
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let read = match &node.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if read.is_none() {
            report.mismatch(node, at);
        }
        read
    }
}

macro_rules! numbers {
    ($($ty:ident: $shape:expr),* $(,)?) => {$(
        impl Setting for $ty {
            fn shape() -> String {
                $shape.into()
            }

            fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
                let read = match &node.data {
                    Data::Int(value) => $ty::try_from(*value).ok(),
                    Data::Text(text) => text.trim().parse().ok(),
                    _ => None,
                };
                if read.is_none() {
                    report.mismatch(node, at);
                }
                read
            }
        }
    )*};
}

numbers! {
    u16: "a whole number 0–65535",
    u32: "a whole number from 0",
    u64: "a whole number from 0",
    usize: "a whole number from 0",
}

impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;
    const EMPTY_IS_VALUE: bool = T::EMPTY_IS_VALUE;

    fn shape() -> String {
        T::shape()
    }

    fn kind() -> Kind {
        T::kind()
    }

    /// Null and the empty text are "not set".
    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match &node.data {
            Data::Null => Some(None),
            Data::Text(text) if text.is_empty() => Some(None),
            _ => T::read(node, at, report).map(Some),
        }
    }
}

impl<T: Setting> Setting for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn shape() -> String {
        match T::kind() {
            Kind::Plain => "a list (an array, or text with commas or line ends between)".into(),
            _ => "a list of tables".into(),
        }
    }

    fn kind() -> Kind {
        match T::kind() {
            Kind::Table(schema) => Kind::Tables(schema),
            _ => Kind::Plain,
        }
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let split;
        let items: &[Node] = match &node.data {
            Data::Null => &[],
            Data::List(items) => items,
            Data::Text(text) if matches!(T::kind(), Kind::Plain) => {
                split = split_list(text)
                    .map(|item| Node { data: Data::from(item), source: node.source.clone() })
                    .collect::<Vec<_>>();
                &split
            }
            // `[git_provider]` instead of `[[git_provider]]`.
            Data::Table(_) if matches!(T::kind(), Kind::Table(_)) => std::slice::from_ref(node),
            _ => {
                report.mismatch(node, at);
                return None;
            }
        };
        let shape = T::shape();
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let key = format!("{}[{index}]", at.key);
                T::read(item, At { key: &key, shape: &shape, secret: at.secret }, report)
            })
            .collect();
        read.into_iter().collect()
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    const SECRET: bool = T::SECRET;

    fn shape() -> String {
        "a table of names and values".into()
    }

    fn kind() -> Kind {
        Kind::Map
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let table = match &node.data {
            Data::Null => return Some(BTreeMap::new()),
            Data::Table(table) => table,
            _ => {
                report.mismatch(node, at);
                return None;
            }
        };
        let shape = T::shape();
        let read: Vec<Option<(String, T)>> = table
            .iter()
            .map(|(name, item)| {
                let key = format!("{}.{name}", at.key);
                let at = At { key: &key, shape: &shape, secret: at.secret };
                T::read(item, at, report).map(|value| (name.clone(), value))
            })
            .collect();
        read.into_iter().collect()
    }
}
