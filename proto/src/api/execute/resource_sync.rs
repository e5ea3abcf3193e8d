//! Execute requests about resource sync.

use crate::entity::resource::ResourceTargetVariant;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Runs sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSync {
    pub sync: String,
    #[serde(default)]
    pub resource_type: Option<ResourceTargetVariant>,
    #[serde(default)]
    pub resources: Option<Vec<String>>,
    /// Also deletes what Core, or this sync, depends on. Not in Komodo 2.3.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

request!(Execute, RunSync => Update);
