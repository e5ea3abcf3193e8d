//! Read requests about swarm.

use crate::docker::network::NetworkListItem;
use crate::docker::swarm::{
    SwarmConfigDetails, SwarmConfigListItem, SwarmInspectInfo, SwarmNode, SwarmNodeListItem,
    SwarmSecret, SwarmSecretListItem, SwarmService, SwarmServiceListItem, SwarmStack,
    SwarmStackListItem, SwarmTask, SwarmTaskListItem,
};
use crate::entity::file::SearchCombinator;
use crate::entity::swarm::{Swarm, SwarmActionState, SwarmListItem, SwarmQuery, SwarmSortBy};
use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shows in full deployment swarm service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectDeploymentSwarmService {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, InspectDeploymentSwarmService => SwarmService);

/// Shows in full stack swarm service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectStackSwarmService {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
    pub service: String,
}

request!(Read, InspectStackSwarmService => SwarmService);

/// Reads swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSwarm {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, GetSwarm => Swarm);

/// Lists swarms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarms {
    #[serde(default)]
    pub query: SwarmQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: SwarmSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListSwarms => Vec<SwarmListItem>);

/// Whole swarm documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullSwarms {
    #[serde(default)]
    pub query: SwarmQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullSwarms => Vec<Swarm>);

/// What is running on a swarm right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSwarmActionState {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, GetSwarmActionState => SwarmActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSwarmsSummary {}

request!(Read, GetSwarmsSummary => GetSwarmsSummaryResponse);

/// The answer to [`GetSwarmsSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSwarmsSummaryResponse {
    pub total: u32,
    pub healthy: u32,
    pub unhealthy: u32,
    pub down: u32,
    pub unknown: u32,
}

/// Shows in full swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarm {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, InspectSwarm => SwarmInspectInfo);

/// Lists swarm nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmNodes {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmNodes => Vec<SwarmNodeListItem>);

/// Shows in full swarm node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmNode {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub node: String,
}

request!(Read, InspectSwarmNode => SwarmNode);

/// Lists swarm services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmServices {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmServices => Vec<SwarmServiceListItem>);

/// Shows in full swarm service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmService {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub service: String,
}

request!(Read, InspectSwarmService => SwarmService);

/// Reads swarm service log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetSwarmServiceLog {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
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

impl Default for GetSwarmServiceLog {
    fn default() -> Self {
        Self {
            swarm: Default::default(),
            service: Default::default(),
            tail: 50,
            timestamps: Default::default(),
            no_task_ids: Default::default(),
            no_resolve: Default::default(),
            details: Default::default(),
        }
    }
}

request!(Read, GetSwarmServiceLog => Log);

/// Searches swarm service log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchSwarmServiceLog {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
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

request!(Read, SearchSwarmServiceLog => Log);

/// Lists swarm tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmTasks {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmTasks => Vec<SwarmTaskListItem>);

/// Shows in full swarm task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmTask {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub task: String,
}

request!(Read, InspectSwarmTask => SwarmTask);

/// Lists swarm secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmSecrets {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmSecrets => Vec<SwarmSecretListItem>);

/// Shows in full swarm secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmSecret {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub secret: String,
}

request!(Read, InspectSwarmSecret => SwarmSecret);

/// Lists swarm configs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmConfigs {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmConfigs => Vec<SwarmConfigListItem>);

/// Shows in full swarm config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmConfig {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub config: String,
}

request!(Read, InspectSwarmConfig => SwarmConfigDetails);

/// Lists swarm stacks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmStacks {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmStacks => Vec<SwarmStackListItem>);

/// Shows in full swarm stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectSwarmStack {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
    pub stack: String,
}

request!(Read, InspectSwarmStack => SwarmStack);

/// Lists swarm networks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSwarmNetworks {
    #[serde(alias = "id", alias = "name")]
    pub swarm: String,
}

request!(Read, ListSwarmNetworks => Vec<NetworkListItem>);
