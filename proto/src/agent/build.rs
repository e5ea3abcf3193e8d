//! What Core asks an agent: build.

use crate::NoData;
use crate::entity::file::FileContents;
use crate::entity::repo::Repo;
use crate::entity::update::Log;
use serde::{Deserialize, Serialize};

/// Asks the agent: get dockerfile contents on host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetDockerfileContentsOnHost {
    pub name: String,
    pub build_path: String,
    pub dockerfile_path: String,
}

agent_request!(GetDockerfileContentsOnHost => FileContents);

/// Asks the agent: write dockerfile contents to host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteDockerfileContentsToHost {
    pub name: String,
    pub build_path: String,
    pub dockerfile_path: String,
    pub contents: String,
}

agent_request!(WriteDockerfileContentsToHost => Log);

/// Asks the agent: build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Build {
    pub build: crate::entity::build::Build,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub registry_tokens: Vec<(String, String, String)>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
    #[serde(default)]
    pub commit_hash: Option<String>,
    #[serde(default)]
    pub additional_tags: Vec<String>,
}

agent_request!(Build => Vec<Log>);

/// Asks the agent: cancel build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelBuild {
    pub id: String,
}

agent_request!(CancelBuild => NoData);

/// Asks the agent: prune builders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneBuilders {}

agent_request!(PruneBuilders => Log);

/// Asks the agent: prune buildx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneBuildx {}

agent_request!(PruneBuildx => Log);
