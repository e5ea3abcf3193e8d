//! Read requests about docker.

use crate::docker::container::{
    Container, ContainerListItem, ContainerSortBy, ContainerStateStatusEnum,
};
use crate::docker::image::{Image, ImageHistoryResponseItem, ImageListItem};
use crate::docker::network::{Network, NetworkListItem};
use crate::docker::volume::{Volume, VolumeListItem};
use crate::entity::file::SearchCombinator;
use crate::entity::resource::ResourceTarget;
use crate::entity::stack::ComposeProject;
use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetContainersSummary {}

request!(Read, GetContainersSummary => GetContainersSummaryResponse, was "GetDockerContainersSummary");

/// The answer to [`GetContainersSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetContainersSummaryResponse {
    pub total: u32,
    pub running: u32,
    pub stopped: u32,
    pub unhealthy: u32,
    pub unknown: u32,
}

/// Lists all containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAllContainers {
    #[serde(default)]
    pub servers: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub terms: Vec<String>,
    #[serde(default)]
    pub state: Vec<ContainerStateStatusEnum>,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ContainerSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListAllContainers => Vec<ContainerListItem>, was "ListAllDockerContainers");

/// Lists containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListContainers {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListContainers => Vec<ContainerListItem>, was "ListDockerContainers");

/// Shows in full container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectContainer {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub container: String,
}

request!(Read, InspectContainer => Container, was "InspectDockerContainer");

/// Reads resource matching container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceMatchingContainer {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub container: String,
}

request!(Read, GetResourceMatchingContainer => GetResourceMatchingContainerResponse);

/// The answer to [`GetResourceMatchingContainer`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetResourceMatchingContainerResponse {
    #[serde(default)]
    pub resource: Option<ResourceTarget>,
}

/// Reads container log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetContainerLog {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub container: String,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
}

impl Default for GetContainerLog {
    fn default() -> Self {
        Self {
            server: Default::default(),
            container: Default::default(),
            tail: 50,
            timestamps: Default::default(),
        }
    }
}

request!(Read, GetContainerLog => Log);

/// Searches container log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchContainerLog {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub container: String,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
}

request!(Read, SearchContainerLog => Log);

/// Lists compose projects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListComposeProjects {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListComposeProjects => Vec<ComposeProject>);

/// Lists networks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListNetworks {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListNetworks => Vec<NetworkListItem>, was "ListDockerNetworks");

/// Shows in full network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectNetwork {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub network: String,
}

request!(Read, InspectNetwork => Network, was "InspectDockerNetwork");

/// Lists images.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListImages {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListImages => Vec<ImageListItem>, was "ListDockerImages");

/// Shows in full image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectImage {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub image: String,
}

request!(Read, InspectImage => Image, was "InspectDockerImage");

/// Lists image history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListImageHistory {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub image: String,
}

request!(Read, ListImageHistory => Vec<ImageHistoryResponseItem>, was "ListDockerImageHistory");

/// Lists volumes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListVolumes {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
}

request!(Read, ListVolumes => Vec<VolumeListItem>, was "ListDockerVolumes");

/// Shows in full volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectVolume {
    #[serde(alias = "id", alias = "name")]
    pub server: String,
    pub volume: String,
}

request!(Read, InspectVolume => Volume, was "InspectDockerVolume");
