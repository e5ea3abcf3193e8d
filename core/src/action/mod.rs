//! Actions: scripts that call the API.
//!
//! What is configured of them, and what came of their runs.

mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::entity::action::{
    ActionConfig, ActionListItemInfo, ActionQuerySpecifics, ActionState, PartialActionConfig,
};
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;
use varanus_proto::{NoData, Result};

pub use requests::api;

use crate::Core;
use crate::auth::Caller;
use crate::catalog::{Catalog, Table};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Actions;

#[async_trait]
impl Kind for Actions {
    type Config = ActionConfig;
    type Info = NoData;
    type ListInfo = ActionListItemInfo;
    type Specifics = ActionQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Action;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.actions
    }

    /// A script runs beside Core, so only an admin may bring one.
    fn may_create(_core: &Core, caller: &Caller) -> Result<()> {
        caller.require_admin("create actions")
    }

    async fn check_config(
        _core: &Arc<Core>,
        _caller: &Caller,
        partial: &mut PartialActionConfig,
    ) -> Result<()> {
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, action: &Doc<Self>) -> ActionListItemInfo {
        let target = Self::target(action.id.as_str());
        let (next_scheduled_run, schedule_error) = core.schedules.of(&target);
        ActionListItemInfo {
            state: state(core, action),
            last_run_at: core.runs.last_begun(&target),
            next_scheduled_run,
            schedule_error,
        }
    }

    fn passes(core: &Core, action: &Doc<Self>, specifics: &ActionQuerySpecifics) -> bool {
        let scheduled = action.config.schedule_enabled && !action.config.schedule.is_empty();
        (specifics.states.is_empty() || specifics.states.contains(&state(core, action)))
            && specifics.scheduled.is_none_or(|wanted| wanted == scheduled)
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        crate::schedule::changed(core, &Self::target(id));
    }

    fn after_delete(core: &Arc<Core>, id: &str) {
        crate::schedule::changed(core, &Self::target(id));
    }

    fn hide_secrets(config: &mut ActionConfig) {
        config.webhook_secret.clear();
    }
}

/// How many runs of an action go on.
pub fn running(core: &Core, action: &Doc<Actions>) -> u32 {
    let operations = core.runs.working_on(&Actions::target(action.id.as_str()));
    let runs = operations.iter().filter(|operation| **operation == Operation::RunAction).count();
    u32::try_from(runs).unwrap_or(u32::MAX)
}

/// Whether an action runs, or what came of its latest run.
pub fn state(core: &Core, action: &Doc<Actions>) -> ActionState {
    if running(core, action) > 0 {
        return ActionState::Running;
    }
    match core.runs.last_success(&Actions::target(action.id.as_str())) {
        Some(true) => ActionState::Ok,
        Some(false) => ActionState::Failed,
        None => ActionState::Unknown,
    }
}
