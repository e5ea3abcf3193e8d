//! One run while it waits and works: its update, its live log, its cancel.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::{Log, Update, UpdateStatus};

use super::audit::{error_log, simple_log};
use super::record::{self, Part, RunRecord};
use super::write::Writes;
use crate::auth::Caller;
use crate::core::now;
use crate::feed::{Event, Feed, Line};

/// Which stream a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Stream {
    Stdout,
    Stderr,
}

struct State {
    update: Update,
    /// What a restart of Core must know beside what it knew from the beginning.
    begun: bool,
    stages: Vec<Vec<Part>>,
    /// How many requests of each name were made.
    asked: HashMap<&'static str, u32>,
    /// Stages whose lines arrive while they run; the stage's final log replaces
    /// them.
    live: Vec<Log>,
    size: usize,
    dirty: bool,
    cancelled: Option<String>,
    /// What it waits for that is not its own doing.
    waits_for: Option<String>,
}

/// A run that is not complete. Cheap to pass as `&Run` or `Arc<Run>`.
pub struct Run {
    /// The id, which is that of its update.
    pub id: String,
    /// What it is about.
    pub target: ResourceTarget,
    /// Who asked for it.
    pub caller: Caller,
    /// The id of the user who asked for the whole that it is a part of.
    pub person: String,
    /// What is to be done, and for which run.
    pub record: RunRecord,
    /// Fires when the run is to end early.
    pub cancel: CancellationToken,
    /// Fires when it waits for a host that is away.
    pub(super) waits: CancellationToken,
    pub(super) writes: Writes,
    state: Mutex<State>,
    pub(super) done: watch::Sender<Option<Update>>,
    feed: Feed,
    log_limit: usize,
    /// When it was last told to do also what somebody asked for later; 0 for never
    /// (Unix milliseconds).
    joined: AtomicI64,
}

impl Run {
    pub(super) fn new(
        update: Update,
        caller: Caller,
        person: String,
        record: RunRecord,
        feed: Feed,
        log_limit: usize,
    ) -> Arc<Self> {
        let state = State {
            live: Vec::new(),
            size: 0,
            dirty: false,
            cancelled: None,
            waits_for: None,
            update: update.clone(),
            begun: record.begun,
            stages: record.stages.clone(),
            asked: HashMap::new(),
        };
        Arc::new(Self {
            id: update.id.as_str().to_owned(),
            target: update.target,
            caller,
            person,
            record,
            cancel: CancellationToken::new(),
            waits: CancellationToken::new(),
            writes: Writes::default(),
            state: Mutex::new(state),
            done: watch::channel(None).0,
            feed,
            log_limit,
            joined: AtomicI64::new(0),
        })
    }

    /// It does for somebody who asks now, too: what was fetched before does not do
    /// any more.
    pub(super) fn join(&self) {
        self.joined.fetch_max(now(), Ordering::SeqCst);
    }

    /// A fetch of its repository that began after this (Unix milliseconds) is new
    /// enough for all who asked for it.
    pub fn fetched_since(&self) -> i64 {
        self.record.fetched_since().max(self.joined.load(Ordering::SeqCst))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The update as it is now, with the lines of stages that still run.
    pub fn update(&self) -> Update {
        let state = self.state();
        let mut update = state.update.clone();
        update.logs.extend(state.live.iter().cloned());
        update
    }

    /// Whether Core was restarted after it had begun.
    pub fn is_resumed(&self) -> bool {
        self.record.resumed > 0
    }

    /// The key of the next request of a name to an agent: the same one after a
    /// restart, so that nothing is done twice.
    pub fn next_job(&self, request: &'static str) -> String {
        let mut state = self.state();
        let count = state.asked.entry(request).or_default();
        *count += 1;
        format!("{}-{request}-{count}", self.id)
    }

    /// Notes what it waits for, or that it has come: where its deadline ends it,
    /// a person is told.
    pub fn waits_for(&self, what: Option<String>) {
        self.state().waits_for = what;
    }

    pub(super) fn waited_for(&self) -> Option<String> {
        self.state().waits_for.clone()
    }

    /// It waits for a host that is away: others may have its place.
    pub fn leave_place(&self) {
        self.waits.cancel();
    }

    /// The record as it is to be stored now.
    pub(super) fn stored_record(&self) -> RunRecord {
        let state = self.state();
        RunRecord { begun: state.begun, stages: state.stages.clone(), ..self.record.clone() }
    }

    /// The parts of a stage, if it has begun.
    pub fn stage(&self, index: usize) -> Option<Vec<Part>> {
        self.state().stages.get(index).cloned()
    }

    /// Whether something holds for every part that was noted so far.
    pub(super) fn all_parts(&self, holds: impl Fn(&Part) -> bool) -> bool {
        self.state().stages.iter().flatten().all(holds)
    }

    /// Notes the parts of a stage.
    pub(super) fn set_stage(&self, index: usize, parts: Vec<Part>) {
        let mut state = self.state();
        if state.stages.len() <= index {
            state.stages.resize_with(index + 1, Vec::new);
        }
        state.stages[index] = parts;
    }

    /// Adds a line to a stage that is running.
    pub fn line(&self, stage: &str, stream: Stream, line: &str) {
        let ts = now();
        let mut state = self.state();
        if state.size > self.log_limit {
            return;
        }
        state.size += line.len() + 1;
        let full = state.size > self.log_limit;
        state.dirty = true;
        let at = match state.live.iter().rposition(|log| log.stage == stage) {
            Some(at) => at,
            None => {
                state.live.push(simple_log(stage, String::new()));
                state.live.len() - 1
            }
        };
        let log = &mut state.live[at];
        log.end_ts = ts;
        let text = match stream {
            Stream::Stdout => &mut log.stdout,
            Stream::Stderr => &mut log.stderr,
        };
        text.push_str(line);
        text.push('\n');
        if full {
            text.push_str("… the log is full; what comes after is left out\n");
        }
        drop(state);
        self.feed.send(Event::Line(Line {
            update_id: self.id.clone(),
            target: self.target.clone(),
            stage: stage.to_owned(),
            stream: match stream {
                Stream::Stdout => "stdout",
                Stream::Stderr => "stderr",
            },
            line: line.to_owned(),
            ts,
        }));
    }

    /// Adds the final log of a stage; its live lines make way for it.
    pub fn push(&self, log: Log) {
        let mut state = self.state();
        state.live.retain(|live| live.stage != log.stage);
        state.update.logs.push(log);
        state.dirty = true;
    }

    /// Makes the lines of stages that run the final logs of these stages.
    pub fn settle(&self) {
        let mut state = self.state();
        let live = std::mem::take(&mut state.live);
        state.update.logs.extend(live);
        state.dirty = true;
    }

    /// Adds final logs.
    pub fn extend(&self, logs: impl IntoIterator<Item = Log>) {
        for log in logs {
            self.push(log);
        }
    }

    /// Adds a successful stage with a text.
    pub fn info(&self, stage: &str, text: impl Into<String>) {
        self.push(simple_log(stage, text.into()));
    }

    /// Adds a failed stage with a text; the run will not be a success.
    pub fn error(&self, stage: &str, text: impl Into<String>) {
        self.push(error_log(stage, text.into()));
    }

    /// Whether a stage has failed so far.
    pub fn failed(&self) -> bool {
        self.state().update.logs.iter().any(|log| !log.success)
    }

    /// Changes what the update says beside its logs: commit, version, data.
    pub fn amend(&self, change: impl FnOnce(&mut Update)) {
        let mut state = self.state();
        change(&mut state.update);
        state.dirty = true;
    }

    /// Ends the run early; the reason is shown.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.state().cancelled.get_or_insert(reason.into());
        self.cancel.cancel();
    }

    pub(super) fn cancel_reason(&self) -> Option<String> {
        self.state().cancelled.clone()
    }

    /// The update if it has changed since this was last asked.
    pub(super) fn take_dirty(&self) -> Option<Update> {
        let mut state = self.state();
        std::mem::take(&mut state.dirty).then(|| {
            let mut update = state.update.clone();
            update.logs.extend(state.live.iter().cloned());
            update
        })
    }

    /// The update and the record as they will be once it has begun.
    pub(super) fn beginning(&self) -> (Update, RunRecord) {
        let mut update = self.state().update.clone();
        update.status = UpdateStatus::InProgress;
        (update, RunRecord { begun: true, ..self.stored_record() })
    }

    /// It has begun, and the store knows.
    pub(super) fn begin(&self) -> Update {
        let mut state = self.state();
        state.update.status = UpdateStatus::InProgress;
        state.begun = true;
        state.update.clone()
    }

    /// Completes the update: success is the success of every log.
    pub(super) fn complete(&self) -> Update {
        let mut state = self.state();
        let live = std::mem::take(&mut state.live);
        state.update.logs.extend(live);
        state.update.success = state.update.logs.iter().all(|log| log.success);
        state.update.status = UpdateStatus::Complete;
        state.update.end_ts = Some(now());
        state.dirty = false;
        state.update.clone()
    }

    pub(super) fn announce(&self, update: &Update) {
        let item = record::list_item(update, &self.caller.user.username);
        self.feed.send(Event::Update(Box::new(item)));
    }
}
