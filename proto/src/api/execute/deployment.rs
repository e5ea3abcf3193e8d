//! Execute requests about deployment.

use crate::entity::file::TerminationSignal;
use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Deploys .
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deploy {
    pub deployment: String,
    #[serde(default)]
    pub stop_signal: Option<TerminationSignal>,
    #[serde(default)]
    pub stop_time: Option<i32>,
}

request!(Execute, Deploy => Update);

/// The same for every deployment whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDeploy {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchDeploy => BatchExecutionResponse);

/// Pulls deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PullDeployment {
    pub deployment: String,
}

request!(Execute, PullDeployment => Update);

/// Starts deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartDeployment {
    pub deployment: String,
}

request!(Execute, StartDeployment => Update);

/// Restarts deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartDeployment {
    pub deployment: String,
}

request!(Execute, RestartDeployment => Update);

/// Pauses deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PauseDeployment {
    pub deployment: String,
}

request!(Execute, PauseDeployment => Update);

/// Unpauses deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnpauseDeployment {
    pub deployment: String,
}

request!(Execute, UnpauseDeployment => Update);

/// Stops deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopDeployment {
    pub deployment: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

request!(Execute, StopDeployment => Update);

/// Removes deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DestroyDeployment {
    pub deployment: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

request!(Execute, DestroyDeployment => Update);

/// The same for every deployment whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDestroyDeployment {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchDestroyDeployment => BatchExecutionResponse);
