//! Procedures: stages in order, the executions of a stage in parallel.
//!
//! A procedure's run only submits other runs and waits for them. It must not
//! know what any execution does; what an execution refers to it learns from
//! `run::plan`.

mod cycle;
mod execute;
mod expand;
mod first;
mod refer;
mod requests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::entity::procedure::{
    PartialProcedureConfig, ProcedureConfig, ProcedureListItemInfo, ProcedureQuerySpecifics,
    ProcedureState,
};
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;

pub use execute::perform;
pub use first::first;
pub use requests::api;

use crate::Core;
use crate::auth::Caller;
use crate::catalog::{Catalog, Table};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Procedures;

#[async_trait]
impl Kind for Procedures {
    type Config = ProcedureConfig;
    type Info = ();
    type ListInfo = ProcedureListItemInfo;
    type Specifics = ProcedureQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Procedure;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.procedures
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        crate::resource::any_user_may_create(core, caller)
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialProcedureConfig,
    ) -> Result<()> {
        if let Some(stages) = &mut partial.stages {
            refer::to_ids(core, caller, stages)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn check_whole(core: &Core, name: &str, config: &ProcedureConfig) -> Result<()> {
        cycle::check(core, name, &config.stages)
    }

    fn list_info(core: &Core, procedure: &Doc<Self>) -> ProcedureListItemInfo {
        let target = Self::target(procedure.id.as_str());
        let (next_scheduled_run, schedule_error) = core.schedules.of(&target);
        ProcedureListItemInfo {
            stages: i64::try_from(procedure.config.stages.len()).unwrap_or(i64::MAX),
            state: state(core, procedure),
            last_run_at: core.runs.last_begun(&target),
            next_scheduled_run,
            schedule_error,
        }
    }

    fn passes(core: &Core, procedure: &Doc<Self>, specifics: &ProcedureQuerySpecifics) -> bool {
        let scheduled = procedure.config.schedule_enabled && !procedure.config.schedule.is_empty();
        (specifics.states.is_empty() || specifics.states.contains(&state(core, procedure)))
            && specifics.scheduled.is_none_or(|wanted| wanted == scheduled)
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        crate::schedule::changed(core, &Self::target(id));
    }

    fn after_delete(core: &Arc<Core>, id: &str) {
        crate::schedule::changed(core, &Self::target(id));
    }

    fn hide_secrets(config: &mut ProcedureConfig) {
        config.webhook_secret.clear();
    }

    fn with_names(core: &Core, mut config: ProcedureConfig) -> ProcedureConfig {
        refer::to_names(core, &mut config.stages);
        config
    }
}

/// Whether a procedure runs, or what came of its latest run.
pub fn state(core: &Core, procedure: &Doc<Procedures>) -> ProcedureState {
    let target = Procedures::target(procedure.id.as_str());
    if core.runs.working_on(&target).contains(&Operation::RunProcedure) {
        return ProcedureState::Running;
    }
    match core.runs.last_success(&target) {
        Some(true) => ProcedureState::Ok,
        Some(false) => ProcedureState::Failed,
        None => ProcedureState::Unknown,
    }
}
