//! The repo.

use crate::entity::file::SystemCommand;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::lenient::{EnvironmentText, StringList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of repos.
pub type RepoListItem = ResourceListItem<RepoListItemInfo>;

/// What a list shows of a repo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoListItemInfo {
    pub server_id: String,
    #[serde(default)]
    pub server_name: String,
    pub builder_id: String,
    pub last_pulled_at: i64,
    pub last_built_at: i64,
    pub git_provider: String,
    pub repo: String,
    pub branch: String,
    pub repo_link: String,
    pub state: RepoState,
    #[serde(default)]
    pub cloned_hash: Option<String>,
    #[serde(default)]
    pub cloned_message: Option<String>,
    #[serde(default)]
    pub built_hash: Option<String>,
    #[serde(default)]
    pub latest_hash: Option<String>,
}

named_enum! {
    /// The state a repo is in.
    pub enum RepoState {
        Cloning = "Cloning",
        Pulling = "Pulling",
        Building = "Building",
        Ok = "Ok",
        Failed = "Failed",
        #[default]
        Unknown = "Unknown",
    }
}

/// A whole repo.
pub type Repo = Resource<RepoConfig, RepoInfo>;

/// A repo info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoInfo {
    #[serde(default)]
    pub last_pulled_at: i64,
    #[serde(default)]
    pub last_built_at: i64,
    #[serde(default)]
    pub built_hash: Option<String>,
    #[serde(default)]
    pub built_message: Option<String>,
    #[serde(default)]
    pub latest_hash: Option<String>,
    #[serde(default)]
    pub latest_message: Option<String>,
    /// The commit at which the clone on the server is; `latest_hash` is the newest of the
    /// branch. Komodo 2.3 keeps it in memory alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloned_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloned_message: Option<String>,
}

config! {
    /// What a person configures of a repo; every field has a default.
    pub struct RepoConfig, partial PartialRepoConfig {
        #[serde(alias = "server")]
        server_id: String = Default::default(),
        #[serde(alias = "builder")]
        builder_id: String = Default::default(),
        git_provider: String = "github.com".into(),
        git_https: bool = true,
        git_account: String = Default::default(),
        repo: String = Default::default(),
        branch: String = "main".into(),
        commit: String = Default::default(),
        path: String = Default::default(),
        webhook_enabled: bool = true,
        webhook_secret: String = Default::default(),
        on_clone: SystemCommand = Default::default(),
        on_pull: SystemCommand = Default::default(),
        /// Seconds that a run on it may take; 0 for the deadline of Core's configuration. Not in
        /// Komodo 2.3.
        run_deadline_seconds: u32 = Default::default(),
        links: StringList = Default::default(),
        environment: EnvironmentText = Default::default(),
        env_file_path: String = ".env".into(),
        skip_secret_interp: bool = Default::default(),
    }
}

/// The state a repo action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoActionState {
    pub cloning: bool,
    pub pulling: bool,
    pub building: bool,
    pub renaming: bool,
}

/// A query for repos.
pub type RepoQuery = ResourceQuery<RepoQuerySpecifics>;

named_enum! {
    /// What a list of repos is sorted by.
    pub enum RepoSortBy {
        #[default]
        Name = "Name",
        Repo = "Repo",
        Branch = "Branch",
        State = "State",
    }
}

/// What only a query for repos can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoQuerySpecifics {
    #[serde(default)]
    pub repos: Vec<String>,
    #[serde(default)]
    pub server_ids: Vec<String>,
    #[serde(default)]
    pub states: Vec<RepoState>,
}
