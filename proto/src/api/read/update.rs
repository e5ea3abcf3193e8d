//! Read requests about update.

use crate::JsonObject;
use crate::entity::update::{Update, UpdateListItem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUpdate {
    pub id: String,
}

request!(Read, GetUpdate => Update);

/// Lists updates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListUpdates {
    #[serde(default)]
    pub query: Option<JsonObject>,
    #[serde(default)]
    pub page: u32,
}

request!(Read, ListUpdates => ListUpdatesResponse);

/// The answer to [`ListUpdates`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListUpdatesResponse {
    pub updates: Vec<UpdateListItem>,
    #[serde(default)]
    pub next_page: Option<u32>,
}
