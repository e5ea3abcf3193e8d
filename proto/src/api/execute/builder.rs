//! Execute requests about builder.

use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Removes what is unused: docker builders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PruneDockerBuilders {
    pub server: String,
}

request!(Execute, PruneDockerBuilders => Update);
