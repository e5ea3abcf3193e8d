//! Execute requests about build.

use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Runs build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunBuild {
    pub build: String,
}

request!(Execute, RunBuild => Update);

/// The same for every build whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchRunBuild {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchRunBuild => BatchExecutionResponse);

/// Cancels build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CancelBuild {
    pub build: String,
}

request!(Execute, CancelBuild => Update);
