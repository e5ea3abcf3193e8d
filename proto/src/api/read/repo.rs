//! Read requests about repo.

use crate::entity::repo::{Repo, RepoActionState, RepoListItem, RepoQuery, RepoSortBy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetRepo {
    #[serde(alias = "id", alias = "name")]
    pub repo: String,
}

request!(Read, GetRepo => Repo);

/// Lists repos.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListRepos {
    #[serde(default)]
    pub query: RepoQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: RepoSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListRepos => Vec<RepoListItem>);

/// Whole repo documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullRepos {
    #[serde(default)]
    pub query: RepoQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullRepos => Vec<Repo>);

/// What is running on a repo right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetRepoActionState {
    #[serde(alias = "id", alias = "name")]
    pub repo: String,
}

request!(Read, GetRepoActionState => RepoActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetReposSummary {}

request!(Read, GetReposSummary => GetReposSummaryResponse);

/// The answer to [`GetReposSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetReposSummaryResponse {
    pub total: u32,
    pub ok: u32,
    pub cloning: u32,
    pub pulling: u32,
    pub building: u32,
    pub failed: u32,
    pub unknown: u32,
}
