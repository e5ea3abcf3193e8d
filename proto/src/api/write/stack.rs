//! Write requests about stack.

use crate::NoData;
use crate::entity::stack::{PartialStackConfig, Stack, StackServiceWithUpdate};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateStack {
    pub name: String,
    #[serde(default)]
    pub config: PartialStackConfig,
}

request!(Write, CreateStack => Stack);

/// A new stack with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyStack {
    pub name: String,
    pub id: String,
}

request!(Write, CopyStack => Stack);

/// Deletes stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteStack {
    pub id: String,
}

request!(Write, DeleteStack => Stack);

/// Changes stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateStack {
    pub id: String,
    pub config: PartialStackConfig,
}

request!(Write, UpdateStack => Stack);

/// Gives a stack another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameStack {
    pub id: String,
    pub name: String,
}

request!(Write, RenameStack => Update);

/// Writes stack file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriteStackFileContents {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
    pub file_path: String,
    pub contents: String,
}

request!(Write, WriteStackFileContents => Update);

/// Refreshes stack cache.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshStackCache {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
}

request!(Write, RefreshStackCache => NoData);

/// Checks stack for update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckStackForUpdate {
    pub stack: String,
    #[serde(default)]
    pub skip_auto_update: bool,
    #[serde(default)]
    pub wait_for_auto_update: bool,
    #[serde(default)]
    pub skip_cache_refresh: bool,
}

request!(Write, CheckStackForUpdate => CheckStackForUpdateResponse);

/// The answer to [`CheckStackForUpdate`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckStackForUpdateResponse {
    pub stack: String,
    pub services: Vec<StackServiceWithUpdate>,
}

/// The same for every stack whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchCheckStackForUpdate {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub skip_auto_update: bool,
    #[serde(default)]
    pub wait_for_auto_update: bool,
    #[serde(default)]
    pub skip_cache_refresh: bool,
}

request!(Write, BatchCheckStackForUpdate => Vec<CheckStackForUpdateResponse>);
