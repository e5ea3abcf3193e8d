//! Slots at which nothing was begun: told, and made up for where that is wished.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Kind, Result};

use super::watch::{self, COUNTED};
use super::{Scheduled, Slots};
use crate::auth::Caller;
use crate::run::{Audit, error_log};
use crate::store::{Change, Collection, Document, ObjectId};
use crate::{Commit, Core};

/// The document that says how far the clock was followed.
const WATCHED: &str = "7363686564756c6573000000";

/// Why nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Core did not run.
    Away,
    /// Core slept, or its store was away.
    Late,
}

/// Finds the slots between the end of the last process of Core and the start of
/// this one.
pub(super) async fn while_away(core: &Arc<Core>, started: Timestamp) -> Result<()> {
    let Some(watched) = watched(core).await? else {
        return store_watched(core, Commit::new(), started).await;
    };
    let mut commit = Commit::new();
    let mut told = Vec::new();
    for scheduled in Scheduled::all(core) {
        let since =
            watched.max(Timestamp::from_millisecond(scheduled.updated_at).unwrap_or(watched));
        let missed = missed(core, &scheduled, since, started).await?;
        let Some(last) = missed.last() else { continue };
        let caught_up = scheduled.catch_up;
        if caught_up && let Err(error) = watch::begin(core, &scheduled, *last).await {
            if error.kind() == Kind::Unavailable {
                return Err(error);
            }
            tracing::warn!(schedule = scheduled.spoken(), %error, "a missed slot was not made up for");
        }
        audit(core, &scheduled, &missed, Why::Away)?.add_to(core, &mut commit)?;
        told.push((scheduled, missed));
    }
    store_watched(core, commit, started).await?;
    for (scheduled, missed) in told {
        alert(core, &scheduled, &missed, Why::Away).await;
    }
    Ok(())
}

/// The slots in a span of time that no run was begun at.
async fn missed(
    core: &Core,
    scheduled: &Scheduled,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Timestamp>> {
    let wish = &scheduled.wish;
    let zone = &core.config.timezone;
    let Ok(slots) = Slots::parse(wish.format, &wish.schedule, &wish.zone, zone) else {
        return Ok(Vec::new());
    };
    let mut missed = Vec::new();
    let mut at = since;
    while let Some(slot) = slots.after(at).filter(|slot| wish.active && *slot < until) {
        at = slot;
        let claim = watch::claim(&scheduled.target, slot);
        match core.store.get(Collection::Update, &claim).await? {
            None => missed.push(slot),
            // A run that began is done with those before it, as far as that was noted.
            Some(_) => missed.clear(),
        }
        if missed.len() > COUNTED {
            break;
        }
    }
    Ok(missed)
}

/// Records and tells that slots were missed.
pub(super) async fn tell(core: &Arc<Core>, scheduled: &Scheduled, missed: &[Timestamp], why: Why) {
    let recorded = match audit(core, scheduled, missed, why) {
        Ok(audit) => audit.commit(core, Commit::new()).await.map(|_| ()),
        Err(error) => Err(error),
    };
    if let Err(error) = recorded {
        tracing::warn!(schedule = scheduled.spoken(), %error, "missed slots were not recorded");
    }
    alert(core, scheduled, missed, why).await;
}

fn audit(core: &Core, scheduled: &Scheduled, missed: &[Timestamp], why: Why) -> Result<Audit> {
    let (message, details) = texts(core, scheduled, missed, why);
    tracing::warn!("{message}: {details}");
    let caller = Caller::from(scheduled.execution().1);
    let mut audit = Audit::new(&caller, Operation::None, scheduled.target.clone());
    audit.push(error_log("Missed schedule", format!("{message}: {details}")));
    Ok(audit)
}

async fn alert(core: &Arc<Core>, scheduled: &Scheduled, missed: &[Timestamp], why: Why) {
    if !scheduled.alert {
        return;
    }
    let (message, details) = texts(core, scheduled, missed, why);
    let data = AlertData::Custom { message, details };
    let target = scheduled.target.clone();
    if let Err(error) = crate::alert::record(core, target, SeverityLevel::Warning, data).await {
        tracing::warn!(schedule = scheduled.spoken(), %error, "missed slots were not told");
    }
}

fn texts(core: &Core, scheduled: &Scheduled, missed: &[Timestamp], why: Why) -> (String, String) {
    let message = match missed.len() {
        1 => format!("a scheduled run of {} was missed", scheduled.spoken()),
        many if many > COUNTED => {
            format!("more than {COUNTED} scheduled runs of {} were missed", scheduled.spoken())
        }
        many => format!("{many} scheduled runs of {} were missed", scheduled.spoken()),
    };
    let times: Vec<_> = [missed.first(), missed.last().filter(|_| missed.len() > 1)]
        .into_iter()
        .flatten()
        .map(|slot| spoken(core, scheduled, *slot))
        .collect();
    let times = times.join(" to ");
    let details = match (why, scheduled.catch_up) {
        (Why::Away, true) => format!("Core did not run at {times}; one run makes up for it now"),
        (Why::Away, false) => format!(
            "Core did not run at {times}; run it by hand, or set schedule_catch_up to have it made up \
             for"
        ),
        (Why::Late, _) => {
            format!("Core or its store was not there at {times}; one run makes up for it")
        }
    };
    (message, details)
}

fn spoken(core: &Core, scheduled: &Scheduled, slot: Timestamp) -> String {
    let zone =
        [&scheduled.wish.zone, &core.config.timezone].into_iter().find(|zone| !zone.is_empty());
    let zone = zone.map_or_else(jiff::tz::TimeZone::system, |name| {
        jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC)
    });
    slot.to_zoned(zone).strftime("%F %T %:z").to_string()
}

/// How far the clock was followed.
async fn watched(core: &Core) -> Result<Option<Timestamp>> {
    let document = core.store.get(Collection::Setting, &watched_id()).await?;
    let until = document.and_then(|document| document.get("watched_until")?.as_i64());
    Ok(until.and_then(|until| Timestamp::from_millisecond(until).ok()))
}

fn watched_id() -> ObjectId {
    ObjectId::parse(WATCHED).expect("the constant has 24 hexadecimal digits")
}

async fn store_watched(core: &Core, mut commit: Commit, until: Timestamp) -> Result<()> {
    let mut document = Document::new();
    document.insert("name".into(), Value::from("schedules"));
    document.insert("watched_until".into(), json!(until.as_millisecond()));
    watched_id().put_into(&mut document);
    commit.change(Change::Put(Collection::Setting, document));
    commit.commit(&*core.store).await
}

/// Notes how far the clock was followed. Where that fails, slots that ran are found
/// by their runs.
pub(super) async fn note_watched(core: &Core, until: Timestamp) {
    if let Err(error) = store_watched(core, Commit::new(), until).await {
        tracing::warn!(%error, "how far the clock was followed was not stored");
    }
}
