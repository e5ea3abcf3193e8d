//! Write requests about user.

use crate::NoData;
use crate::entity::resource::ResourceTarget;
use crate::entity::user::User;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Records recently viewed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushRecentlyViewed {
    pub resource: ResourceTarget,
}

request!(Write, PushRecentlyViewed => NoData);

/// Sets last seen update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetLastSeenUpdate {}

request!(Write, SetLastSeenUpdate => NoData);

/// Deletes user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteUser {
    #[serde(alias = "id", alias = "username")]
    pub user: String,
}

request!(Write, DeleteUser => User);

/// Creates local user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateLocalUser {
    pub username: String,
    pub password: String,
}

request!(Write, CreateLocalUser => User);

/// Creates service user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateServiceUser {
    pub username: String,
    pub description: String,
}

request!(Write, CreateServiceUser => User);

/// Changes service user description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateServiceUserDescription {
    pub username: String,
    pub description: String,
}

request!(Write, UpdateServiceUserDescription => User);
