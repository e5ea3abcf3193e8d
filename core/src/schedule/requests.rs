//! The list of schedules.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::api::read::schedule::ListSchedules;
use varanus_proto::entity::resource::ResourceQuery;
use varanus_proto::entity::schedule::{Schedule, ScheduleSortBy};

use super::Scheduled;
use crate::Core;
use crate::action::Actions;
use crate::http::{Api, Call};
use crate::procedure::Procedures;
use crate::resource;

/// The requests about schedules.
pub fn api(api: &mut Api) {
    api.on(|call: Call, request: ListSchedules| async move { list(&call, request) });
}

fn list(call: &Call, request: ListSchedules) -> Result<Vec<Schedule>> {
    let (core, caller) = (&call.core, &call.caller);
    let ListSchedules { tags, tag_behavior, terms, page, limit, sort_by, sort_desc } = request;
    let query = ResourceQuery {
        tags: tags.clone(),
        tag_behavior,
        terms: terms.clone().into(),
        ..ResourceQuery::default()
    };
    let procedures = resource::query::<Procedures>(core, caller, &query)?;
    let query =
        ResourceQuery { tags, tag_behavior, terms: terms.into(), ..ResourceQuery::default() };
    let actions = resource::query::<Actions>(core, caller, &query)?;
    let procedures = procedures.iter().filter_map(|procedure| {
        let scheduled = Scheduled::procedure(procedure)?;
        Some(item(core, scheduled, procedure.config.schedule_enabled, &procedure.tags.0))
    });
    let actions = actions.iter().filter_map(|action| {
        let scheduled = Scheduled::action(action)?;
        Some(item(core, scheduled, action.config.schedule_enabled, &action.tags.0))
    });
    let mut items: Vec<_> = procedures.chain(actions).collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    match sort_by {
        ScheduleSortBy::Name => {}
        ScheduleSortBy::Schedule => items.sort_by(|a, b| a.schedule.cmp(&b.schedule)),
        // Those that come never come last.
        ScheduleSortBy::NextRun => {
            items.sort_by_key(|item| item.next_scheduled_run.unwrap_or(i64::MAX));
        }
        ScheduleSortBy::Enabled => items.sort_by_key(|item| !item.enabled),
    }
    if sort_desc {
        items.reverse();
    }
    Ok(resource::page(core, items, page, limit))
}

fn item(core: &Arc<Core>, scheduled: Scheduled, enabled: bool, tags: &[String]) -> Schedule {
    let (next_scheduled_run, schedule_error) = core.schedules.of(&scheduled.target);
    Schedule {
        last_run_at: core.runs.last_begun(&scheduled.target),
        target: scheduled.target,
        name: scheduled.name,
        schedule_format: scheduled.wish.format,
        schedule: scheduled.wish.schedule,
        enabled,
        schedule_timezone: scheduled.wish.zone,
        next_scheduled_run,
        schedule_error,
        tags: tags.to_vec(),
    }
}
