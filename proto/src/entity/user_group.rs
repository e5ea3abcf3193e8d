//! The user group.

use crate::MongoId;
use crate::entity::permission::PermissionLevelAndSpecifics;
use crate::entity::resource::ResourceTargetVariant;
use crate::lenient::StringList;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserGroup {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub name: String,
    #[serde(default)]
    pub everyone: bool,
    #[serde(default)]
    pub users: StringList,
    #[serde(default)]
    pub all: IndexMap<ResourceTargetVariant, PermissionLevelAndSpecifics>,
    #[serde(default)]
    pub updated_at: i64,
}
