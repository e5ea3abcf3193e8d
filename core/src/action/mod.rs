//! Actions: scripts in TypeScript that call the API.
//!
//! A run writes the script and the client library into a folder of its own and
//! has deno run them there, with an API key that lives as long as the run. This
//! room must not know what a script does.

mod arguments;
pub mod convert;
mod execute;
mod folder;
mod requests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::api::execute::action::RunAction;
use varanus_proto::entity::action::{
    ActionConfig, ActionListItemInfo, ActionQuerySpecifics, ActionState, PartialActionConfig,
};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;
use varanus_proto::{NoData, Result};

pub use execute::perform;
pub use requests::api;

use crate::Core;
use crate::auth::{Caller, ServiceUser};
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

/// Removes what a killed Core left behind of actions that ran, and begins those
/// that are to run when it starts. To be called once it listens.
pub fn start(core: &Arc<Core>) {
    let core = core.clone();
    tokio::spawn(async move {
        folder::clear(&core);
        let ended = varanus_host::process::leftover::end().await;
        if ended > 0 {
            tracing::warn!(ended, "ended programs that a killed Core had left");
        }
        for action in core.catalog.actions.all() {
            if !action.config.run_at_startup || action.template {
                continue;
            }
            let run = RunAction { action: action.id.to_string(), args: None };
            let caller = Caller::from(ServiceUser::Action);
            let origin = crate::run::Origin::default();
            let submitted =
                crate::run::submit(&core, &caller, Execution::RunAction(run), origin).await;
            if let Err(error) = submitted {
                let action = &action.name;
                tracing::warn!(action, %error, "an action did not run at the start");
            }
        }
    });
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
