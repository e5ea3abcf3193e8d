//! The seal of documents that are not in an open store: in a backup, or on their
//! way from one store to another.

use std::sync::Arc;

use serde_json::{Value, json};
use varanus_proto::{Error, Result};

use super::{FLAG, Key, check_place, check_value, fields};
use crate::raw::{Exact, exact};
use crate::{Collection, Document};

/// What a store says of its seal, by its document among the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Its secrets are to be sealed.
    pub on: bool,
    /// A known text, sealed.
    check: Option<String>,
}

/// The id of that document.
pub const SAID: &str = FLAG;

impl Said {
    /// Reads the document.
    pub fn of(document: &Exact) -> Self {
        let check = document.get_str("check").ok().map(str::to_owned);
        Self { on: document.get_bool("on").unwrap_or(false), check }
    }

    /// Whether a key is the one of this store, as far as it says so.
    pub fn is_of(&self, key: &Key) -> bool {
        self.check.as_ref().is_none_or(|check| key.open(&check_place(), check).is_some())
    }

    /// The document of a store all of whose secrets are sealed with a key, or none.
    pub fn document(key: Option<&Key>) -> Result<Exact> {
        let check = key.map(check_value).transpose()?;
        let said = json!({
            "_id": { "$oid": FLAG }, "name": "seal", "on": key.is_some(), "converted": true, "check": check,
        });
        let said: Document = said.as_object().cloned().unwrap_or_default();
        Ok(exact::join(&said, &[]))
    }
}

/// Whether documents of a collection have secret fields.
pub fn has_secrets(collection: Collection) -> bool {
    !fields::of(collection).is_empty()
}

/// How many values of a document are sealed.
pub fn sealed_values(collection: Collection, document: &Exact) -> usize {
    if !has_secrets(collection) {
        return 0;
    }
    let (document, _) = exact::split(document.clone());
    fields::sealed_values(collection, &document)
}

/// What becomes of the secrets of documents that are copied.
#[derive(Clone)]
pub enum Treatment {
    /// They stay as they are.
    Keep,
    /// Sealed ones are opened with the key.
    Open(Arc<Key>),
    /// Open ones are sealed with the key, with which those that are sealed are too.
    Close(Arc<Key>),
}

impl Treatment {
    /// Treats a document.
    ///
    /// Errors: `Invalid` when a value cannot be opened with the key.
    pub fn apply(&self, collection: Collection, document: Exact) -> Result<Exact> {
        if matches!(self, Self::Keep) || !has_secrets(collection) {
            return Ok(document);
        }
        let (mut document, small) = exact::split(document);
        match self {
            Self::Keep => {}
            Self::Open(key) => open(collection, &mut document, key)?,
            Self::Close(key) => {
                let before = (fields::sealed_values(collection, &document), document.clone());
                open(collection, &mut document, key)?;
                fields::close(collection, &mut document, Some(key))?;
                // A fresh nonce alone is no change.
                if fields::sealed_values(collection, &document) == before.0 {
                    document = before.1;
                }
            }
        }
        Ok(exact::join(&document, &small))
    }
}

fn open(collection: Collection, document: &mut Document, key: &Key) -> Result<()> {
    fields::open(collection, document, Some(key)).map_err(|unreadable| {
        let name = document.get("name").or_else(|| document.get("_id"));
        let name = name.cloned().unwrap_or(Value::Null);
        Error::invalid(format!(
            "{} of the {collection} {name} is sealed with another key",
            unreadable.path
        ))
    })
}

/// Checks that a key opens every sealed value of a document.
pub fn verify(collection: Collection, document: &Exact, key: &Key) -> Result<()> {
    let (mut document, _) = exact::split(document.clone());
    open(collection, &mut document, key)
}
