//! Shapes of the Docker API, as the public API passes them on: lists.

use crate::docker::container::ContainerListItem;
use crate::docker::image::ImageListItem;
use crate::docker::network::NetworkListItem;
use crate::docker::volume::VolumeListItem;
use crate::entity::stack::ComposeProject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A docker lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DockerLists {
    pub containers: Vec<ContainerListItem>,
    pub networks: Vec<NetworkListItem>,
    pub images: Vec<ImageListItem>,
    pub volumes: Vec<VolumeListItem>,
    pub projects: Vec<ComposeProject>,
}
