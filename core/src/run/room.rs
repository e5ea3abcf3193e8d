//! How many runs may wait, and what is said when they are too many.

use varanus_proto::entity::execution::Execution;
use varanus_proto::{Error, Result};

use super::plan::{self, Plan};
use super::queue::{Full, Room};
use crate::Core;
use crate::auth::Caller;

/// Far more than anybody waits for, and little enough to be kept in memory and to
/// be read at a start.
const ROOM: Room = Room { all: 10_000, person: 5_000, resource: 100 };

/// Goes on when one more run may wait.
///
/// Errors: `TooMany` when those of this person, or for this resource, are too many,
/// and `Unavailable` when all together are.
pub(super) fn check(core: &Core, plan: &Plan, person: &str) -> Result<()> {
    let Some(full) = core.runs.full(ROOM, person, plan.lock.as_ref()) else { return Ok(()) };
    let cure = "try again when some of them have ended, or cancel some";
    Err(match full {
        Full::Resource => {
            let (kind, name) = (plan.target.kind(), crate::resource::name_of(core, &plan.target));
            Error::too_many(format!(
                "{} runs wait for {kind} {name:?} already; {cure}",
                ROOM.resource
            ))
        }
        Full::Person => {
            Error::too_many(format!("{} of your runs wait already; {cure}", ROOM.person))
        }
        Full::All => Error::unavailable(format!(
            "{} runs wait already, which is all that Core keeps; {cure}",
            ROOM.all
        )),
    })
}

/// Has the last run that waits to do the same for the same caller do it for one
/// more who asks now: what it is to do it finds as it is when it begins.
pub fn join_waiting(core: &Core, caller: &Caller, execution: &Execution) -> Option<String> {
    let lock = plan::plan(core, caller, execution).ok()?.lock?;
    let wanted = serde_json::to_value(execution).ok()?;
    let run = core.runs.waiting_for(&lock).into_iter().rev().find(|run| {
        let record = &run.record;
        record.parent.is_none()
            && record.user == caller.id()
            && serde_json::to_value(&record.execution).is_ok_and(|known| known == wanted)
    })?;
    run.join();
    // One that began meanwhile may not have heard of it.
    let waits = core.runs.waiting_for(&lock).iter().any(|other| other.id == run.id);
    waits.then(|| run.id.clone())
}
