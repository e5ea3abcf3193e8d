//! Write requests about variable.

use crate::entity::variable::Variable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateVariable {
    pub name: String,
    #[serde(default)]
    pub value: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub is_secret: bool,
}

request!(Write, CreateVariable => Variable);

/// Changes variable value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateVariableValue {
    pub name: String,
    pub value: String,
}

request!(Write, UpdateVariableValue => Variable);

/// Changes variable description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateVariableDescription {
    pub name: String,
    pub description: String,
}

request!(Write, UpdateVariableDescription => Variable);

/// Changes variable is secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateVariableIsSecret {
    pub name: String,
    pub is_secret: bool,
}

request!(Write, UpdateVariableIsSecret => Variable);

/// Deletes variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteVariable {
    pub name: String,
}

request!(Write, DeleteVariable => Variable);
