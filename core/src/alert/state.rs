//! What is said of stacks and deployments: that their state changed, and nobody
//! did it.
//!
//! What is compared is in memory alone: after a start of Core the first look is
//! where it begins. A change that a run made is no news for whoever asked for the
//! run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::deployment::{Deployment, DeploymentState};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::stack::{Stack, StackState};

use crate::Core;
use crate::core::now;

/// What a look at a resource found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look<S> {
    /// Nothing is known now; what was known is compared with what comes.
    Unknown,
    /// It is being changed: what it does afterwards is where it begins.
    Changing,
    /// This is what it does.
    Does(S),
}

/// What resources of a kind were doing when they were last looked at, by id.
struct Known<S>(Mutex<HashMap<String, S>>);

impl<S> Default for Known<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Copy + PartialEq> Known<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was found: what it did before and does now, if that is another
    /// thing.
    fn note(&self, id: &str, look: Look<S>) -> Option<(S, S)> {
        match look {
            Look::Unknown => None,
            Look::Changing => {
                self.lock().remove(id);
                None
            }
            Look::Does(now) => {
                let before = self.lock().insert(id.to_owned(), now)?;
                (before != now).then_some((before, now))
            }
        }
    }

    /// Forgets what is there no more.
    fn keep(&self, most: usize, is_there: impl Fn(&str) -> bool) {
        let mut known = self.lock();
        if known.len() > most {
            known.retain(|id, _| is_there(id));
        }
    }
}

/// A look at a server: when it began, and whether its containers were asked for
/// anew. One that is told of changes may be behind them by a moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Unix milliseconds.
    pub began: i64,
    /// Whether what was seen is at least as new as that.
    pub fresh: bool,
}

/// After so long, in milliseconds, what is known of a server is newer than a run
/// that has ended, in any case.
const SETTLED: i64 = 60_000;

/// For so long, in milliseconds, what begins to run is the doing of a run that has
/// ended.
const JUST: i64 = 10_000;

/// What stacks and deployments were doing.
#[derive(Default)]
pub(super) struct States {
    stacks: Known<StackState>,
    deployments: Known<DeploymentState>,
    /// When the last run on a target ended, and whether it was looked at since.
    ended: Mutex<HashMap<ResourceTarget, (i64, bool)>>,
}

impl States {
    fn ended(&self) -> MutexGuard<'_, HashMap<ResourceTarget, (i64, bool)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was done to a resource: what it does now is where it begins, and
    /// what was seen before says nothing of that.
    fn forget(&self, target: &ResourceTarget, at: i64) {
        match target {
            ResourceTarget::Stack(id) => drop(self.stacks.lock().remove(id)),
            ResourceTarget::Deployment(id) => drop(self.deployments.lock().remove(id)),
            _ => return,
        }
        self.ended().insert(target.clone(), (at, false));
    }

    /// Whether a look saw what the last run on a target has left.
    fn settled(&self, target: &ResourceTarget, look: Moment) -> bool {
        let mut ended = self.ended();
        let Some((at, settled)) = ended.get_mut(target) else { return true };
        *settled |= (look.fresh && look.began >= *at) || look.began >= *at + SETTLED;
        *settled
    }

    /// Whether a run ended so short a while ago that what began to run is its doing:
    /// the news of it may have come after the look.
    fn just_ended(&self, target: &ResourceTarget, look: Moment) -> bool {
        self.ended().get(target).is_some_and(|(at, _)| look.began < *at + JUST)
    }
}

/// A run on a resource has ended: its server is looked at anew.
pub(super) fn run_ended(core: &Core, target: &ResourceTarget) {
    core.alerts.states.forget(target, now());
    let (catalog, id) = (&core.catalog, target.id());
    let server = match target {
        ResourceTarget::Stack(_) => catalog.stacks.get(id).map(|one| one.config.server_id.clone()),
        ResourceTarget::Deployment(_) => {
            catalog.deployments.get(id).map(|one| one.config.server_id.clone())
        }
        _ => None,
    };
    if let Some(server) = server {
        crate::observe::poke(core, &server);
    }
}

fn of_stack(state: StackState) -> Look<StackState> {
    match state {
        StackState::Unknown => Look::Unknown,
        StackState::Deploying => Look::Changing,
        state => Look::Does(state),
    }
}

fn of_deployment(state: DeploymentState) -> Look<DeploymentState> {
    match state {
        DeploymentState::Unknown => Look::Unknown,
        DeploymentState::Deploying => Look::Changing,
        state => Look::Does(state),
    }
}

/// A server was looked at: what its stacks and deployments are doing is compared
/// with before. `quiet` is for times in which nobody is called.
pub(super) async fn seen(core: &Arc<Core>, server_id: &str, look: Moment, quiet: bool) {
    let (states, catalog) = (&core.alerts.states, &core.catalog);
    let server_name = catalog.servers.get(server_id).map(|server| server.name.clone());
    let server_id = Some(server_id.to_owned());
    let of_it = |stack: &Stack| Some(&stack.config.server_id) == server_id.as_ref();
    for stack in catalog.stacks.select(of_it) {
        let (id, name) = (stack.id.to_string(), stack.name.clone());
        let target = ResourceTarget::Stack(id.clone());
        let news = News { known: &states.stacks, running: StackState::Running, target, look };
        let found = || of_stack(crate::stack::state(core, &stack));
        let wanted = !quiet && stack.config.send_alerts;
        let Some((from, to)) = news.after(core, found).filter(|_| wanted) else { continue };
        tracing::warn!(stack = name, %from, %to, "a stack changed its state by itself");
        let data = AlertData::StackStateChange {
            id,
            name,
            server_id: server_id.clone(),
            server_name: server_name.clone(),
            swarm_id: None,
            swarm_name: None,
            from,
            to,
        };
        record(core, news.target, data).await;
    }
    let of_it = |deployment: &Deployment| Some(&deployment.config.server_id) == server_id.as_ref();
    for deployment in catalog.deployments.select(of_it) {
        let (id, name) = (deployment.id.to_string(), deployment.name.clone());
        let target = ResourceTarget::Deployment(id.clone());
        let (known, running) = (&states.deployments, DeploymentState::Running);
        let news = News { known, running, target, look };
        let found = || of_deployment(crate::deployment::state(core, &deployment));
        let wanted = !quiet && deployment.config.send_alerts;
        let Some((from, to)) = news.after(core, found).filter(|_| wanted) else { continue };
        tracing::warn!(deployment = name, %from, %to, "a deployment changed its state by itself");
        let data = AlertData::ContainerStateChange {
            id,
            name,
            server_id: server_id.clone(),
            server_name: server_name.clone(),
            swarm_id: None,
            swarm_name: None,
            from,
            to,
        };
        record(core, news.target, data).await;
    }
    states.ended().retain(|_, (at, _)| *at + 2 * SETTLED > now());
    states.stacks.keep(catalog.stacks.len(), |id| catalog.stacks.get(id).is_some());
    states.deployments.keep(catalog.deployments.len(), |id| catalog.deployments.get(id).is_some());
}

/// What a look says about one resource.
struct News<'a, S> {
    known: &'a Known<S>,
    running: S,
    target: ResourceTarget,
    look: Moment,
}

impl<S: Copy + PartialEq> News<'_, S> {
    /// What it did before and does now, where nobody did that.
    fn after(&self, core: &Core, found: impl FnOnce() -> Look<S>) -> Option<(S, S)> {
        let (states, Self { target, look, .. }) = (&core.alerts.states, self);
        let busy = core.runs.holder(target).is_some() || !states.settled(target, *look);
        let found = if busy { Look::Changing } else { found() };
        let (from, to) = self.known.note(target.id(), found)?;
        let by_a_run = to == self.running && states.just_ended(target, *look);
        (!by_a_run).then_some((from, to))
    }
}

async fn record(core: &Arc<Core>, target: ResourceTarget, data: AlertData) {
    if let Err(error) = super::record(core, target, SeverityLevel::Warning, data).await {
        tracing::warn!(%error, "an alert could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StackState as S;

    #[test]
    fn a_change_is_told_once_and_only_where_both_states_are_known() {
        let states = States::default();
        for (state, told) in [
            (S::Running, None),
            (S::Running, None),
            (S::Stopped, Some((S::Running, S::Stopped))),
            (S::Unknown, None),
            (S::Stopped, None),
            (S::Unknown, None),
            (S::Down, Some((S::Stopped, S::Down))),
            (S::Deploying, None),
            (S::Running, None),
        ] {
            assert_eq!(states.stacks.note("1", of_stack(state)), told, "{state}");
        }
        states.forget(&ResourceTarget::Stack("1".into()), 0);
        assert_eq!(states.stacks.note("1", of_stack(S::Down)), None);
    }

    #[test]
    fn what_was_seen_before_a_run_ended_says_nothing_of_what_it_left() {
        let (states, stack) = (States::default(), ResourceTarget::Stack("1".into()));
        assert!(states.settled(&stack, Moment { began: 0, fresh: false }), "no run");
        states.forget(&stack, 1_000);
        let look = |began, fresh| Moment { began, fresh };
        assert!(!states.settled(&stack, look(999, true)), "it began before the end");
        assert!(!states.settled(&stack, look(1_500, false)), "what is told may be late");
        assert!(states.settled(&stack, look(1_500, true)));
        assert!(states.settled(&stack, look(1_600, false)), "and from then on all is told");
        assert!(states.just_ended(&stack, look(1_600, false)), "but that it runs");
        assert!(!states.just_ended(&stack, look(1_000 + JUST, false)));
        states.forget(&stack, 2_000);
        assert!(states.settled(&stack, look(2_000 + SETTLED, false)), "nothing stays unwatched");
    }

    #[test]
    fn a_deployment_is_not_taken_for_a_stack_of_the_same_id() {
        use DeploymentState as D;
        let states = States::default();
        assert_eq!(states.deployments.note("1", of_deployment(D::Running)), None);
        states.forget(&ResourceTarget::Stack("1".into()), 0);
        let changed = states.deployments.note("1", of_deployment(D::Exited));
        assert_eq!(changed, Some((D::Running, D::Exited)));
    }
}
