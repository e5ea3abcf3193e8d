//! Read requests about tag.

use crate::JsonObject;
use crate::entity::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetTag {
    #[serde(alias = "id", alias = "name")]
    pub tag: String,
}

request!(Read, GetTag => Tag);

/// Lists tags.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListTags {
    #[serde(default)]
    pub query: Option<JsonObject>,
}

request!(Read, ListTags => Vec<Tag>);
