//! Runs that an earlier process of Core left unfinished.
//!
//! Those that waited wait again. Those that had begun begin again under the same
//! id: whatever they ask of an agent has the same key as before, so that an agent
//! gives the result of what it has done already and does nothing twice. What
//! cannot go on ends as interrupted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::update::{Update, UpdateStatus};
use varanus_proto::{Context, Error, Result};

use super::engine::{INTERRUPTED, enlist};
use super::plan::{self, Plan};
use super::record::{self, RunRecord};
use super::{Run, error_log, simple_log};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::store::{Change, Collection, Filter, ObjectId, Query};

/// A run that Core does not survive so many times is not begun again.
const RESTARTS: u32 = 3;

struct Unfinished {
    update: Update,
    record: RunRecord,
    caller: Caller,
    plan: Plan,
}

/// Puts what was left unfinished into the queue again, or ends it.
pub async fn recover(core: &Arc<Core>) -> Result<()> {
    let mut records = records(core).await?;
    let mut changes = Vec::new();
    let mut going_on = Vec::new();
    for mut update in unfinished(core).await? {
        let record = records.remove(update.id.as_str());
        match record.ok_or_else(|| Error::failed("")).and_then(|record| again(core, record)) {
            Ok((record, caller, plan)) => {
                going_on.push(Unfinished { update, record, caller, plan });
            }
            Err(error) => {
                end(&mut update, error.message());
                changes.push(Change::Put(Collection::Update, record::document(&update)?));
                changes.extend(delete(update.id.as_str()));
            }
        }
    }
    // Records of runs that are complete, or that nobody knows.
    changes.extend(records.keys().filter_map(|id| delete(id)));
    // A part goes on with its whole or not at all; wholes were accepted first.
    going_on.sort_by_key(|run| (!run.record.begun, run.record.accepted_at));
    let mut known: HashSet<String> =
        going_on.iter().map(|run| run.update.id.as_str().to_owned()).collect();
    loop {
        let before = known.len();
        for run in &going_on {
            if run.record.parent.as_ref().is_some_and(|parent| !known.contains(parent)) {
                known.remove(run.update.id.as_str());
            }
        }
        if known.len() == before {
            break;
        }
    }
    let (going_on, alone): (Vec<_>, Vec<_>) =
        going_on.into_iter().partition(|run| known.contains(run.update.id.as_str()));
    for mut run in alone {
        end(&mut run.update, "the run it is a part of has ended");
        changes.push(Change::Put(Collection::Update, record::document(&run.update)?));
        changes.extend(delete(run.update.id.as_str()));
    }
    if !changes.is_empty() || !going_on.is_empty() {
        tracing::info!(ended = changes.len(), going_on = going_on.len(), "runs met a restart");
    }
    let mut ready = Vec::new();
    for mut run in going_on {
        prepare(&mut run);
        let Some(id) = ObjectId::parse(run.update.id.as_str()) else { continue };
        changes.push(Change::Put(Collection::Update, record::document(&run.update)?));
        changes.push(Change::Put(Collection::Run, record::run_document(&id, &run.record)?));
        ready.push(run);
    }
    // A store that goes away again right now is waited for, as one that is not there
    // yet: to write the same once more changes nothing.
    loop {
        let noted = core.store.commit(changes.clone()).await;
        if !super::try_again(&noted, "the start").await {
            noted.context("noting the runs that met the restart")?;
            break;
        }
    }
    let mut enlisted: HashMap<String, Arc<Run>> = HashMap::new();
    // Wholes first, so that their parts find them.
    ready.sort_by_key(|run| (!run.record.begun, run.record.accepted_at));
    for Unfinished { update, record, caller, plan } in ready {
        let parent = record.parent.as_ref().and_then(|parent| enlisted.get(parent)).cloned();
        let run = enlist(core, update, caller, record, plan, parent.as_ref());
        enlisted.insert(run.id.clone(), run);
    }
    Ok(())
}

async fn records(core: &Core) -> Result<HashMap<String, RunRecord>> {
    let mut records = HashMap::new();
    for document in core.store.load(Collection::Run).await? {
        let Some(id) = ObjectId::of(&document) else { continue };
        match serde_json::from_value(Value::Object(document)) {
            Ok(record) => {
                records.insert(id.as_str().to_owned(), record);
            }
            Err(error) => tracing::error!(run = id.as_str(), %error, "a run cannot be read"),
        }
    }
    Ok(records)
}

async fn unfinished(core: &Core) -> Result<Vec<Update>> {
    let filter = json!({ "status": { "$ne": UpdateStatus::Complete } });
    let query = Query::new(Filter::from_value(&filter)?);
    let mut updates = Vec::new();
    for document in core.store.find(Collection::Update, &query).await? {
        match serde_json::from_value::<Update>(Value::Object(document.clone())) {
            Ok(update) => updates.push(update),
            Err(error) => {
                tracing::error!(id = ?document.get("_id"), %error, "an unfinished update cannot be read");
            }
        }
    }
    Ok(updates)
}

/// Whether a run may begin again; the error says why not.
fn again(core: &Core, record: RunRecord) -> Result<(RunRecord, Caller, Plan)> {
    if record.resumed >= RESTARTS {
        return Err(Error::failed(format!("Core was restarted {RESTARTS} times while it ran")));
    }
    let is_cancel = matches!(
        record.execution,
        Execution::CancelProcedure(_)
            | Execution::CancelRepoBuild(_)
            | Execution::CancelBuild(_)
            | Execution::CancelAction(_)
    );
    if record.begun && is_cancel {
        return Err(Error::failed("what it was to end has met the restart too"));
    }
    if record.begun && matches!(record.execution, Execution::RunAction(_)) {
        return Err(Error::failed(
            "a script is not begun twice, since nobody knows how far it came",
        ));
    }
    let caller = match ServiceUser::find(&record.user) {
        Some(user) => Caller::from(user),
        None => Caller::new(
            core.catalog
                .users
                .get(&record.user)
                .filter(|user| user.enabled)
                .ok_or_else(|| Error::failed("the user who asked for it is gone"))?,
        ),
    };
    let plan = plan::plan(core, &caller, &record.execution)?;
    Ok((record, caller, plan))
}

fn prepare(run: &mut Unfinished) {
    run.update.status = UpdateStatus::Queued;
    if run.record.begun {
        run.record.resumed += 1;
        // What it logged comes again, with the rest.
        let text = "Core was restarted while this ran; it goes on".to_owned();
        run.update.logs = vec![simple_log("Restart of Core", text)];
    } else {
        // Who joined it while it waited may have known of a newer commit.
        run.record.fetched_since = Some(now());
    }
}

fn end(update: &mut Update, why: &str) {
    let text = match why.is_empty() {
        true => INTERRUPTED.to_owned(),
        false => format!("{INTERRUPTED}: {why}"),
    };
    update.logs.push(error_log("Interrupted", text));
    update.success = false;
    update.status = UpdateStatus::Complete;
    update.end_ts = Some(now());
}

fn delete(id: &str) -> Option<Change> {
    ObjectId::parse(id).map(|id| Change::Delete(Collection::Run, id))
}
