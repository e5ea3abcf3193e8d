//! The swarm.

use crate::ErrorBody;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::entity::schedule::MaintenanceWindow;
use crate::lenient::StringList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of swarms.
pub type SwarmListItem = ResourceListItem<SwarmListItemInfo>;

/// What a list shows of a swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmListItemInfo {
    pub server_ids: Vec<String>,
    pub state: SwarmState,
    #[serde(default)]
    pub err: Option<ErrorBody>,
}

named_enum! {
    /// The state a swarm is in.
    pub enum SwarmState {
        Healthy = "Healthy",
        Unhealthy = "Unhealthy",
        Down = "Down",
        #[default]
        Unknown = "Unknown",
    }
}

/// A whole swarm.
pub type Swarm = Resource<SwarmConfig, SwarmInfo>;

/// A swarm info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmInfo {}

config! {
    /// What a person configures of a swarm; every field has a default.
    pub struct SwarmConfig, partial PartialSwarmConfig {
        #[serde(alias = "servers")]
        server_ids: Vec<String> = Default::default(),
        links: StringList = Default::default(),
        send_unhealthy_alerts: bool = true,
        maintenance_windows: Vec<MaintenanceWindow> = Default::default(),
    }
}

/// The state a swarm action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmActionState {}

/// A query for swarms.
pub type SwarmQuery = ResourceQuery<SwarmQuerySpecifics>;

named_enum! {
    /// What a list of swarms is sorted by.
    pub enum SwarmSortBy {
        #[default]
        Name = "Name",
        State = "State",
    }
}

/// What only a query for swarms can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmQuerySpecifics {
    pub servers: Vec<String>,
}
