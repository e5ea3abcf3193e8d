//! The git.

use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A latest commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatestCommit {
    pub hash: String,
    pub message: String,
}

named_enum_without_default! {
    /// A default repo folder.
    pub enum DefaultRepoFolder {
        Stacks = "Stacks",
        Builds = "Builds",
        Repos = "Repos",
        NotApplicable = "NotApplicable",
    }
}

/// A repo execution args.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoExecutionArgs {
    pub name: String,
    pub provider: String,
    pub https: bool,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub repo: Option<String>,
    pub branch: String,
    #[serde(default)]
    pub commit: Option<String>,
    #[serde(default)]
    pub destination: Option<String>,
    pub default_folder: DefaultRepoFolder,
}

/// A repo execution response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoExecutionResponse {
    pub logs: Vec<Log>,
    pub path: String,
    #[serde(default)]
    pub commit_hash: Option<String>,
    #[serde(default)]
    pub commit_message: Option<String>,
}
