//! Write requests about resource sync.

use crate::entity::resource_sync::{PartialResourceSyncConfig, ResourceSync};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates resource sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateResourceSync {
    pub name: String,
    #[serde(default)]
    pub config: PartialResourceSyncConfig,
}

request!(Write, CreateResourceSync => ResourceSync);

/// A new resource sync with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyResourceSync {
    pub name: String,
    pub id: String,
}

request!(Write, CopyResourceSync => ResourceSync);

/// Deletes resource sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteResourceSync {
    pub id: String,
}

request!(Write, DeleteResourceSync => ResourceSync);

/// Changes resource sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateResourceSync {
    pub id: String,
    pub config: PartialResourceSyncConfig,
}

request!(Write, UpdateResourceSync => ResourceSync);

/// Gives a resource sync another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameResourceSync {
    pub id: String,
    pub name: String,
}

request!(Write, RenameResourceSync => Update);

/// Refreshes resource sync pending.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshResourceSyncPending {
    #[serde(alias = "id", alias = "name")]
    pub sync: String,
}

request!(Write, RefreshResourceSyncPending => ResourceSync);

/// Writes sync file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriteSyncFileContents {
    #[serde(alias = "id", alias = "name")]
    pub sync: String,
    pub resource_path: String,
    pub file_path: String,
    pub contents: String,
}

request!(Write, WriteSyncFileContents => Update);

/// Commits sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommitSync {
    #[serde(alias = "id", alias = "name")]
    pub sync: String,
}

request!(Write, CommitSync => Update);
