//! Read requests about permission.

use crate::entity::permission::{Permission, PermissionLevelAndSpecifics, UserTarget};
use crate::entity::resource::ResourceTarget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists permissions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListPermissions {}

request!(Read, ListPermissions => Vec<Permission>);

/// Reads permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetPermission {
    pub target: ResourceTarget,
}

request!(Read, GetPermission => PermissionLevelAndSpecifics);

/// Lists user target permissions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListUserTargetPermissions {
    pub user_target: UserTarget,
}

request!(Read, ListUserTargetPermissions => Vec<Permission>);
