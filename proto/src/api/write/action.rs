//! Write requests about action.

use crate::entity::action::{Action, PartialActionConfig};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateAction {
    pub name: String,
    #[serde(default)]
    pub config: PartialActionConfig,
}

request!(Write, CreateAction => Action);

/// A new action with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyAction {
    pub name: String,
    pub id: String,
}

request!(Write, CopyAction => Action);

/// Deletes action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteAction {
    pub id: String,
}

request!(Write, DeleteAction => Action);

/// Changes action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateAction {
    pub id: String,
    pub config: PartialActionConfig,
}

request!(Write, UpdateAction => Action);

/// Gives a action another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameAction {
    pub id: String,
    pub name: String,
}

request!(Write, RenameAction => Update);
