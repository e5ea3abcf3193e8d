//! What Core asks an agent: container.

use crate::docker::container::Container;
use crate::docker::stats::{ContainerStats, FullContainerStats};
use crate::entity::deployment::Deployment;
use crate::entity::file::{SearchCombinator, TerminationSignal};
use crate::entity::update::Log;
use serde::{Deserialize, Serialize};

/// Asks the agent: inspect container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectContainer {
    pub name: String,
}

agent_request!(InspectContainer => Container);

/// Asks the agent: get container log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetContainerLog {
    pub name: String,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
}

agent_request!(GetContainerLog => Log);

/// Asks the agent: get container log search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetContainerLogSearch {
    pub name: String,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
}

agent_request!(GetContainerLogSearch => Log);

/// Asks the agent: get container stats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetContainerStats {
    pub name: String,
}

agent_request!(GetContainerStats => ContainerStats);

/// Asks the agent: get container stats list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetContainerStatsList {}

agent_request!(GetContainerStatsList => Vec<ContainerStats>);

/// Asks the agent: get full container stats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetFullContainerStats {
    pub name: String,
}

agent_request!(GetFullContainerStats => FullContainerStats);

/// Asks the agent: run container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunContainer {
    pub deployment: Deployment,
    #[serde(default)]
    pub stop_signal: Option<TerminationSignal>,
    #[serde(default)]
    pub stop_time: Option<i32>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(RunContainer => Log);

/// Asks the agent: start container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartContainer {
    pub name: String,
}

agent_request!(StartContainer => Log);

/// Asks the agent: restart container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestartContainer {
    pub name: String,
}

agent_request!(RestartContainer => Log);

/// Asks the agent: pause container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PauseContainer {
    pub name: String,
}

agent_request!(PauseContainer => Log);

/// Asks the agent: unpause container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnpauseContainer {
    pub name: String,
}

agent_request!(UnpauseContainer => Log);

/// Asks the agent: stop container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopContainer {
    pub name: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

agent_request!(StopContainer => Log);

/// Asks the agent: start all containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartAllContainers {}

agent_request!(StartAllContainers => Vec<Log>);

/// Asks the agent: restart all containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestartAllContainers {}

agent_request!(RestartAllContainers => Vec<Log>);

/// Asks the agent: pause all containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PauseAllContainers {}

agent_request!(PauseAllContainers => Vec<Log>);

/// Asks the agent: unpause all containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnpauseAllContainers {}

agent_request!(UnpauseAllContainers => Vec<Log>);

/// Asks the agent: stop all containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopAllContainers {}

agent_request!(StopAllContainers => Vec<Log>);

/// Asks the agent: remove container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveContainer {
    pub name: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

agent_request!(RemoveContainer => Log);

/// Asks the agent: rename container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenameContainer {
    pub curr_name: String,
    pub new_name: String,
}

agent_request!(RenameContainer => Log);

/// Asks the agent: prune containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneContainers {}

agent_request!(PruneContainers => Log);
