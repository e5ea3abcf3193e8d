//! Write requests about builder.

use crate::entity::builder::{Builder, PartialBuilderConfig};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates builder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateBuilder {
    pub name: String,
    #[serde(default)]
    pub config: PartialBuilderConfig,
}

request!(Write, CreateBuilder => Builder);

/// A new builder with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyBuilder {
    pub name: String,
    pub id: String,
}

request!(Write, CopyBuilder => Builder);

/// Deletes builder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteBuilder {
    pub id: String,
}

request!(Write, DeleteBuilder => Builder);

/// Changes builder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateBuilder {
    pub id: String,
    pub config: PartialBuilderConfig,
}

request!(Write, UpdateBuilder => Builder);

/// Gives a builder another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameBuilder {
    pub id: String,
    pub name: String,
}

request!(Write, RenameBuilder => Update);
