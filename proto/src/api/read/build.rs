//! Read requests about build.

use crate::Version;
use crate::entity::build::{Build, BuildActionState, BuildListItem, BuildQuery, BuildSortBy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuild {
    #[serde(alias = "id", alias = "name")]
    pub build: String,
}

request!(Read, GetBuild => Build);

/// Lists builds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListBuilds {
    #[serde(default)]
    pub query: BuildQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: BuildSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListBuilds => Vec<BuildListItem>);

/// Whole build documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullBuilds {
    #[serde(default)]
    pub query: BuildQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullBuilds => Vec<Build>);

/// What is running on a build right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildActionState {
    #[serde(alias = "id", alias = "name")]
    pub build: String,
}

request!(Read, GetBuildActionState => BuildActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildsSummary {}

request!(Read, GetBuildsSummary => GetBuildsSummaryResponse);

/// The answer to [`GetBuildsSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildsSummaryResponse {
    pub total: u32,
    pub ok: u32,
    pub failed: u32,
    pub building: u32,
    pub unknown: u32,
}

/// Reads build monthly stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildMonthlyStats {
    #[serde(default)]
    pub page: u32,
}

request!(Read, GetBuildMonthlyStats => GetBuildMonthlyStatsResponse);

/// The answer to [`GetBuildMonthlyStats`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildMonthlyStatsResponse {
    pub total_time: f64,
    pub total_count: f64,
    pub days: Vec<BuildStatsDay>,
}

/// A build stats day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildStatsDay {
    pub time: f64,
    pub count: f64,
    pub ts: f64,
}

/// Lists build versions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListBuildVersions {
    #[serde(alias = "id", alias = "name")]
    pub build: String,
    #[serde(default)]
    pub major: Option<i32>,
    #[serde(default)]
    pub minor: Option<i32>,
    #[serde(default)]
    pub patch: Option<i32>,
    #[serde(default)]
    pub limit: Option<i64>,
}

request!(Read, ListBuildVersions => Vec<BuildVersionResponseItem>);

/// A build version response item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildVersionResponseItem {
    pub version: Version,
    pub ts: i64,
}

/// Values already in use, to suggest to a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListCommonBuildExtraArgs {
    #[serde(default)]
    pub query: BuildQuery,
}

request!(Read, ListCommonBuildExtraArgs => Vec<String>);
