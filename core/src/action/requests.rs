//! The requests about actions.

use std::cmp::Ordering;

use varanus_proto::Result;
use varanus_proto::api::read::action::*;
use varanus_proto::api::write::action::*;
use varanus_proto::entity::action::{ActionActionState, ActionListItem, ActionSortBy, ActionState};
use varanus_proto::entity::permission::PermissionLevel;

use super::{Actions, running, state};
use crate::http::{Api, Call};
use crate::resource::{self, kind_api};

/// Every request about actions.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Actions, action,
        get GetAction, list ListActions, full ListFullActions, copy CopyAction,
        delete DeleteAction, update UpdateAction, rename RenameAction, create CreateAction,
        sort order
    );
    api.on(|call: Call, _: GetActionsSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetActionActionState| async move {
        let level = PermissionLevel::Read;
        let action = resource::get::<Actions>(&call.core, &call.caller, &request.action, level)?;
        Ok(ActionActionState { running: running(&call.core, &action) })
    });
    super::execute::api(api);
}

fn order(by: ActionSortBy, a: &ActionListItem, b: &ActionListItem) -> Ordering {
    match by {
        ActionSortBy::Name => Ordering::Equal,
        ActionSortBy::State => a.info.state.cmp(&b.info.state),
        ActionSortBy::NextRun => {
            // Those that are not scheduled come last.
            let next = |item: &ActionListItem| item.info.next_scheduled_run.unwrap_or(i64::MAX);
            next(a).cmp(&next(b))
        }
    }
}

fn summary(call: &Call) -> Result<GetActionsSummaryResponse> {
    let mut summary = GetActionsSummaryResponse::default();
    for action in resource::query::<Actions>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &action) {
            ActionState::Running => summary.running += 1,
            ActionState::Ok => summary.ok += 1,
            ActionState::Failed => summary.failed += 1,
            ActionState::Unknown => summary.unknown += 1,
        }
    }
    Ok(summary)
}
