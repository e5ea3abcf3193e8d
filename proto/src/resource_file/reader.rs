//! Reads a [`Node`] into any shape of serde, and notes on the way which keys no
//! shape has asked for. Every error knows its place.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer as _, Visitor};
use serde::forward_to_deserialize_any;

use super::node::{Data, Entry, Node, Step};

/// A key that its shape does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub line: usize,
    pub path: Vec<Step>,
    /// The key of the shape that is most like it.
    pub nearest: Option<&'static str>,
}

/// Why a value is not of its shape.
#[derive(Debug)]
pub struct Problem {
    pub message: String,
    /// Where it is; set by the innermost value that knows.
    pub place: Option<(usize, Vec<Step>)>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), place: None }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(variant, expected).map(|near| format!("; did you mean {near:?}?"));
        Self::custom(format!(
            "{variant:?} is not one of {}{}",
            expected.join(", "),
            near.unwrap_or_default()
        ))
    }
}

/// Reads a value of a shape. The unknown keys are those met before an error.
pub fn read<T: DeserializeOwned>(node: &Node) -> (Result<T, Problem>, Vec<Unknown>) {
    let unknown = RefCell::default();
    let reader = Reader { node, path: Vec::new(), unknown: &unknown };
    let result = reader.place(|reader| T::deserialize(reader));
    (result, unknown.into_inner())
}

/// The text that is most like another, if any is like it at all.
pub fn nearest(text: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(text, name), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[derive(Clone)]
struct Reader<'a> {
    node: &'a Node,
    path: Vec<Step>,
    unknown: &'a RefCell<Vec<Unknown>>,
}

impl<'a> Reader<'a> {
    fn child(&self, step: Step, node: &'a Node) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { node, path, unknown: self.unknown }
    }

    /// Says of an error without a place that it is here.
    fn place<T>(self, read: impl FnOnce(Self) -> Result<T, Problem>) -> Result<T, Problem> {
        let (line, path) = (self.node.line, self.path.clone());
        read(self).map_err(|mut problem| {
            problem.place.get_or_insert((line, path));
            problem
        })
    }

    fn table(self, entries: &'a [Entry]) -> Table<'a> {
        Table { reader: self, entries: entries.iter(), value: None }
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.data {
            Data::Text(text) => visitor.visit_str(text),
            Data::Integer(number) => visitor.visit_i64(*number),
            Data::Float(number) => visitor.visit_f64(*number),
            Data::Bool(value) => visitor.visit_bool(*value),
            Data::Date => Err(de::Error::custom("a date must be put in quotes")),
            Data::List(items) => {
                let items = items.iter();
                visitor.visit_seq(List { reader: self.clone(), items })
            }
            Data::Table(entries) => visitor.visit_map(self.clone().table(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if let Data::Table(entries) = &self.node.data {
            let strangers = entries.iter().filter(|entry| !fields.contains(&entry.key.as_str()));
            for Entry { key, line, .. } in strangers {
                let mut path = self.path.clone();
                path.push(Step::Key(key.clone()));
                let nearest = nearest(key, fields);
                self.unknown.borrow_mut().push(Unknown { line: *line, path, nearest });
            }
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.node.data {
            Data::Text(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Data::Table(entries) => {
                visitor.visit_enum(MapAccessDeserializer::new(self.clone().table(entries)))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct List<'a> {
    reader: Reader<'a>,
    items: std::slice::Iter<'a, (usize, Node)>,
}

impl<'de> de::SeqAccess<'de> for List<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let child = self.reader.child(Step::Index(*index), node);
        child.place(|child| seed.deserialize(child)).map(Some)
    }
}

struct Table<'a> {
    reader: Reader<'a>,
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
}

impl<'de> de::MapAccess<'de> for Table<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry);
        // A key that is refused, as a second name of the same field, is at itself.
        let child = self.reader.child(Step::Key(entry.key.clone()), &entry.node);
        child.place(|_| seed.deserialize(entry.key.as_str().into_deserializer())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let entry = self.value.take().expect("serde asks for a value after its key only");
        let child = self.reader.child(Step::Key(entry.key.clone()), &entry.node);
        child.place(|child| seed.deserialize(child))
    }
}
