//! Read requests about deployment.

use crate::docker::container::{Container, ContainerListItem};
use crate::docker::stats::ContainerStats;
use crate::entity::deployment::{
    Deployment, DeploymentActionState, DeploymentListItem, DeploymentQuery, DeploymentSortBy,
    DeploymentState,
};
use crate::entity::file::SearchCombinator;
use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeployment {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, GetDeployment => Deployment);

/// Lists deployments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListDeployments {
    #[serde(default)]
    pub query: DeploymentQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: DeploymentSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListDeployments => Vec<DeploymentListItem>);

/// Whole deployment documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullDeployments {
    #[serde(default)]
    pub query: DeploymentQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullDeployments => Vec<Deployment>);

/// Reads deployment container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentContainer {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, GetDeploymentContainer => GetDeploymentContainerResponse);

/// The answer to [`GetDeploymentContainer`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentContainerResponse {
    pub state: DeploymentState,
    #[serde(default)]
    pub container: Option<ContainerListItem>,
}

/// Shows in full deployment container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectDeploymentContainer {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, InspectDeploymentContainer => Container);

/// Reads deployment log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentLog {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
}

impl Default for GetDeploymentLog {
    fn default() -> Self {
        Self { deployment: Default::default(), tail: 50, timestamps: Default::default() }
    }
}

request!(Read, GetDeploymentLog => Log);

/// Searches deployment log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchDeploymentLog {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
}

request!(Read, SearchDeploymentLog => Log);

/// Reads deployment stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentStats {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, GetDeploymentStats => ContainerStats);

/// What is running on a deployment right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentActionState {
    #[serde(alias = "id", alias = "name")]
    pub deployment: String,
}

request!(Read, GetDeploymentActionState => DeploymentActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentsSummary {}

request!(Read, GetDeploymentsSummary => GetDeploymentsSummaryResponse);

/// The answer to [`GetDeploymentsSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetDeploymentsSummaryResponse {
    pub total: i64,
    pub running: i64,
    pub stopped: i64,
    pub not_deployed: i64,
    pub unhealthy: i64,
    pub unknown: i64,
}

/// Values already in use, to suggest to a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListCommonDeploymentExtraArgs {
    #[serde(default)]
    pub query: DeploymentQuery,
}

request!(Read, ListCommonDeploymentExtraArgs => Vec<String>);
