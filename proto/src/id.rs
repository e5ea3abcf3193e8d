//! The id of a stored document.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document's id: 24 hexadecimal digits, on the wire `{"$oid": "…"}`.
///
/// Empty means "not stored yet".
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MongoId(pub String);

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MongoId")]
struct Wire {
    #[serde(rename = "$oid")]
    oid: String,
}

impl MongoId {
    /// Whether there is no id yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has the form of an id; names may not.
pub fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for MongoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for MongoId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl From<&str> for MongoId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl Serialize for MongoId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { oid: self.0.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MongoId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Wire(Wire),
            Bare(String),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Wire(Wire { oid }) => Self(oid),
            Form::Bare(id) => Self(id),
        })
    }
}

impl JsonSchema for MongoId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MongoId".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Wire::json_schema(generator)
    }
}
