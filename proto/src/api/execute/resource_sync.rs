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
}

request!(Execute, RunSync => Update);
