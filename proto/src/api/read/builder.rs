//! Read requests about builder.

use crate::entity::builder::{Builder, BuilderListItem, BuilderQuery, BuilderSortBy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads builder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuilder {
    #[serde(alias = "id", alias = "name")]
    pub builder: String,
}

request!(Read, GetBuilder => Builder);

/// Lists builders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListBuilders {
    #[serde(default)]
    pub query: BuilderQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: BuilderSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListBuilders => Vec<BuilderListItem>);

/// Whole builder documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullBuilders {
    #[serde(default)]
    pub query: BuilderQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullBuilders => Vec<Builder>);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildersSummary {}

request!(Read, GetBuildersSummary => GetBuildersSummaryResponse);

/// The answer to [`GetBuildersSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetBuildersSummaryResponse {
    pub total: u32,
}
