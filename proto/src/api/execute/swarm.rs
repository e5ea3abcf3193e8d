//! Execute requests about swarm.

use crate::docker::swarm::{NodeSpecAvailabilityEnum, NodeSpecRoleEnum};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Removes swarm nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveSwarmNodes {
    pub swarm: String,
    pub nodes: Vec<String>,
    #[serde(default)]
    pub force: bool,
}

request!(Execute, RemoveSwarmNodes => Update);

/// Changes swarm node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateSwarmNode {
    pub swarm: String,
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

request!(Execute, UpdateSwarmNode => Update);

/// Removes swarm stacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveSwarmStacks {
    pub swarm: String,
    pub stacks: Vec<String>,
    #[serde(default = "crate::default::yes")]
    pub detach: bool,
}

impl Default for RemoveSwarmStacks {
    fn default() -> Self {
        Self { swarm: Default::default(), stacks: Default::default(), detach: true }
    }
}

request!(Execute, RemoveSwarmStacks => Update);

/// Removes swarm services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveSwarmServices {
    pub swarm: String,
    pub services: Vec<String>,
}

request!(Execute, RemoveSwarmServices => Update);

/// Creates swarm config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateSwarmConfig {
    pub swarm: String,
    pub name: String,
    pub data: String,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub template_driver: Option<String>,
}

request!(Execute, CreateSwarmConfig => Update);

/// Rotates swarm config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateSwarmConfig {
    pub swarm: String,
    pub config: String,
    pub data: String,
}

request!(Execute, RotateSwarmConfig => Update);

/// Removes swarm configs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveSwarmConfigs {
    pub swarm: String,
    pub configs: Vec<String>,
}

request!(Execute, RemoveSwarmConfigs => Update);

/// Creates swarm secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateSwarmSecret {
    pub swarm: String,
    pub name: String,
    pub data: String,
    #[serde(default)]
    pub driver: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub template_driver: Option<String>,
}

request!(Execute, CreateSwarmSecret => Update);

/// Rotates swarm secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateSwarmSecret {
    pub swarm: String,
    pub secret: String,
    pub data: String,
}

request!(Execute, RotateSwarmSecret => Update);

/// Removes swarm secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveSwarmSecrets {
    pub swarm: String,
    pub secrets: Vec<String>,
}

request!(Execute, RemoveSwarmSecrets => Update);
