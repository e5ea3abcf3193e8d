//! The id of a document.

use std::{fmt, str::FromStr};

use serde_json::{Value, json};
use varanus_proto::{Error, Result};

use super::Document;

/// The `_id` of a document: 24 lowercase hexadecimal digits, as MongoDB makes
/// them (Komodo 2.3 API: `{"$oid": "…"}` on the wire, the bare digits wherever
/// another document refers to it).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(String);

impl ObjectId {
    /// A new id; ids of one process sort by the time they were made.
    pub fn generate() -> Self {
        Self(bson::oid::ObjectId::new().to_hex())
    }

    /// An id from its digits, or `None` when these are not 24 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        bson::oid::ObjectId::parse_str(text).ok().map(|id| Self(id.to_hex()))
    }

    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The wire form of `_id`: `{"$oid": "…"}`.
    pub fn to_value(&self) -> Value {
        json!({ "$oid": self.0 })
    }

    /// The `_id` of a document, if it has one of the expected form.
    pub fn of(document: &Document) -> Option<Self> {
        Self::parse(document.get("_id")?.get("$oid")?.as_str()?)
    }

    /// Writes this id into a document as its first field.
    pub fn put_into(&self, document: &mut Document) {
        match document.get_mut("_id") {
            Some(slot) => *slot = self.to_value(),
            None => {
                document.shift_insert(0, "_id".to_owned(), self.to_value());
            }
        }
    }

    pub(super) fn to_bson(&self) -> bson::oid::ObjectId {
        bson::oid::ObjectId::parse_str(&self.0)
            .expect("the digits were checked when the id was made")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({})", self.0)
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
            .ok_or_else(|| Error::invalid(format!("{text:?} is not an id (24 hexadecimal digits)")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_24_hex_digits_in_lower_case() {
        let id = ObjectId::generate();
        assert_eq!(id.as_str().len(), 24);
        assert_eq!(ObjectId::parse(&id.as_str().to_uppercase()), Some(id));
        assert_eq!(ObjectId::parse("my-stack"), None);
        assert_eq!(ObjectId::parse(""), None);
    }

    #[test]
    fn an_id_goes_to_the_front_of_its_document() {
        let mut document = json!({ "name": "web" }).as_object().cloned().unwrap_or_default();
        assert_eq!(ObjectId::of(&document), None);
        let id = ObjectId::generate();
        id.put_into(&mut document);
        assert_eq!(document.keys().collect::<Vec<_>>(), ["_id", "name"]);
        assert_eq!(ObjectId::of(&document), Some(id));
    }
}
