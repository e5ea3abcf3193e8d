//! The procedure.

use crate::entity::execution::Execution;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::entity::schedule::ScheduleFormat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of a list of procedures.
pub type ProcedureListItem = ResourceListItem<ProcedureListItemInfo>;

/// What a list shows of a procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureListItemInfo {
    pub stages: i64,
    pub state: ProcedureState,
    #[serde(default)]
    pub last_run_at: Option<i64>,
    #[serde(default)]
    pub next_scheduled_run: Option<i64>,
    #[serde(default)]
    pub schedule_error: Option<String>,
}

named_enum! {
    /// The state a procedure is in.
    pub enum ProcedureState {
        Running = "Running",
        Ok = "Ok",
        Failed = "Failed",
        #[default]
        Unknown = "Unknown",
    }
}

/// A whole procedure.
pub type Procedure = Resource<ProcedureConfig, ()>;

config! {
    /// What a person configures of a procedure; every field has a default.
    pub struct ProcedureConfig, partial PartialProcedureConfig {
        #[serde(alias = "stage")]
        stages: Vec<ProcedureStage> = Default::default(),
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
    }
}

/// A procedure stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureStage {
    pub name: String,
    #[serde(default = "crate::default::yes")]
    pub enabled: bool,
    #[serde(alias = "execution", default)]
    pub executions: Vec<EnabledExecution>,
}

impl Default for ProcedureStage {
    fn default() -> Self {
        Self { name: Default::default(), enabled: true, executions: Default::default() }
    }
}

/// An enabled execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnabledExecution {
    pub execution: Execution,
    #[serde(default = "crate::default::yes")]
    pub enabled: bool,
}

/// The state a procedure action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureActionState {
    pub running: bool,
}

/// A query for procedures.
pub type ProcedureQuery = ResourceQuery<ProcedureQuerySpecifics>;

named_enum! {
    /// What a list of procedures is sorted by.
    pub enum ProcedureSortBy {
        #[default]
        Name = "Name",
        State = "State",
        NextRun = "NextRun",
    }
}

/// What only a query for procedures can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureQuerySpecifics {
    #[serde(default)]
    pub states: Vec<ProcedureState>,
    #[serde(default)]
    pub scheduled: Option<bool>,
}
