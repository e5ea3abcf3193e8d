//! Write requests about build.

use crate::NoData;
use crate::entity::build::{Build, PartialBuildConfig};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateBuild {
    pub name: String,
    #[serde(default)]
    pub config: PartialBuildConfig,
}

request!(Write, CreateBuild => Build);

/// A new build with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyBuild {
    pub name: String,
    pub id: String,
}

request!(Write, CopyBuild => Build);

/// Deletes build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteBuild {
    pub id: String,
}

request!(Write, DeleteBuild => Build);

/// Changes build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateBuild {
    pub id: String,
    pub config: PartialBuildConfig,
}

request!(Write, UpdateBuild => Build);

/// Gives a build another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameBuild {
    pub id: String,
    pub name: String,
}

request!(Write, RenameBuild => Update);

/// Writes build file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriteBuildFileContents {
    #[serde(alias = "id", alias = "name")]
    pub build: String,
    pub contents: String,
}

request!(Write, WriteBuildFileContents => Update);

/// Refreshes build cache.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshBuildCache {
    #[serde(alias = "id", alias = "name")]
    pub build: String,
}

request!(Write, RefreshBuildCache => NoData);
