//! Read requests about user group.

use crate::entity::user_group::UserGroup;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUserGroup {
    pub user_group: String,
}

request!(Read, GetUserGroup => UserGroup);

/// Lists user groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListUserGroups {}

request!(Read, ListUserGroups => Vec<UserGroup>);
