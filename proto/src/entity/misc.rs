//! The misc.

use crate::entity::execution::BatchExecutionResponseItem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of batch execution responses.
pub type BatchExecutionResponse = Vec<BatchExecutionResponseItem>;

/// A toml response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TomlResponse {
    pub toml: String,
}
