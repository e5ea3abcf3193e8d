//! Execute requests about repo.

use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Clones repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloneRepo {
    pub repo: String,
}

request!(Execute, CloneRepo => Update);

/// The same for every repo whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchCloneRepo {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchCloneRepo => BatchExecutionResponse);

/// Pulls repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PullRepo {
    pub repo: String,
}

request!(Execute, PullRepo => Update);

/// The same for every repo whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchPullRepo {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchPullRepo => BatchExecutionResponse);

/// Builds repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildRepo {
    pub repo: String,
}

request!(Execute, BuildRepo => Update);

/// The same for every repo whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchBuildRepo {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchBuildRepo => BatchExecutionResponse);

/// Cancels repo build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CancelRepoBuild {
    pub repo: String,
}

request!(Execute, CancelRepoBuild => Update);
