//! Write requests about alerter.

use crate::entity::alerter::{Alerter, PartialAlerterConfig};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates alerter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateAlerter {
    pub name: String,
    #[serde(default)]
    pub config: PartialAlerterConfig,
}

request!(Write, CreateAlerter => Alerter);

/// A new alerter with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyAlerter {
    pub name: String,
    pub id: String,
}

request!(Write, CopyAlerter => Alerter);

/// Deletes alerter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteAlerter {
    pub id: String,
}

request!(Write, DeleteAlerter => Alerter);

/// Changes alerter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateAlerter {
    pub id: String,
    pub config: PartialAlerterConfig,
}

request!(Write, UpdateAlerter => Alerter);

/// Gives a alerter another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameAlerter {
    pub id: String,
    pub name: String,
}

request!(Write, RenameAlerter => Update);
