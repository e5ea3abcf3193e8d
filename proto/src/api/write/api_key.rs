//! Write requests about api key.

use crate::NoData;
use crate::api::auth::manage::CreateApiKeyResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates api key for service user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApiKeyForServiceUser {
    pub user_id: String,
    pub name: String,
    #[serde(default)]
    pub expires: i64,
}

request!(Write, CreateApiKeyForServiceUser => CreateApiKeyResponse);

/// Deletes api key for service user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteApiKeyForServiceUser {
    pub key: String,
}

request!(Write, DeleteApiKeyForServiceUser => NoData);
