//! Write requests about swarm.

use crate::entity::swarm::{PartialSwarmConfig, Swarm};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateSwarm {
    pub name: String,
    #[serde(default)]
    pub config: PartialSwarmConfig,
}

request!(Write, CreateSwarm => Swarm);

/// A new swarm with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopySwarm {
    pub name: String,
    pub id: String,
}

request!(Write, CopySwarm => Swarm);

/// Deletes swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteSwarm {
    pub id: String,
}

request!(Write, DeleteSwarm => Swarm);

/// Changes swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateSwarm {
    pub id: String,
    pub config: PartialSwarmConfig,
}

request!(Write, UpdateSwarm => Swarm);

/// Gives a swarm another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameSwarm {
    pub id: String,
    pub name: String,
}

request!(Write, RenameSwarm => Update);
