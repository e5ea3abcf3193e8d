//! Read requests about variable.

use crate::entity::variable::Variable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetVariable {
    pub name: String,
}

request!(Read, GetVariable => Variable);

/// Lists variables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListVariables {}

request!(Read, ListVariables => Vec<Variable>);
