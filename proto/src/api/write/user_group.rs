//! Write requests about user group.

use crate::entity::user_group::UserGroup;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateUserGroup {
    pub name: String,
}

request!(Write, CreateUserGroup => UserGroup);

/// Gives a user group another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameUserGroup {
    pub id: String,
    pub name: String,
}

request!(Write, RenameUserGroup => UserGroup);

/// Deletes user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteUserGroup {
    pub id: String,
}

request!(Write, DeleteUserGroup => UserGroup);

/// Adds user to user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AddUserToUserGroup {
    pub user_group: String,
    pub user: String,
}

request!(Write, AddUserToUserGroup => UserGroup);

/// Removes user from user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveUserFromUserGroup {
    pub user_group: String,
    pub user: String,
}

request!(Write, RemoveUserFromUserGroup => UserGroup);

/// Sets users in user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetUsersInUserGroup {
    pub user_group: String,
    pub users: Vec<String>,
}

request!(Write, SetUsersInUserGroup => UserGroup);

/// Sets everyone user group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetEveryoneUserGroup {
    pub user_group: String,
    pub everyone: bool,
}

request!(Write, SetEveryoneUserGroup => UserGroup);
