//! Schedules: procedures and actions that run by the clock.
//!
//! One task sleeps until the next slot, or until a schedule changes, and begins
//! what is due. A run's id is made of its slot, so that the commit that accepts
//! the run also claims the slot: no slot runs twice, whoever else looks at the
//! clock. How far the clock was followed is stored; slots that came while Core was
//! not there are told, and made up for where that is wished.
//!
//! This room must not know what a run does.

mod cron;
mod english;
mod missed;
mod requests;
mod slots;
#[cfg(test)]
mod tests;
mod watch;
mod words;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;
use varanus_proto::api::execute::action::RunAction;
use varanus_proto::api::execute::procedure::RunProcedure;
use varanus_proto::entity::action::Action;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::procedure::Procedure;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::entity::schedule::ScheduleFormat;

pub use requests::api;
pub use watch::start;

use crate::Core;
use crate::auth::ServiceUser;
use slots::Slots;

/// What is scheduled, and what is known of it.
#[derive(Default)]
pub struct Schedules {
    entries: Mutex<HashMap<ResourceTarget, Entry>>,
    poke: Notify,
}

/// What a person says of when something is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    format: ScheduleFormat,
    schedule: String,
    zone: String,
    active: bool,
}

struct Entry {
    wish: Wish,
    slots: Result<Slots, String>,
    /// Slots up to here are done with.
    until: Timestamp,
    next: Option<Timestamp>,
    /// Why the latest slot began nothing.
    problem: Option<String>,
}

impl Entry {
    fn new(core: &Core, wish: Wish, until: Timestamp) -> Self {
        let Wish { format, schedule, zone, .. } = &wish;
        let slots = Slots::parse(*format, schedule, zone, &core.config.timezone);
        let mut entry = Self { wish, slots, until, next: None, problem: None };
        entry.done(until);
        entry
    }

    /// Slots up to a moment are done with.
    fn done(&mut self, until: Timestamp) {
        self.until = until;
        let slots = self.slots.as_ref().ok().filter(|_| self.wish.active);
        self.next = slots.and_then(|slots| slots.after(until));
    }
}

/// A resource with a schedule.
#[derive(Debug, Clone)]
struct Scheduled {
    target: ResourceTarget,
    name: String,
    wish: Wish,
    alert: bool,
    catch_up: bool,
    updated_at: i64,
}

/// What procedures and actions say in fields of the same names.
macro_rules! scheduled {
    ($of:expr, $kind:ident) => {{
        let (of, config) = ($of, &$of.config);
        let scheduled = Scheduled {
            target: ResourceTarget::$kind(of.id.to_string()),
            name: of.name.clone(),
            wish: Wish {
                format: config.schedule_format,
                schedule: config.schedule.trim().to_owned(),
                zone: config.schedule_timezone.trim().to_owned(),
                // Templates are only there to be copied.
                active: config.schedule_enabled && !of.template,
            },
            alert: config.schedule_alert,
            catch_up: config.schedule_catch_up,
            updated_at: of.updated_at,
        };
        (!scheduled.wish.schedule.is_empty()).then_some(scheduled)
    }};
}

impl Scheduled {
    fn procedure(procedure: &Procedure) -> Option<Self> {
        scheduled!(procedure, Procedure)
    }

    fn action(action: &Action) -> Option<Self> {
        scheduled!(action, Action)
    }

    fn find(core: &Core, target: &ResourceTarget) -> Option<Self> {
        match target.kind() {
            ResourceTargetVariant::Procedure => {
                Self::procedure(&*core.catalog.procedures.get(target.id())?)
            }
            ResourceTargetVariant::Action => Self::action(&*core.catalog.actions.get(target.id())?),
            _ => None,
        }
    }

    fn all(core: &Core) -> Vec<Self> {
        let procedures = core.catalog.procedures.all();
        let actions = core.catalog.actions.all();
        let procedures = procedures.iter().filter_map(|procedure| Self::procedure(procedure));
        procedures.chain(actions.iter().filter_map(|action| Self::action(action))).collect()
    }

    /// What it runs, and as whom.
    fn execution(&self) -> (Execution, ServiceUser) {
        let id = self.target.id().to_owned();
        match self.target.kind() {
            ResourceTargetVariant::Action => {
                let run = RunAction { action: id, args: None };
                (Execution::RunAction(run), ServiceUser::Action)
            }
            _ => {
                let run = RunProcedure { procedure: id };
                (Execution::RunProcedure(run), ServiceUser::Procedure)
            }
        }
    }

    /// As people call it.
    fn spoken(&self) -> String {
        format!("{} {:?}", self.target.kind().to_string().to_lowercase(), self.name)
    }
}

impl Schedules {
    fn entries(&self) -> MutexGuard<'_, HashMap<ResourceTarget, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next run of a resource is (Unix milliseconds), and what is wrong
    /// with its schedule.
    pub fn of(&self, target: &ResourceTarget) -> (Option<i64>, Option<String>) {
        let entries = self.entries();
        let Some(entry) = entries.get(target) else { return (None, None) };
        let error = entry.slots.as_ref().err().cloned();
        let next = entry.next.map(Timestamp::as_millisecond);
        (next, error.or_else(|| entry.problem.clone()))
    }

    /// Takes in what a person wishes for a resource now. A schedule that is as it
    /// was goes on; a new one begins now.
    fn take(&self, core: &Core, target: &ResourceTarget, wish: Option<Wish>) {
        let mut entries = self.entries();
        match (wish, entries.get(target)) {
            (Some(wish), Some(entry)) if entry.wish == wish => {}
            (Some(wish), _) => {
                entries.insert(target.clone(), Entry::new(core, wish, Timestamp::now()));
            }
            (None, _) => {
                entries.remove(target);
            }
        }
    }

    fn take_all(&self, core: &Core) {
        let all = Scheduled::all(core);
        for scheduled in &all {
            self.take(core, &scheduled.target, Some(scheduled.wish.clone()));
        }
        let mut entries = self.entries();
        if entries.len() > all.len() {
            entries.retain(|target, _| all.iter().any(|scheduled| scheduled.target == *target));
        }
    }
}

/// A procedure or an action was changed or deleted.
pub fn changed(core: &Core, target: &ResourceTarget) {
    let wish = Scheduled::find(core, target).map(|scheduled| scheduled.wish);
    core.schedules.take(core, target, wish);
    core.schedules.poke.notify_one();
}
