//! Execute requests about procedure.

use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Runs procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunProcedure {
    pub procedure: String,
}

request!(Execute, RunProcedure => Update);

/// The same for every procedure whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchRunProcedure {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchRunProcedure => BatchExecutionResponse);

/// Cancels procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CancelProcedure {
    pub procedure: String,
    #[serde(default)]
    pub update_id: Option<String>,
}

request!(Execute, CancelProcedure => Update);
