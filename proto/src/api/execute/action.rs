//! Execute requests about action.

use crate::JsonObject;
use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Runs action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunAction {
    pub action: String,
    #[serde(default)]
    pub args: Option<JsonObject>,
}

request!(Execute, RunAction => Update);

/// The same for every action whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchRunAction {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchRunAction => BatchExecutionResponse);

/// Cancels action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CancelAction {
    pub action: String,
    #[serde(default)]
    pub update_id: Option<String>,
}

request!(Execute, CancelAction => Update);
