//! What Core asks an agent: repo.

use crate::entity::file::SystemCommand;
use crate::entity::git::{RepoExecutionArgs, RepoExecutionResponse};
use crate::entity::update::Log;
use crate::lenient::EnvironmentVar;
use serde::{Deserialize, Serialize};

/// An agent's answer: periphery repo execution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PeripheryRepoExecutionResponse {
    pub res: RepoExecutionResponse,
    #[serde(default)]
    pub env_file_path: Option<String>,
}

/// Asks the agent: clone repo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloneRepo {
    pub args: RepoExecutionArgs,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub environment: Vec<EnvironmentVar>,
    #[serde(default)]
    pub env_file_path: String,
    #[serde(default)]
    pub on_clone: Option<SystemCommand>,
    #[serde(default)]
    pub on_pull: Option<SystemCommand>,
    #[serde(default)]
    pub skip_secret_interp: bool,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(CloneRepo => PeripheryRepoExecutionResponse);

/// Asks the agent: pull repo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullRepo {
    pub args: RepoExecutionArgs,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub environment: Vec<EnvironmentVar>,
    #[serde(default)]
    pub env_file_path: String,
    #[serde(default)]
    pub on_pull: Option<SystemCommand>,
    #[serde(default)]
    pub skip_secret_interp: bool,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(PullRepo => PeripheryRepoExecutionResponse);

/// Asks the agent: pull or clone repo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullOrCloneRepo {
    pub args: RepoExecutionArgs,
    #[serde(default)]
    pub git_token: Option<String>,
    #[serde(default)]
    pub environment: Vec<EnvironmentVar>,
    #[serde(default)]
    pub env_file_path: String,
    #[serde(default)]
    pub on_clone: Option<SystemCommand>,
    #[serde(default)]
    pub on_pull: Option<SystemCommand>,
    #[serde(default)]
    pub skip_secret_interp: bool,
    #[serde(default)]
    pub replacers: Vec<(String, String)>,
}

agent_request!(PullOrCloneRepo => PeripheryRepoExecutionResponse);

/// Asks the agent: rename repo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenameRepo {
    pub curr_name: String,
    pub new_name: String,
}

agent_request!(RenameRepo => Log);

/// Asks the agent: delete repo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteRepo {
    pub name: String,
    pub is_build: bool,
}

agent_request!(DeleteRepo => Log);
