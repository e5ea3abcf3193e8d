//! Accepting, starting, completing, cancelling and recovering runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::entity::update::{Operation, Update, UpdateStatus};
use varanus_proto::{Context as _, Error, Kind, MongoId, Result};

use super::handle::Run;
use super::patience::{STORE_PAUSE, try_again};
use super::plan::{self, Plan};
use super::queue::{Full, Queue, Room, Ticket};
use super::record::{self, RunRecord};
use super::write::{commit, flush, store_begin};
use super::{error_log, perform, room};
use crate::Core;
use crate::auth::Caller;
use crate::config::CoreConfig;
use crate::core::{fault, now};
use crate::store::{Change, Collection, Filter, ObjectId, Order, Query};

/// What is said of a run that a restart ended.
pub const INTERRUPTED: &str = "interrupted by a restart of Core";

/// What is left at least to a run that a restart interrupted.
const SHORTEST: Duration = Duration::from_secs(10);

/// A run of `Duration::MAX` is limited by those it is a part of.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Where a run comes from, beside its caller.
#[derive(Default)]
pub struct Origin {
    /// The run it is a part of.
    pub parent: Option<Arc<Run>>,
    /// The id it is to have, where that must be known before.
    pub id: Option<ObjectId>,
    /// Since when a fetch of its repository is new enough; since its acceptance
    /// where nothing is said.
    pub fetched_since: Option<i64>,
    /// What becomes durable together with its acceptance: a delivery.
    pub changes: Vec<Change>,
}

struct Active {
    run: Arc<Run>,
    plan: Plan,
}

#[derive(Clone, Copy)]
struct Last {
    success: bool,
    begun_at: i64,
}

struct State {
    queue: Queue,
    active: HashMap<String, Active>,
    /// What came of the last complete run on a target.
    last: HashMap<ResourceTarget, Last>,
    stopping: bool,
}

/// Every run that is not complete.
pub struct Runs {
    state: Mutex<State>,
    log_limit: usize,
}

impl Runs {
    /// No runs yet.
    pub fn new(config: &CoreConfig) -> Self {
        let state = State {
            queue: Queue::new(config.max_parallel_runs.into()),
            active: HashMap::new(),
            last: HashMap::new(),
            stopping: false,
        };
        let log_limit = config.run_log_limit.bytes();
        Self { state: Mutex::new(state), log_limit }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of an id, if it is not complete.
    pub fn get(&self, id: &str) -> Option<Arc<Run>> {
        self.state().active.get(id).map(|active| active.run.clone())
    }

    /// What holds a resource at the moment. A run that shows as complete does
    /// not, though its end may still be on its way to the store.
    pub fn holder(&self, target: &ResourceTarget) -> Option<Operation> {
        let state = self.state();
        let active = state.active.get(state.queue.holder(target)?)?;
        let works = active.run.update().status != UpdateStatus::Complete;
        works.then_some(active.plan.operation)
    }

    /// Operations that are in progress on a target.
    pub fn working_on(&self, target: &ResourceTarget) -> Vec<Operation> {
        let state = self.state();
        let on_target = state.active.values().filter(|active| active.run.target == *target);
        on_target
            .filter(|active| active.run.update().status == UpdateStatus::InProgress)
            .map(|active| active.plan.operation)
            .collect()
    }

    /// Whether the last run on a target was a success: since Core started, or as
    /// `remember`ed.
    pub fn last_success(&self, target: &ResourceTarget) -> Option<bool> {
        self.state().last.get(target).map(|last| last.success)
    }

    /// When the last complete run on a target began, Unix milliseconds.
    pub fn last_begun(&self, target: &ResourceTarget) -> Option<i64> {
        self.state().last.get(target).map(|last| last.begun_at)
    }

    /// Reads what came of the latest stored run of an operation on a target.
    pub async fn remember(
        &self,
        core: &Core,
        target: &ResourceTarget,
        operation: Operation,
    ) -> Result<()> {
        let filter = Filter::from_value(&serde_json::json!({
            "target.type": target.kind(), "target.id": target.id(), "operation": operation,
        }))?;
        let query = Query::new(filter).sort("start_ts", Order::Desc).limit(1).exclude("logs");
        for document in core.store.find(Collection::Update, &query).await? {
            let success = document.get("success").and_then(serde_json::Value::as_bool);
            let begun_at = document.get("start_ts").and_then(serde_json::Value::as_i64);
            if let (Some(success), Some(begun_at)) = (success, begun_at) {
                self.state().last.insert(target.clone(), Last { success, begun_at });
            }
        }
        Ok(())
    }

    /// Runs on a target, in no order.
    pub fn on(&self, target: &ResourceTarget) -> Vec<Arc<Run>> {
        let state = self.state();
        let on_target = state.active.values().filter(|active| active.run.target == *target);
        on_target.map(|active| active.run.clone()).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.state().active.len()
    }

    /// What is full, if one more run may not wait.
    pub(super) fn full(
        &self,
        room: Room,
        person: &str,
        lock: Option<&ResourceTarget>,
    ) -> Option<Full> {
        self.state().queue.full(room, person, lock)
    }

    /// The runs that wait for a resource, in order.
    pub(super) fn waiting_for(&self, target: &ResourceTarget) -> Vec<Arc<Run>> {
        let state = self.state();
        let ids = state.queue.waiting_for(target);
        ids.filter_map(|id| state.active.get(id)).map(|active| active.run.clone()).collect()
    }

    /// Whether nothing waits or works.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins and completes no more runs. Those that are not complete go on after
    /// the next start.
    pub fn stop(&self) {
        self.state().stopping = true;
    }

    fn is_stopping(&self) -> bool {
        self.state().stopping
    }
}

/// Accepts a run: checks the caller's right, stores update and run in one
/// commit, and begins it as soon as its resource is free.
pub async fn submit(
    core: &Arc<Core>,
    caller: &Caller,
    execution: Execution,
    origin: Origin,
) -> Result<Update> {
    let plan = plan::plan(core, caller, &execution)?;
    if core.runs.is_stopping() {
        return Err(Error::unavailable("Core is stopping; try again when it is back"));
    }
    // What was accepted goes on: its parts find room.
    if origin.parent.is_none() {
        room::check(core, &plan, caller.id())?;
    }
    let id = origin.id.unwrap_or_else(ObjectId::generate);
    let mut update =
        record::new_update(caller.id(), plan.operation, plan.target.clone(), UpdateStatus::Queued);
    update.id = MongoId(id.as_str().to_owned());
    let record = RunRecord {
        execution,
        user: caller.id().to_owned(),
        parent: origin.parent.as_ref().map(|parent| parent.id.clone()),
        accepted_at: now(),
        fetched_since: origin.fetched_since,
        begun: false,
        resumed: 0,
        stages: Vec::new(),
    };
    let mut changes = vec![
        Change::Insert(Collection::Update, record::document(&update)?),
        Change::Insert(Collection::Run, record::run_document(&id, &record)?),
    ];
    changes.extend(origin.changes);
    let known = {
        let (core, caller, update) = (core.clone(), caller.clone(), update.clone());
        // What is stored is begun, also when nobody waits any more, or when the store said
        // so too late: then another delivery does not begin it.
        move |stored| {
            if stored {
                let run =
                    enlist(&core, update.clone(), caller, record, plan, origin.parent.as_ref());
                run.announce(&update);
                begin_ready(&core);
            }
        }
    };
    commit(core, changes, known)
        .await
        .context("the run could not be stored, so it was not begun")?;
    Ok(update)
}

/// Puts a run that is stored into the queue.
pub(super) fn enlist(
    core: &Arc<Core>,
    update: Update,
    caller: Caller,
    record: RunRecord,
    plan: Plan,
    parent: Option<&Arc<Run>>,
) -> Arc<Run> {
    // A part is for whoever the whole is for.
    let person = parent.map_or_else(|| record.user.clone(), |parent| parent.person.clone());
    let run = Run::new(update, caller, person, record, core.feed.clone(), core.runs.log_limit);
    if let Some(parent) = parent {
        // What ends the whole ends its parts.
        let (parent, part) = (parent.cancel.clone(), Arc::downgrade(&run));
        tokio::spawn(async move {
            parent.cancelled().await;
            if let Some(part) = part.upgrade() {
                part.cancel("the run it is a part of was ended");
            }
        });
    }
    {
        let mut state = core.runs.state();
        state.queue.push(Ticket {
            id: run.id.clone(),
            lock: plan.lock.clone(),
            works: plan.works,
            server: plan.server.clone(),
            person: run.person.clone(),
        });
        state.active.insert(run.id.clone(), Active { run: run.clone(), plan });
    }
    // A run that waits can be cancelled too.
    let (core, waiting) = (core.clone(), run.clone());
    tokio::spawn(async move {
        waiting.cancel.cancelled().await;
        // Whoever has begun is ended by its own task.
        let withdrawn = core.runs.state().queue.withdraw(&waiting.id);
        if withdrawn {
            let reason = waiting.cancel_reason().unwrap_or_else(|| "cancelled".into());
            complete(&core, &waiting, Err(Error::cancelled(reason))).await;
        }
    });
    run
}

/// Waits until a run is complete. The deadline is the run's own.
pub async fn wait(core: &Core, id: &str) -> Result<Update> {
    if let Some(run) = core.runs.get(id) {
        let mut done = run.done.subscribe();
        drop(run);
        if let Ok(update) = done.wait_for(Option::is_some).await
            && let Some(update) = update.clone()
        {
            return Ok(update);
        }
    }
    loop {
        let stored = super::read::stored(core, id).await;
        if !try_again(&stored, "a result").await {
            return stored;
        }
    }
}

/// Begins what may begin.
pub fn begin_ready(core: &Arc<Core>) {
    let ready: Vec<_> = {
        let mut state = core.runs.state();
        if state.stopping {
            return;
        }
        let ids = state.queue.begin();
        ids.iter()
            .filter_map(|id| state.active.get(id))
            .map(|active| (active.run.clone(), active.plan.deadline))
            .collect()
    };
    for (run, deadline) in ready {
        tokio::spawn(work(core.clone(), run, deadline));
    }
}

async fn work(core: Arc<Core>, run: Arc<Run>, deadline: Duration) {
    let update = run.update();
    // A restart of Core does not make the time longer.
    let gone = Duration::from_millis(u64::try_from(now() - update.start_ts).unwrap_or(0));
    let left = match run.is_resumed() {
        true => deadline.saturating_sub(gone).max(SHORTEST),
        false => deadline,
    };
    let ends = Instant::now() + left.min(LONGEST);
    let leaving = tokio::spawn({
        let (core, run) = (core.clone(), run.clone());
        async move {
            run.waits.cancelled().await;
            core.runs.state().queue.leave_place(&run.id);
            begin_ready(&core);
        }
    });
    let _leaving = AbortOnDrop(leaving.abort_handle());
    let doing = async {
        // From here on it may have an effect, and a restart must know.
        store_begin(&core, &run).await;
        run.announce(&run.begin());
        let flusher = tokio::spawn(flush(core.clone(), run.clone()));
        let _flusher = AbortOnDrop(flusher.abort_handle());
        let task = tokio::spawn(perform::perform(core.clone(), run.clone()));
        // Dropping what still works withdraws its requests from the agents.
        let _task = AbortOnDrop(task.abort_handle());
        task.await.unwrap_or_else(|panic| Err(fault(panic)))
    };
    let outcome = tokio::select! {
        outcome = doing => outcome,
        () = run.cancel.cancelled() => {
            let reason = run.cancel_reason().unwrap_or_else(|| "cancelled".into());
            Err(Error::cancelled(reason))
        }
        () = tokio::time::sleep_until(ends) => {
            let waited = run.waited_for().map(|what| format!(": it waited for {what}"));
            Err(Error::deadline(format!(
                "the run did not end within {}{}; give the resource a longer deadline \
                 (run_deadline_seconds), or all of them (run_deadlines)",
                spoken(deadline),
                waited.unwrap_or_default()
            )))
        }
    };
    // What the stop of Core broke is no result: the run goes on after the start.
    if core.runs.is_stopping() {
        return;
    }
    // Its parts end with it, and nobody waits any more for it to be cancelled.
    run.cancel.cancel();
    complete(&core, &run, outcome).await;
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Completes a run: the last commit of its life.
async fn complete(core: &Arc<Core>, run: &Arc<Run>, outcome: Result<()>) {
    // What was said before the end stands before the reason of the end.
    run.settle();
    let cancelled = outcome.as_ref().is_err_and(|error| error.kind() == Kind::Cancelled);
    if let Err(error) = outcome {
        // Where a stage has failed already, it is the reason.
        if !run.failed() || matches!(error.kind(), Kind::Deadline | Kind::Cancelled) {
            run.push(error_log("Task Error", error.to_string()));
        }
    }
    let update = run.complete();
    let id = ObjectId::parse(&run.id);
    if let (Ok(document), Some(id)) = (record::document(&update), id) {
        loop {
            let changes = vec![
                Change::Put(Collection::Update, document.clone()),
                Change::Delete(Collection::Run, id.clone()),
            ];
            match run.store(core, changes).await {
                Ok(()) => break,
                // The result waits in memory until the store is back; after a
                // restart the run counts as interrupted.
                Err(error) if error.kind().retry_helps() && !core.runs.is_stopping() => {
                    tracing::warn!(run = run.id, %error, "the result of a run cannot be stored yet");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(run = run.id, %error, "the result of a run was not stored");
                    break;
                }
            }
        }
    }
    {
        let mut state = core.runs.state();
        state.queue.end(&run.id);
        let active = state.active.remove(&run.id);
        let counts = active.is_some_and(|active| active.plan.tells_of_target());
        if counts && run.target.kind() != ResourceTargetVariant::System {
            let last = Last { success: update.success, begun_at: update.start_ts };
            state.last.insert(run.target.clone(), last);
        }
    }
    run.announce(&update);
    crate::alert::run_ended(core, run, &update, cancelled);
    run.done.send_replace(Some(update));
    begin_ready(core);
}

/// Whether a restart ended the run of an id.
pub async fn was_interrupted(core: &Core, id: &str) -> Result<bool> {
    if core.runs.get(id).is_some() {
        return Ok(false);
    }
    let update = super::read::stored(core, id).await?;
    Ok(update.logs.last().is_some_and(|log| log.stderr.starts_with(INTERRUPTED)))
}

fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 3600 && seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds >= 60 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
