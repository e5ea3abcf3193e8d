//! Read requests about server.

use crate::entity::schedule::Timelength;
use crate::entity::server::{
    PeripheryInformation, Server, ServerActionState, ServerListItem, ServerQuery, ServerSortBy,
    ServerState,
};
use crate::entity::stats::{SystemInformation, SystemProcess, SystemStats, SystemStatsRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServer {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetServer => Server);

/// Lists servers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListServers {
    #[serde(default)]
    pub query: ServerQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ServerSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListServers => Vec<ServerListItem>);

/// Whole server documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullServers {
    #[serde(default)]
    pub query: ServerQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullServers => Vec<Server>);

/// Reads server state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServerState {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetServerState => GetServerStateResponse);

/// The answer to [`GetServerState`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServerStateResponse {
    pub status: ServerState,
}

/// Reads periphery information.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetPeripheryInformation {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetPeripheryInformation => PeripheryInformation);

/// Reads system information.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSystemInformation {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetSystemInformation => SystemInformation);

/// Reads system stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSystemStats {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetSystemStats => SystemStats);

/// Lists system processes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSystemProcesses {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListSystemProcesses => Vec<SystemProcess>);

/// Reads historical server stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetHistoricalServerStats {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub granularity: Timelength,
    #[serde(default)]
    pub page: u32,
}

request!(Read, GetHistoricalServerStats => GetHistoricalServerStatsResponse);

/// The answer to [`GetHistoricalServerStats`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetHistoricalServerStatsResponse {
    pub stats: Vec<SystemStatsRecord>,
    #[serde(default)]
    pub next_page: Option<u32>,
}

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServersSummary {}

request!(Read, GetServersSummary => GetServersSummaryResponse);

/// The answer to [`GetServersSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServersSummaryResponse {
    pub total: i64,
    pub healthy: i64,
    pub warning: i64,
    pub unhealthy: i64,
    pub disabled: i64,
}

/// What is running on a server right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetServerActionState {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, GetServerActionState => ServerActionState);
