//! What Core asks an agent: compose.

use crate::entity::file::{FileContents, SearchCombinator};
use crate::entity::git::RepoExecutionResponse;
use crate::entity::repo::Repo;
use crate::entity::stack::{
    Stack, StackFileDependency, StackRemoteFileContents, StackServiceNames,
};
use crate::entity::update::Log;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// An agent's answer: get compose contents on host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetComposeContentsOnHostResponse {
    pub contents: Vec<StackRemoteFileContents>,
    pub errors: Vec<FileContents>,
    /// How the files that the compose files name differ from the last deploy, where
    /// that was asked for. Not in Komodo 2.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<FilesChanged>,
}

/// What differs from the last deploy of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FilesChanged {
    /// What was deployed is not known.
    Unknown,
    /// These files, if any.
    Paths(Vec<String>),
}

/// An agent's answer: compose pull.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ComposePullResponse {
    pub missing_files: Vec<String>,
    pub remote_errors: Vec<FileContents>,
    pub logs: Vec<Log>,
}

/// An agent's answer: compose run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ComposeRunResponse {
    pub logs: Vec<Log>,
}

/// An agent's answer: deploy stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeployStackResponse {
    pub missing_files: Vec<String>,
    pub logs: Vec<Log>,
    pub deployed: bool,
    pub services: Vec<StackServiceNames>,
    pub file_contents: Vec<StackRemoteFileContents>,
    pub remote_errors: Vec<FileContents>,
    #[serde(default)]
    pub merged_config: Option<String>,
    #[serde(default)]
    pub commit_hash: Option<String>,
    #[serde(default)]
    pub commit_message: Option<String>,
}

/// Asks the agent: get compose contents on host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetComposeContentsOnHost {
    pub name: String,
    pub run_directory: String,
    pub file_paths: Vec<StackFileDependency>,
    /// Asks how the files that the compose files name differ from the last deploy. Not in
    /// Komodo 2.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_deploy: Option<Deployed>,
}

/// The deploy that a stack's files are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// The compose project.
    pub project: String,
    /// How many of the files, from the first on, are compose files.
    pub compose_files: usize,
    /// The env file that compose is told of.
    pub env_file: String,
}

agent_request!(GetComposeContentsOnHost => GetComposeContentsOnHostResponse);

/// Asks the agent: get compose log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetComposeLog {
    pub project: String,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
}

agent_request!(GetComposeLog => Log);

/// Asks the agent: get compose log search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetComposeLogSearch {
    pub project: String,
    #[serde(default)]
    pub services: Vec<String>,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
}

agent_request!(GetComposeLogSearch => Log);

/// Asks the agent: write compose contents to host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteComposeContentsToHost {
    pub name: String,
    pub run_directory: String,
    pub file_path: String,
    pub contents: String,
}

agent_request!(WriteComposeContentsToHost => Log);

/// Asks the agent: write commit compose contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteCommitComposeContents {
    pub stack: Stack,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub username: Option<String>,
    pub file_path: String,
    pub contents: String,
    #[serde(default)]
    pub git_token: Option<String>,
}

agent_request!(WriteCommitComposeContents => RepoExecutionResponse);

/// Asks the agent: compose pull.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComposePull {
    pub stack: Stack,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(ComposePull => ComposePullResponse);

/// Asks the agent: compose up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComposeUp {
    pub stack: Stack,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(ComposeUp => DeployStackResponse);

/// Asks the agent: compose execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComposeExecution {
    pub project: String,
    pub command: String,
}

agent_request!(ComposeExecution => Log);

/// Asks the agent: compose run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComposeRun {
    pub stack: Stack,
    #[serde(default)]
    pub repo: Option<Repo>,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub registry_token: Option<String>,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
    pub service: String,
    #[serde(default)]
    pub command: Option<Vec<String>>,
    #[serde(default)]
    pub no_tty: Option<bool>,
    #[serde(default)]
    pub no_deps: Option<bool>,
    #[serde(default)]
    pub detach: Option<bool>,
    #[serde(default)]
    pub service_ports: Option<bool>,
    #[serde(default)]
    pub env: Option<IndexMap<String, String>>,
    #[serde(default)]
    pub workdir: Option<String>,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub entrypoint: Option<String>,
    #[serde(default)]
    pub pull: Option<bool>,
}

agent_request!(ComposeRun => Log);
