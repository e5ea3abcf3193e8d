//! Execute requests about maintenance.

use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Clears repo cache.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClearRepoCache {}

request!(Execute, ClearRepoCache => Update);

/// Backs up core database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackupCoreDatabase {}

request!(Execute, BackupCoreDatabase => Update);

/// The request `GlobalAutoUpdate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GlobalAutoUpdate {
    #[serde(default)]
    pub skip_auto_update: bool,
}

request!(Execute, GlobalAutoUpdate => Update);

/// Rotates all server keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateAllServerKeys {}

request!(Execute, RotateAllServerKeys => Update);

/// Rotates core keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateCoreKeys {
    #[serde(default)]
    pub force: bool,
}

request!(Execute, RotateCoreKeys => Update);
