//! Execute requests about server.

use crate::entity::file::TerminationSignal;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Starts container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartContainer {
    pub server: String,
    pub container: String,
}

request!(Execute, StartContainer => Update);

/// Restarts container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartContainer {
    pub server: String,
    pub container: String,
}

request!(Execute, RestartContainer => Update);

/// Pauses container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PauseContainer {
    pub server: String,
    pub container: String,
}

request!(Execute, PauseContainer => Update);

/// Unpauses container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnpauseContainer {
    pub server: String,
    pub container: String,
}

request!(Execute, UnpauseContainer => Update);

/// Stops container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopContainer {
    pub server: String,
    pub container: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

request!(Execute, StopContainer => Update);

/// Removes container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DestroyContainer {
    pub server: String,
    pub container: String,
    #[serde(default)]
    pub signal: Option<TerminationSignal>,
    #[serde(default)]
    pub time: Option<i32>,
}

request!(Execute, DestroyContainer => Update);

/// Starts all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartAllContainers {
    pub server: String,
}

request!(Execute, StartAllContainers => Update);

/// Restarts all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartAllContainers {
    pub server: String,
}

request!(Execute, RestartAllContainers => Update);

/// Pauses all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PauseAllContainers {
    pub server: String,
}

request!(Execute, PauseAllContainers => Update);

/// Unpauses all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnpauseAllContainers {
    pub server: String,
}

request!(Execute, UnpauseAllContainers => Update);

/// Stops all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopAllContainers {
    pub server: String,
}

request!(Execute, StopAllContainers => Update);

/// Removes what is unused: containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneContainers {
    pub server: String,
}

request!(Execute, PruneContainers => Update);

/// Deletes network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteNetwork {
    pub server: String,
    pub name: String,
}

request!(Execute, DeleteNetwork => Update);

/// Removes what is unused: networks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneNetworks {
    pub server: String,
}

request!(Execute, PruneNetworks => Update);

/// Deletes image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteImage {
    pub server: String,
    pub name: String,
}

request!(Execute, DeleteImage => Update);

/// Removes what is unused: images.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneImages {
    pub server: String,
}

request!(Execute, PruneImages => Update);

/// Deletes volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteVolume {
    pub server: String,
    pub name: String,
}

request!(Execute, DeleteVolume => Update);

/// Removes what is unused: volumes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneVolumes {
    pub server: String,
}

request!(Execute, PruneVolumes => Update);

/// Removes what is unused: buildx.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneBuildx {
    pub server: String,
}

request!(Execute, PruneBuildx => Update);

/// Removes what is unused: system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneSystem {
    pub server: String,
}

request!(Execute, PruneSystem => Update);

/// Removes what is unused: docker builders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneDockerBuilders {
    pub server: String,
}

request!(Execute, PruneDockerBuilders => Update);
