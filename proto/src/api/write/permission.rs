//! Write requests about permission.

use crate::NoData;
use crate::entity::permission::{PermissionLevelAndSpecifics, UserTarget};
use crate::entity::resource::{ResourceTarget, ResourceTargetVariant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Changes permission on target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdatePermissionOnTarget {
    pub user_target: UserTarget,
    pub resource_target: ResourceTarget,
    pub permission: PermissionLevelAndSpecifics,
}

request!(Write, UpdatePermissionOnTarget => NoData);

/// Changes permission on resource type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdatePermissionOnResourceType {
    pub user_target: UserTarget,
    pub resource_type: ResourceTargetVariant,
    pub permission: PermissionLevelAndSpecifics,
}

request!(Write, UpdatePermissionOnResourceType => NoData);

/// Changes user base permissions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateUserBasePermissions {
    pub user_id: String,
    #[serde(default)]
    pub enabled: Option<bool>,
    #[serde(default)]
    pub create_servers: Option<bool>,
    #[serde(default)]
    pub create_builds: Option<bool>,
}

request!(Write, UpdateUserBasePermissions => NoData);

/// Changes user admin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateUserAdmin {
    pub user_id: String,
    pub admin: bool,
}

request!(Write, UpdateUserAdmin => NoData);
