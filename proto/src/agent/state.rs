//! What Core asks an agent: changes of what is on its host, as they happen.
//!
//! Not part of Komodo's protocol: asked of agents alone that name the feature
//! `state`. News come as progress of a request that ends with the link.

use std::sync::Arc;

use crate::docker::container::ContainerListItem;
use crate::docker::image::ImageListItem;
use crate::docker::network::NetworkListItem;
use crate::docker::volume::VolumeListItem;
use crate::entity::stack::ComposeProject;
use serde::{Deserialize, Serialize};

/// Asks the agent to tell what changes on its host, until the link breaks. The
/// first [`StateNews`] has everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchState {}

/// An agent's answer: it watches no more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchStateResponse {}

agent_request!(WatchState => WatchStateResponse);

/// Asks the agent to look again now; what changed is told to whoever watches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RefreshState {
    /// Whether what the containers use is wanted too; it follows when it is
    /// measured.
    #[serde(default)]
    pub stats: bool,
}

/// An agent's answer: it has looked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RefreshStateResponse {
    /// What it saw then is told with news of this version or a later one
    /// ([`StateNews::version`]); they may come after this answer.
    #[serde(default)]
    pub version: u64,
}

agent_request!(RefreshState => RefreshStateResponse);

/// Asks the agent to end work that nobody wants any more (the feature
/// `withdraw`). A key that the agent does not know is noted: what is asked for
/// with it later does not begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WithdrawJobs {
    /// The keys that the work was asked for with.
    #[serde(default)]
    pub jobs: Vec<String>,
}

/// An agent's answer: none of it goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WithdrawJobsResponse {}

agent_request!(WithdrawJobs => WithdrawJobsResponse);

/// What changed on a host: whole sections, those alone in which something did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StateNews {
    /// Counts the news of a request from 0: where one is missing, somebody has to
    /// ask anew.
    pub number: u64,
    /// Counts what this agent has seen since it started; it only grows.
    #[serde(default)]
    pub version: u64,
    /// Whether docker answers. When not, nothing is known of what is there.
    pub docker_connected: bool,
    /// All containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Arc<Vec<ContainerListItem>>>,
    /// All networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Arc<Vec<NetworkListItem>>>,
    /// All images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Arc<Vec<ImageListItem>>>,
    /// All volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Arc<Vec<VolumeListItem>>>,
    /// All compose projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Arc<Vec<ComposeProject>>>,
}
