//! The task that follows the clock.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep_until, timeout};
use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::{Kind, Result};

use super::{Scheduled, missed};
use crate::Core;
use crate::auth::Caller;
use crate::run::{self, Origin};
use crate::store::ObjectId;

/// The longest sleep: a clock that was put is noticed, and so is a change that
/// nobody told.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait before a store is tried again that is away.
const PAUSE: Duration = Duration::from_secs(1);

/// How late a slot may be before those that came with it are told as missed
/// (seconds). A busy machine is not worth a message.
const LATE: i64 = 60;

/// So many slots of one resource are counted.
pub(super) const COUNTED: usize = 200;

/// Follows the clock as long as Core lives.
pub fn start(core: &Arc<Core>) {
    core.schedules.take_all(core);
    let started = Timestamp::now();
    let core = Arc::downgrade(core);
    tokio::spawn(async move {
        while let Some(core) = core.upgrade() {
            match missed::while_away(&core, started).await {
                Ok(()) => break,
                Err(error) => tracing::warn!(%error, "missed schedules are not known yet"),
            }
            drop(core);
            tokio::time::sleep(PAUSE).await;
        }
        follow(core).await;
    });
}

async fn follow(core: Weak<Core>) {
    loop {
        let wake = {
            let Some(core) = core.upgrade() else { return };
            round(&core).await
        };
        let Some(poked) = core.upgrade().map(|core| async move {
            // It must not keep Core alive for long.
            let _ = timeout(LONGEST, core.schedules.poke.notified()).await;
        }) else {
            return;
        };
        tokio::select! {
            () = sleep_until(wake) => {}
            () = poked => {}
        }
    }
}

struct Due {
    scheduled: Scheduled,
    slot: Timestamp,
    /// Slots before it that nothing was begun at.
    passed: Vec<Timestamp>,
}

/// Begins what is due; returns when to look again.
async fn round(core: &Arc<Core>) -> Instant {
    core.schedules.take_all(core);
    let now = Timestamp::now();
    let mut wait = LONGEST;
    let due = due(core, now);
    let any = !due.is_empty();
    for Due { scheduled, slot, passed } in due {
        let done = match begin(core, &scheduled, slot).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == Kind::Unavailable => Err(error),
            Err(error) => Ok(Some(error.to_string())),
        };
        match done {
            Ok(problem) => {
                if let Some(problem) = &problem {
                    tracing::warn!(schedule = scheduled.spoken(), problem, "a slot began nothing");
                }
                let late = now.as_second().saturating_sub(LATE);
                if passed.first().is_some_and(|first| first.as_second() < late) {
                    missed::tell(core, &scheduled, &passed, missed::Why::Late).await;
                }
                if let Some(entry) = core.schedules.entries().get_mut(&scheduled.target) {
                    entry.done(slot);
                    entry.problem = problem;
                }
            }
            Err(error) => {
                tracing::warn!(schedule = scheduled.spoken(), %error, "a slot waits for the store");
                wait = PAUSE;
            }
        }
    }
    if any && wait > PAUSE {
        missed::note_watched(core, now).await;
    }
    let next = core.schedules.entries().values().filter_map(|entry| entry.next).min();
    if let Some(next) = next
        && wait > PAUSE
    {
        let until = next.duration_since(Timestamp::now());
        wait = Duration::try_from(until).unwrap_or_default().min(wait);
    }
    Instant::now() + wait
}

/// What is to begin now: of each the latest slot, since one run makes up for all.
fn due(core: &Core, now: Timestamp) -> Vec<Due> {
    let mut found = Vec::new();
    for (target, entry) in &*core.schedules.entries() {
        let Some(mut slot) = entry.next.filter(|next| *next <= now) else { continue };
        let Ok(slots) = &entry.slots else { continue };
        let mut passed = Vec::new();
        while let Some(next) = slots.after(slot).filter(|next| *next <= now) {
            if passed.len() < COUNTED {
                passed.push(slot);
            }
            slot = next;
        }
        if let Some(scheduled) = Scheduled::find(core, target) {
            found.push(Due { scheduled, slot, passed });
        }
    }
    found.sort_by_key(|due| (due.slot, due.scheduled.name.clone()));
    found
}

/// Begins the run of a slot, unless it has begun before.
pub(super) async fn begin(core: &Arc<Core>, scheduled: &Scheduled, slot: Timestamp) -> Result<()> {
    let (execution, user) = scheduled.execution();
    let caller = Caller::from(user);
    if let Some(waiting) = run::join_waiting(core, &caller, &execution) {
        let text = "an earlier scheduled run still waits for its turn, and does this one too";
        tracing::info!(schedule = scheduled.spoken(), run = waiting, "{text}");
        return Ok(());
    }
    let id = claim(&scheduled.target, slot);
    let origin = Origin { id: Some(id), ..Origin::default() };
    match run::submit(core, &caller, execution, origin).await {
        Ok(update) => {
            let run = update.id.as_str();
            tracing::info!(schedule = scheduled.spoken(), run, %slot, "begun by the clock");
            if scheduled.alert {
                let data = AlertData::ScheduleRun {
                    resource_type: scheduled.target.kind(),
                    id: scheduled.target.id().to_owned(),
                    name: scheduled.name.clone(),
                };
                crate::alert::tell(core, scheduled.target.clone(), SeverityLevel::Ok, data);
            }
            Ok(())
        }
        Err(error) if error.kind() == Kind::Conflict => {
            tracing::info!(schedule = scheduled.spoken(), %slot, "this slot has run already");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The id of the run of a slot: as every id it begins with the time, and the rest
/// is of the resource and the slot.
pub(super) fn claim(target: &ResourceTarget, slot: Timestamp) -> ObjectId {
    let (kind, id) = target.parts();
    let digest = Sha256::digest(format!("schedule:{kind}:{id}:{}", slot.as_millisecond()));
    let seconds = u32::try_from(slot.as_second()).unwrap_or(u32::MAX);
    let text = format!("{seconds:08x}{}", hex::encode(&digest[..8]));
    ObjectId::parse(&text).expect("8 and 16 hexadecimal digits are an id")
}
