//! Read requests about api key.

use crate::entity::api_key::ApiKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists api keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListApiKeys {}

request!(Read, ListApiKeys => Vec<ApiKey>);

/// Lists api keys for service user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListApiKeysForServiceUser {
    #[serde(alias = "id", alias = "username")]
    pub user: String,
}

request!(Read, ListApiKeysForServiceUser => Vec<ApiKey>);
