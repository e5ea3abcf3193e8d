//! Read requests about resource sync.

use crate::entity::resource_sync::{
    ResourceSync, ResourceSyncActionState, ResourceSyncListItem, ResourceSyncQuery,
    ResourceSyncSortBy,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads resource sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceSync {
    #[serde(alias = "id", alias = "name")]
    pub sync: String,
}

request!(Read, GetResourceSync => ResourceSync);

/// Lists resource syncs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListResourceSyncs {
    #[serde(default)]
    pub query: ResourceSyncQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ResourceSyncSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListResourceSyncs => Vec<ResourceSyncListItem>);

/// Whole resource sync documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullResourceSyncs {
    #[serde(default)]
    pub query: ResourceSyncQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullResourceSyncs => Vec<ResourceSync>);

/// What is running on a resource sync right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceSyncActionState {
    #[serde(alias = "id", alias = "name")]
    pub sync: String,
}

request!(Read, GetResourceSyncActionState => ResourceSyncActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceSyncsSummary {}

request!(Read, GetResourceSyncsSummary => GetResourceSyncsSummaryResponse);

/// The answer to [`GetResourceSyncsSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceSyncsSummaryResponse {
    pub total: u32,
    pub ok: u32,
    pub syncing: u32,
    pub pending: u32,
    pub failed: u32,
    pub unknown: u32,
}
