//! Read requests about action.

use crate::entity::action::{Action, ActionActionState, ActionListItem, ActionQuery, ActionSortBy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetAction {
    #[serde(alias = "id", alias = "name")]
    pub action: String,
}

request!(Read, GetAction => Action);

/// Lists actions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListActions {
    #[serde(default)]
    pub query: ActionQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ActionSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListActions => Vec<ActionListItem>);

/// Whole action documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullActions {
    #[serde(default)]
    pub query: ActionQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullActions => Vec<Action>);

/// What is running on an action right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetActionActionState {
    #[serde(alias = "id", alias = "name")]
    pub action: String,
}

request!(Read, GetActionActionState => ActionActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetActionsSummary {}

request!(Read, GetActionsSummary => GetActionsSummaryResponse);

/// The answer to [`GetActionsSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetActionsSummaryResponse {
    pub total: u32,
    pub ok: u32,
    pub running: u32,
    pub failed: u32,
    pub unknown: u32,
}
