//! Execute requests about stack.

use crate::entity::misc::BatchExecutionResponse;
use crate::entity::update::Update;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Deploys stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeployStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub stop_time: Option<i32>,
}

request!(Execute, DeployStack => Update);

/// The same for every stack whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDeployStack {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchDeployStack => BatchExecutionResponse);

/// Deploys stack if changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeployStackIfChanged {
    pub stack: String,
    #[serde(default)]
    pub stop_time: Option<i32>,
}

request!(Execute, DeployStackIfChanged => Update);

/// The same for every stack whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDeployStackIfChanged {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchDeployStackIfChanged => BatchExecutionResponse);

/// Pulls stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PullStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, PullStack => Update);

/// The same for every stack whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchPullStack {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchPullStack => BatchExecutionResponse);

/// Starts stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, StartStack => Update);

/// Restarts stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, RestartStack => Update);

/// Pauses stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PauseStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, PauseStack => Update);

/// Unpauses stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnpauseStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, UnpauseStack => Update);

/// Stops stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopStack {
    pub stack: String,
    #[serde(default)]
    pub stop_time: Option<i32>,
    #[serde(default)]
    pub services: Vec<String>,
}

request!(Execute, StopStack => Update);

/// Removes stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DestroyStack {
    pub stack: String,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub remove_orphans: bool,
    #[serde(default)]
    pub stop_time: Option<i32>,
}

request!(Execute, DestroyStack => Update);

/// Runs stack service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunStackService {
    pub stack: String,
    pub service: String,
    #[serde(default)]
    pub command: Option<Vec<String>>,
    #[serde(default)]
    pub no_tty: Option<bool>,
    #[serde(default)]
    pub no_deps: Option<bool>,
    #[serde(default)]
    pub detach: Option<bool>,
    #[serde(default)]
    pub service_ports: Option<bool>,
    #[serde(default)]
    pub env: Option<IndexMap<String, String>>,
    #[serde(default)]
    pub workdir: Option<String>,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub entrypoint: Option<String>,
    #[serde(default)]
    pub pull: Option<bool>,
}

request!(Execute, RunStackService => Update);

/// The same for every stack whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDestroyStack {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

request!(Execute, BatchDestroyStack => BatchExecutionResponse);
