//! A push as the webhooks of a hundred stacks tell of it.
//!
//! Each delivery to a stack is stored before it is answered, and looked at together
//! with all others of the same branch: one fetch and one comparison of two commits
//! tell which stacks have something to deploy. Only for these a run begins. The
//! delivery says in the end which run it began, or that nothing of its stack
//! changed; until then its record is marked as open, and what a dead Core left open
//! is looked at by the next one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use varanus_proto::api::execute::stack::DeployStackIfChanged;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::resource_sync::ResourceSync;
use varanus_proto::entity::webhook::{WebhookDelivery, WebhookOutcome as Outcome};
use varanus_proto::{Error, Result};

use super::record::{self, Open};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::git::Place;
use crate::run::{self, Origin};
use crate::store::{Change, ObjectId};

/// How long a sender waits for what came of its delivery: git hosts give up after
/// five to ten seconds, and the delivery is stored already.
const ANSWER: Duration = Duration::from_secs(3);

/// What cannot be begun now is tried again so much later, as when no more runs may
/// wait.
const AGAIN: Duration = Duration::from_secs(5);

/// Deliveries that nobody has looked at yet.
#[derive(Default)]
pub struct Pushes(Mutex<State>);

#[derive(Default)]
struct State {
    /// By the branch of the stack; those that somebody looks at are in no list any
    /// more. A list that is there has its worker.
    open: BTreeMap<Option<Place>, Vec<Taken>>,
    /// The newest push to each branch: its commit, and when it was heard of first.
    heard: HashMap<Place, (String, i64)>,
    count: usize,
}

/// A stored delivery that is looked at.
struct Taken {
    open: Open,
    /// A fetch that began since then has the push in it.
    since: i64,
    /// Who waits for the answer.
    told: Option<oneshot::Sender<WebhookDelivery>>,
}

/// Deliveries that may be open at a time. A sender is told to come again then.
const MOST: usize = 10_000;

impl Pushes {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when a fetch has a push in it, and whether this is the first that is heard
    /// of it. All deliveries of one push say the same commit, and it was there before
    /// the first of them came.
    pub(super) fn heard(&self, place: &Place, commit: Option<&str>, at: i64) -> (i64, bool) {
        let Some(commit) = commit else { return (at, true) };
        let mut state = self.state();
        match state.heard.get(place) {
            Some((known, since)) if known == commit => (*since, false),
            _ => {
                state.heard.insert(place.clone(), (commit.to_owned(), at));
                (at, true)
            }
        }
    }

    fn check_room(&self) -> Result<()> {
        match self.state().count < MOST {
            true => Ok(()),
            false => Err(Error::unavailable(format!(
                "{MOST} deliveries are being looked at, which is all that Core keeps; send it again"
            ))),
        }
    }

    /// Whether a worker is to be begun for it.
    fn add(&self, place: Option<Place>, taken: Taken) -> bool {
        let mut state = self.state();
        state.count += 1;
        let is_new = !state.open.contains_key(&place);
        state.open.entry(place).or_default().push(taken);
        is_new
    }

    /// What came meanwhile. Where that is nothing, and nothing else is left to do, the
    /// worker ends.
    fn next(&self, place: &Option<Place>, left: usize) -> Vec<Taken> {
        let mut state = self.state();
        let more = state.open.get_mut(place).map(std::mem::take).unwrap_or_default();
        if more.is_empty() && left == 0 {
            state.open.remove(place);
        }
        more
    }

    fn done(&self, count: usize) {
        let mut state = self.state();
        state.count = state.count.saturating_sub(count);
    }
}

/// Takes a delivery to a stack: stores it, and answers with what came of it, or that
/// it is being looked at.
///
/// Errors: `Conflict` when it was received before.
pub(super) async fn take(
    core: &Arc<Core>,
    stack: &str,
    delivery: &WebhookDelivery,
) -> Result<WebhookDelivery> {
    core.pushes.check_room()?;
    let mut accepted = delivery.clone();
    accepted.outcome = Outcome::Ran;
    accepted.message = "accepted: whether files of the stack changed is being found out".into();
    let forget = record::forget_interrupted(core, &accepted).await?;
    let (open, change) = record::open(accepted.clone(), stack)?;
    let changes = forget.into_iter().chain([change]).collect();
    let (told, answer) = oneshot::channel();
    let known = {
        let core = core.clone();
        move |stored| {
            if stored {
                begin(&core, open, Some(told));
            }
        }
    };
    run::commit(core, changes, known).await?;
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(Ok(done)) => Ok(done),
        _ => Ok(accepted),
    }
}

/// What syncs of the same branch would do is found out anew, once for each push,
/// whatever it was that heard of it.
pub(super) fn look_at_syncs(
    core: &Arc<Core>,
    place: &Place,
    target: &ResourceTarget,
    delivery: &WebhookDelivery,
) {
    let (since, is_first) = core.pushes.heard(place, delivery.commit.as_deref(), delivery.ts);
    if !is_first {
        return;
    }
    let same = |sync: &ResourceSync| {
        // Its own delivery says what is to be done about it.
        let itself = matches!(target, ResourceTarget::ResourceSync(id) if sync.id.as_str() == id);
        let theirs = Place::of_sync(core, sync).ok().flatten();
        !itself && !sync.template && theirs.as_ref() == Some(place)
    };
    for sync in core.catalog.syncs.select(same) {
        crate::sync::refresh_since(core, sync.id.as_str(), since);
    }
}

/// Goes on with what an earlier process left open.
pub(super) async fn recover(core: &Arc<Core>) -> Result<()> {
    for open in record::all_open(core).await? {
        begin(core, open, None);
    }
    Ok(())
}

fn begin(core: &Arc<Core>, open: Open, told: Option<oneshot::Sender<WebhookDelivery>>) {
    let delivery = &open.delivery;
    let place = super::find::place(core, &delivery.target);
    let since = match &place {
        Some(place) => core.pushes.heard(place, delivery.commit.as_deref(), delivery.ts).0,
        None => delivery.ts,
    };
    if core.pushes.add(place.clone(), Taken { open, since, told }) {
        tokio::spawn(work(core.clone(), place));
    }
}

/// Looks at everything that waits of one branch, until nothing does.
async fn work(core: Arc<Core>, place: Option<Place>) {
    let mut left: Vec<Taken> = Vec::new();
    // What is stored and not done when Core stops is the next one's.
    while !core.repositories.is_stopped() {
        let more = core.pushes.next(&place, left.len());
        if more.is_empty() && left.is_empty() {
            return;
        }
        left.extend(more);
        left = look(&core, left).await;
        while !left.is_empty() && !core.repositories.is_stopped() {
            tokio::time::sleep(AGAIN).await;
            if let Ok(open) = record::all_open(&core).await {
                // A commit may have been taken by a store that went away before it
                // said so: what it closed is done.
                let open: HashSet<_> = open.into_iter().map(|open| open.delivery.id).collect();
                let before = left.len();
                left.retain(|taken| open.contains(&taken.open.delivery.id));
                core.pushes.done(before - left.len());
                break;
            }
        }
    }
}

/// Decides about all of them at once. Gives back what cannot be begun now.
async fn look(core: &Arc<Core>, taken: Vec<Taken>) -> Vec<Taken> {
    let since = taken.iter().map(|taken| taken.since).max().unwrap_or_else(now);
    let mut stacks: BTreeMap<String, Vec<Taken>> = BTreeMap::new();
    for taken in taken {
        stacks.entry(taken.open.stack.clone()).or_default().push(taken);
    }
    let ids: Vec<_> = stacks.keys().cloned().collect();
    let settled: HashSet<_> = crate::stack::settled(core, &ids, since).await.into_iter().collect();
    let (same, differ): (Vec<_>, Vec<_>) =
        stacks.into_iter().partition(|(id, _)| settled.contains(id));
    let same = same.into_iter().flat_map(|(_, taken)| taken).collect();
    let why = "nothing of this stack changed since its last deploy: nothing to do";
    let mut left = close(core, same, Outcome::Unchanged, why).await;
    for (stack, taken) in differ {
        left.extend(deploy(core, &stack, taken, since).await);
    }
    left
}

/// Notes that no run begins, and why, for all of them in one commit. Gives them back
/// where that cannot be kept now.
async fn close(core: &Core, mut taken: Vec<Taken>, outcome: Outcome, why: &str) -> Vec<Taken> {
    for taken in &mut taken {
        let delivery = &mut taken.open.delivery;
        delivery.outcome = outcome;
        delivery.message = why.to_owned();
        // An earlier look may have wanted to begin one.
        delivery.update_id = None;
    }
    let Ok(changes) = changes(&taken) else { return taken };
    if changes.is_empty() {
        return taken;
    }
    match core.store.commit(changes).await {
        Ok(()) => finish(core, taken),
        Err(error) => {
            tracing::warn!(%error, "what came of pushes was not kept; it is tried again");
            return taken;
        }
    }
    Vec::new()
}

/// Begins one run for the deliveries to one stack.
async fn deploy(core: &Arc<Core>, stack: &str, mut taken: Vec<Taken>, since: i64) -> Vec<Taken> {
    let id = ObjectId::generate();
    for taken in &mut taken {
        let delivery = &mut taken.open.delivery;
        let of = delivery.branch.as_ref().map(|branch| format!(" of {branch:?}"));
        delivery.outcome = Outcome::Ran;
        delivery.message = format!("a run was accepted for this push{}", of.unwrap_or_default());
        delivery.update_id = Some(id.to_string());
    }
    let Ok(changes) = changes(&taken) else { return taken };
    let request = DeployStackIfChanged { stack: stack.to_owned(), stop_time: None };
    let origin = Origin { id: Some(id), changes, fetched_since: Some(since), ..Origin::default() };
    let caller = Caller::from(ServiceUser::GitWebhook);
    let execution = Execution::DeployStackIfChanged(request);
    match run::submit(core, &caller, execution, origin).await {
        Ok(_) => finish(core, taken),
        Err(error) if error.kind().retry_helps() => {
            tracing::info!(stack, %error, "a push waits for its run to be accepted");
            return taken;
        }
        // As when the stack is gone by now.
        Err(error) => {
            return close(core, taken, Outcome::Refused, &format!("not accepted: {error}")).await;
        }
    }
    Vec::new()
}

fn changes(taken: &[Taken]) -> Result<Vec<Change>> {
    taken.iter().map(|taken| record::closed(&taken.open)).collect()
}

/// Tells those who wait for an answer.
fn finish(core: &Core, taken: Vec<Taken>) {
    core.pushes.done(taken.len());
    for Taken { open, told, .. } in taken {
        tracing::info!(
            path = open.delivery.path, outcome = %open.delivery.outcome,
            run = open.delivery.update_id, "a push was looked at"
        );
        if let Some(told) = told {
            let _ = told.send(open.delivery);
        }
    }
}
