//! Write requests about procedure.

use crate::entity::procedure::{PartialProcedureConfig, Procedure};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateProcedure {
    pub name: String,
    #[serde(default)]
    pub config: PartialProcedureConfig,
}

request!(Write, CreateProcedure => Procedure);

/// A new procedure with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyProcedure {
    pub name: String,
    pub id: String,
}

request!(Write, CopyProcedure => Procedure);

/// Deletes procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteProcedure {
    pub id: String,
}

request!(Write, DeleteProcedure => Procedure);

/// Changes procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateProcedure {
    pub id: String,
    pub config: PartialProcedureConfig,
}

request!(Write, UpdateProcedure => Procedure);

/// Gives a procedure another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameProcedure {
    pub id: String,
    pub name: String,
}

request!(Write, RenameProcedure => Update);
