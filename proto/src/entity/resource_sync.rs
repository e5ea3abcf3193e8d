//! The resource sync.

use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery, ResourceTarget};
use crate::lenient::{FileText, StringList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of resource syncs.
pub type ResourceSyncListItem = ResourceListItem<ResourceSyncListItemInfo>;

/// What a list shows of a resource sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSyncListItemInfo {
    pub last_sync_ts: i64,
    pub files_on_host: bool,
    pub file_contents: bool,
    pub managed: bool,
    pub resource_path: Vec<String>,
    pub linked_repo: String,
    #[serde(default)]
    pub linked_repo_name: String,
    pub git_provider: String,
    pub repo: String,
    pub branch: String,
    pub repo_link: String,
    #[serde(default)]
    pub last_sync_hash: Option<String>,
    #[serde(default)]
    pub last_sync_message: Option<String>,
    pub state: ResourceSyncState,
}

named_enum! {
    /// The state a resource sync is in.
    pub enum ResourceSyncState {
        Syncing = "Syncing",
        Pending = "Pending",
        Ok = "Ok",
        Failed = "Failed",
        #[default]
        Unknown = "Unknown",
    }
}

/// A whole resource sync.
pub type ResourceSync = Resource<ResourceSyncConfig, ResourceSyncInfo>;

/// A resource sync info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSyncInfo {
    #[serde(default)]
    pub last_sync_ts: i64,
    #[serde(default)]
    pub last_sync_hash: Option<String>,
    #[serde(default)]
    pub last_sync_message: Option<String>,
    #[serde(default)]
    pub resource_updates: Vec<ResourceDiff>,
    #[serde(default)]
    pub variable_updates: Vec<DiffData>,
    #[serde(default)]
    pub user_group_updates: Vec<DiffData>,
    #[serde(default)]
    pub pending_deploys: Vec<SyncDeployTarget>,
    #[serde(default)]
    pub pending_error: Option<String>,
    #[serde(default)]
    pub pending_deploy_error: Option<String>,
    #[serde(default)]
    pub pending_hash: Option<String>,
    #[serde(default)]
    pub pending_message: Option<String>,
    #[serde(default)]
    pub remote_contents: Vec<SyncFileContents>,
    #[serde(default)]
    pub remote_errors: Vec<SyncFileContents>,
}

/// A resource diff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceDiff {
    pub target: ResourceTarget,
    pub data: DiffData,
    /// Why this is done only when the run is asked with `confirm`. Not in Komodo 2.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_confirm: Option<String>,
}

/// A diff data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum DiffData {
    Create {
        #[serde(default)]
        name: String,
        proposed: String,
    },
    Update {
        proposed: String,
        current: String,
    },
    Delete {
        current: String,
    },
}

impl DiffData {
    /// The name of what it is about: that of a resource so far, where there is one.
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. } => name,
            Self::Update { current, .. } | Self::Delete { current } => Self::name_in(current),
        }
    }

    /// The name that a resource file of one resource gives it.
    pub fn name_in(toml: &str) -> &str {
        let line = toml.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or("?");
        line.trim_matches(['"', '\''])
    }
}

/// A sync deploy target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SyncDeployTarget {
    pub target: ResourceTarget,
    pub reason: String,
    pub after: Vec<ResourceTarget>,
}

config! {
    /// What a person configures of a resourcesync; every field has a default.
    pub struct ResourceSyncConfig, partial PartialResourceSyncConfig {
        linked_repo: String = Default::default(),
        git_provider: String = "github.com".into(),
        git_https: bool = true,
        repo: String = Default::default(),
        branch: String = "main".into(),
        commit: String = Default::default(),
        git_account: String = Default::default(),
        webhook_enabled: bool = true,
        webhook_secret: String = Default::default(),
        files_on_host: bool = Default::default(),
        resource_path: StringList = Default::default(),
        managed: bool = Default::default(),
        delete: bool = Default::default(),
        include_resources: bool = true,
        match_tags: StringList = Default::default(),
        include_variables: bool = Default::default(),
        include_user_groups: bool = Default::default(),
        pending_alert: bool = true,
        /// A push that is found by looking at the branch (`resource_poll_interval`) is synced as one
        /// that a webhook tells. Not in Komodo 2.3.
        sync_on_poll: bool = Default::default(),
        file_contents: FileText = Default::default(),
    }
}

/// A sync file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SyncFileContents {
    #[serde(default)]
    pub resource_path: String,
    pub path: String,
    pub contents: String,
}

/// The state a resource sync action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSyncActionState {
    pub syncing: bool,
}

/// A query for resource syncs.
pub type ResourceSyncQuery = ResourceQuery<ResourceSyncQuerySpecifics>;

named_enum! {
    /// What a list of resource syncs is sorted by.
    pub enum ResourceSyncSortBy {
        #[default]
        Name = "Name",
        Source = "Source",
        Branch = "Branch",
        State = "State",
    }
}

/// What only a query for resource syncs can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSyncQuerySpecifics {
    #[serde(default)]
    pub repos: Vec<String>,
    #[serde(default)]
    pub linked_repos: Vec<String>,
}
