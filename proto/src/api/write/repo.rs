//! Write requests about repo.

use crate::NoData;
use crate::entity::repo::{PartialRepoConfig, Repo};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateRepo {
    pub name: String,
    #[serde(default)]
    pub config: PartialRepoConfig,
}

request!(Write, CreateRepo => Repo);

/// A new repo with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyRepo {
    pub name: String,
    pub id: String,
}

request!(Write, CopyRepo => Repo);

/// Deletes repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteRepo {
    pub id: String,
}

request!(Write, DeleteRepo => Repo);

/// Changes repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateRepo {
    pub id: String,
    pub config: PartialRepoConfig,
}

request!(Write, UpdateRepo => Repo);

/// Gives a repo another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameRepo {
    pub id: String,
    pub name: String,
}

request!(Write, RenameRepo => Update);

/// Refreshes repo cache.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshRepoCache {
    #[serde(alias = "id", alias = "name")]
    pub repo: String,
}

request!(Write, RefreshRepoCache => NoData);
