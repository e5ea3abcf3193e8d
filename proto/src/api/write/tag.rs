//! Write requests about tag.

use crate::entity::tag::{Tag, TagColor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateTag {
    pub name: String,
    #[serde(default)]
    pub color: Option<TagColor>,
}

request!(Write, CreateTag => Tag);

/// Deletes tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteTag {
    pub id: String,
}

request!(Write, DeleteTag => Tag);

/// Gives a tag another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameTag {
    pub id: String,
    pub name: String,
}

request!(Write, RenameTag => Tag);

/// Changes tag color.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateTagColor {
    pub tag: String,
    pub color: TagColor,
}

request!(Write, UpdateTagColor => Tag);
