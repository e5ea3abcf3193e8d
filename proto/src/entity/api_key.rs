//! The api key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An api key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKey {
    pub key: String,
    pub secret: String,
    pub user_id: String,
    pub name: String,
    pub created_at: i64,
    pub expires: i64,
}
