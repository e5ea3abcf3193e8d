//! What Core asks an agent: docker.

use crate::docker::network::Network;
use crate::docker::volume::Volume;
use crate::entity::update::Log;
use serde::{Deserialize, Serialize};

/// Asks the agent: inspect network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectNetwork {
    pub name: String,
}

agent_request!(InspectNetwork => Network);

/// Asks the agent: create network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateNetwork {
    pub name: String,
    #[serde(default)]
    pub driver: Option<String>,
}

agent_request!(CreateNetwork => Log);

/// Asks the agent: delete network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteNetwork {
    pub name: String,
}

agent_request!(DeleteNetwork => Log);

/// Asks the agent: prune networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneNetworks {}

agent_request!(PruneNetworks => Log);

/// Asks the agent: inspect volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectVolume {
    pub name: String,
}

agent_request!(InspectVolume => Volume);

/// Asks the agent: delete volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteVolume {
    pub name: String,
}

agent_request!(DeleteVolume => Log);

/// Asks the agent: prune volumes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneVolumes {}

agent_request!(PruneVolumes => Log);

/// Asks the agent: prune system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneSystem {}

agent_request!(PruneSystem => Log);
