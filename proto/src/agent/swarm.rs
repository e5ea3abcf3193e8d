//! What Core asks an agent: swarm.

use crate::agent::compose::DeployStackResponse;
use crate::docker::swarm::{
    NodeSpecAvailabilityEnum, NodeSpecRoleEnum, SwarmConfigDetails, SwarmInspectInfo, SwarmLists,
    SwarmNode, SwarmSecret, SwarmService, SwarmStack, SwarmTask,
};
use crate::entity::deployment::Deployment;
use crate::entity::file::SearchCombinator;
use crate::entity::repo::Repo;
use crate::entity::stack::Stack;
use crate::entity::update::Log;
use serde::{Deserialize, Serialize};

/// An agent's answer: poll swarm status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PollSwarmStatusResponse {
    #[serde(default)]
    pub inspect: Option<SwarmInspectInfo>,
    pub lists: SwarmLists,
}

/// Asks the agent: poll swarm status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PollSwarmStatus {}

agent_request!(PollSwarmStatus => PollSwarmStatusResponse);

/// Asks the agent: inspect swarm node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmNode {
    pub node: String,
}

agent_request!(InspectSwarmNode => SwarmNode);

/// Asks the agent: inspect swarm stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmStack {
    pub stack: String,
}

agent_request!(InspectSwarmStack => SwarmStack);

/// Asks the agent: inspect swarm service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmService {
    pub service: String,
}

agent_request!(InspectSwarmService => SwarmService);

/// Asks the agent: get swarm service log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetSwarmServiceLog {
    pub service: String,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
    #[serde(default)]
    pub no_task_ids: bool,
    #[serde(default)]
    pub no_resolve: bool,
    #[serde(default)]
    pub details: bool,
}

agent_request!(GetSwarmServiceLog => Log);

/// Asks the agent: get swarm service log search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetSwarmServiceLogSearch {
    pub service: String,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
    #[serde(default)]
    pub no_task_ids: bool,
    #[serde(default)]
    pub no_resolve: bool,
    #[serde(default)]
    pub details: bool,
}

agent_request!(GetSwarmServiceLogSearch => Log);

/// Asks the agent: inspect swarm task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmTask {
    pub task: String,
}

agent_request!(InspectSwarmTask => SwarmTask);

/// Asks the agent: inspect swarm config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmConfig {
    pub config: String,
}

agent_request!(InspectSwarmConfig => SwarmConfigDetails);

/// Asks the agent: inspect swarm secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectSwarmSecret {
    pub secret: String,
}

agent_request!(InspectSwarmSecret => SwarmSecret);

/// Asks the agent: update swarm node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateSwarmNode {
    pub node: String,
    #[serde(default)]
    pub availability: Option<NodeSpecAvailabilityEnum>,
    #[serde(default)]
    pub label_add: Option<Vec<String>>,
    #[serde(default)]
    pub label_rm: Option<Vec<String>>,
    #[serde(default)]
    pub role: Option<NodeSpecRoleEnum>,
}

agent_request!(UpdateSwarmNode => Log);

/// Asks the agent: remove swarm nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveSwarmNodes {
    pub nodes: Vec<String>,
    pub force: bool,
}

agent_request!(RemoveSwarmNodes => Log);

/// Asks the agent: deploy swarm stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploySwarmStack {
    pub stack: Stack,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(DeploySwarmStack => DeployStackResponse);

/// Asks the agent: remove swarm stacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveSwarmStacks {
    pub stacks: Vec<String>,
    pub detach: bool,
}

agent_request!(RemoveSwarmStacks => Log);

/// Asks the agent: create swarm service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateSwarmService {
    pub deployment: Deployment,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(CreateSwarmService => Vec<Log>);

/// Asks the agent: update swarm service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateSwarmService {
    pub service: String,
    #[serde(default)]
    pub registry_account: Option<String>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub replicas: Option<u32>,
    pub rollback: bool,
    pub extra_args: Vec<String>,
}

agent_request!(UpdateSwarmService => Log);

/// Asks the agent: rollback swarm service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollbackSwarmService {
    pub service: String,
}

agent_request!(RollbackSwarmService => Log);

/// Asks the agent: remove swarm services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveSwarmServices {
    pub services: Vec<String>,
}

agent_request!(RemoveSwarmServices => Log);

/// Asks the agent: create swarm config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateSwarmConfig {
    pub name: String,
    pub data: String,
    pub labels: Vec<String>,
    #[serde(default)]
    pub template_driver: Option<String>,
}

agent_request!(CreateSwarmConfig => Log);

/// Asks the agent: rotate swarm config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RotateSwarmConfig {
    pub config: String,
    pub data: String,
}

agent_request!(RotateSwarmConfig => Vec<Log>);

/// Asks the agent: remove swarm configs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveSwarmConfigs {
    pub configs: Vec<String>,
}

agent_request!(RemoveSwarmConfigs => Log);

/// Asks the agent: create swarm secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateSwarmSecret {
    pub name: String,
    pub data: String,
    #[serde(default)]
    pub driver: Option<String>,
    pub labels: Vec<String>,
    #[serde(default)]
    pub template_driver: Option<String>,
}

agent_request!(CreateSwarmSecret => Log);

/// Asks the agent: rotate swarm secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RotateSwarmSecret {
    pub secret: String,
    pub data: String,
}

agent_request!(RotateSwarmSecret => Vec<Log>);

/// Asks the agent: remove swarm secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoveSwarmSecrets {
    pub secrets: Vec<String>,
}

agent_request!(RemoveSwarmSecrets => Log);
