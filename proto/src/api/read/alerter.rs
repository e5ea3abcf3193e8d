//! Read requests about alerter.

use crate::entity::alerter::{Alerter, AlerterListItem, AlerterQuery, AlerterSortBy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads alerter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetAlerter {
    #[serde(alias = "id", alias = "name")]
    pub alerter: String,
}

request!(Read, GetAlerter => Alerter);

/// Lists alerters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAlerters {
    #[serde(default)]
    pub query: AlerterQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: AlerterSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListAlerters => Vec<AlerterListItem>);

/// Whole alerter documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullAlerters {
    #[serde(default)]
    pub query: AlerterQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullAlerters => Vec<Alerter>);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetAlertersSummary {}

request!(Read, GetAlertersSummary => GetAlertersSummaryResponse);

/// The answer to [`GetAlertersSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetAlertersSummaryResponse {
    pub total: u32,
}
