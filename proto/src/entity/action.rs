//! The action.

use crate::NoData;
use crate::entity::file::FileFormat;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::entity::schedule::ScheduleFormat;
use crate::lenient::FileText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of actions.
pub type ActionListItem = ResourceListItem<ActionListItemInfo>;

/// What a list shows of a action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionListItemInfo {
    pub state: ActionState,
    #[serde(default)]
    pub last_run_at: Option<i64>,
    #[serde(default)]
    pub next_scheduled_run: Option<i64>,
    #[serde(default)]
    pub schedule_error: Option<String>,
}

named_enum! {
    /// The state a action is in.
    pub enum ActionState {
        Running = "Running",
        Ok = "Ok",
        Failed = "Failed",
        #[default]
        Unknown = "Unknown",
    }
}

/// A whole action.
pub type Action = Resource<ActionConfig, NoData>;

config! {
    /// What a person configures of a action; every field has a default.
    pub struct ActionConfig, partial PartialActionConfig {
        run_at_startup: bool = Default::default(),
        /// Seconds that a run of it may take; 0 for the deadline of Core's configuration. Not in
        /// Komodo 2.3.
        run_deadline_seconds: u32 = Default::default(),
        schedule_format: ScheduleFormat = Default::default(),
        schedule: String = Default::default(),
        schedule_enabled: bool = true,
        schedule_timezone: String = Default::default(),
        schedule_alert: bool = true,
        /// A run that Core was not there for is made up for when it is back. Not in Komodo 2.3.
        schedule_catch_up: bool = Default::default(),
        failure_alert: bool = true,
        webhook_enabled: bool = true,
        webhook_secret: String = Default::default(),
        reload_deno_deps: bool = Default::default(),
        file_contents: FileText = Default::default(),
        arguments_format: FileFormat = Default::default(),
        arguments: FileText = Default::default(),
    }
}

/// The state a action action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionActionState {
    pub running: u32,
}

/// A query for actions.
pub type ActionQuery = ResourceQuery<ActionQuerySpecifics>;

named_enum! {
    /// What a list of actions is sorted by.
    pub enum ActionSortBy {
        #[default]
        Name = "Name",
        State = "State",
        NextRun = "NextRun",
    }
}

/// What only a query for actions can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionQuerySpecifics {
    #[serde(default)]
    pub states: Vec<ActionState>,
    #[serde(default)]
    pub scheduled: Option<bool>,
}
