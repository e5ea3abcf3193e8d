//! Write requests about resource.

use crate::NoData;
use crate::entity::resource::ResourceTarget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Changes resource meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateResourceMeta {
    pub target: ResourceTarget,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub template: Option<bool>,
    #[serde(default)]
    pub tags: Option<Vec<String>>,
}

request!(Write, UpdateResourceMeta => NoData);
