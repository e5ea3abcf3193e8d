//! Read requests about toml.

use crate::entity::misc::TomlResponse;
use crate::entity::resource::ResourceTarget;
use crate::entity::toml::ResourcesToml;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exports all resources to toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportAllResourcesToToml {
    #[serde(default = "crate::default::yes")]
    pub include_resources: bool,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub include_variables: bool,
    #[serde(default)]
    pub include_user_groups: bool,
    #[serde(default)]
    pub existing: Option<ResourcesToml>,
}

impl Default for ExportAllResourcesToToml {
    fn default() -> Self {
        Self {
            include_resources: true,
            tags: Default::default(),
            include_variables: Default::default(),
            include_user_groups: Default::default(),
            existing: Default::default(),
        }
    }
}

request!(Read, ExportAllResourcesToToml => TomlResponse);

/// Exports resources to toml.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportResourcesToToml {
    #[serde(default)]
    pub targets: Vec<ResourceTarget>,
    #[serde(default)]
    pub user_groups: Vec<String>,
    #[serde(default)]
    pub include_variables: bool,
    #[serde(default)]
    pub existing: Option<ResourcesToml>,
}

request!(Read, ExportResourcesToToml => TomlResponse);
