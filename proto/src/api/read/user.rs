//! Read requests about user.

use crate::entity::user::User;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Finds user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindUser {
    #[serde(alias = "id", alias = "username")]
    pub user: String,
}

request!(Read, FindUser => User);

/// Lists users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListUsers {
    #[serde(default)]
    pub service_users: ServiceUserQueryBehavior,
}

request!(Read, ListUsers => Vec<User>);

named_enum! {
    /// A service user query behavior.
    pub enum ServiceUserQueryBehavior {
        #[default]
        Include = "Include",
        Exclude = "Exclude",
        Only = "Only",
    }
}

/// Reads username.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUsername {
    pub user_id: String,
}

request!(Read, GetUsername => GetUsernameResponse);

/// The answer to [`GetUsername`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUsernameResponse {
    pub username: String,
    #[serde(default)]
    pub avatar: Option<String>,
}
