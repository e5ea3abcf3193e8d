//! What Core asks an agent: poll.

use crate::docker::lists::DockerLists;
use crate::entity::git::LatestCommit;
use crate::entity::provider::{GitProvider, ImageRegistry};
use crate::entity::server::PeripheryInformation;
use crate::entity::stats::{SystemInformation, SystemProcess, SystemStats};
use serde::{Deserialize, Serialize};

/// An agent's answer: get health.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetHealthResponse {}

/// An agent's answer: get version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetVersionResponse {
    pub version: String,
}

/// An agent's answer: poll status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PollStatusResponse {
    pub periphery_info: PeripheryInformation,
    pub system_info: SystemInformation,
    #[serde(default)]
    pub system_stats: Option<SystemStats>,
    #[serde(default)]
    pub docker: Option<DockerLists>,
}

/// Asks the agent: poll status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PollStatus {
    pub include_stats: bool,
    pub include_docker: bool,
}

agent_request!(PollStatus => PollStatusResponse);

/// Asks the agent: get health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetHealth {}

agent_request!(GetHealth => GetHealthResponse);

/// Asks the agent: get version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetVersion {}

agent_request!(GetVersion => GetVersionResponse);

/// Asks the agent: get system processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetSystemProcesses {}

agent_request!(GetSystemProcesses => Vec<SystemProcess>);

/// Asks the agent: get latest commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetLatestCommit {
    pub name: String,
    #[serde(default)]
    pub path: Option<String>,
}

agent_request!(GetLatestCommit => Option<LatestCommit>);

/// Asks the agent: list git providers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListGitProviders {}

agent_request!(ListGitProviders => Vec<GitProvider>);

/// Asks the agent: list image registries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListImageRegistries {}

agent_request!(ListImageRegistries => Vec<ImageRegistry>);

/// Asks the agent: list secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListSecrets {}

agent_request!(ListSecrets => Vec<String>);
