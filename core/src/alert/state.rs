//! What is said of stacks: that their state changed, and nobody did it.
//!
//! What is compared is in memory alone: after a start of Core the first look is
//! where it begins. A change that a run made is no news for whoever asked for the
//! run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::stack::{Stack, StackState};

use crate::Core;

/// What stacks were doing when they were last looked at, by id.
#[derive(Default)]
pub(super) struct States(Mutex<HashMap<String, StackState>>);

impl States {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, StackState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was done to a resource: what it does now is where it begins.
    pub(super) fn forget(&self, target: &ResourceTarget) {
        if let ResourceTarget::Stack(id) = target {
            self.lock().remove(id);
        }
    }

    /// Notes what a stack is doing; what it did before, if that was another thing.
    fn note(&self, id: &str, state: StackState) -> Option<StackState> {
        match state {
            // Nothing is known now; what was known is compared with what comes.
            StackState::Unknown => None,
            StackState::Deploying => {
                self.lock().remove(id);
                None
            }
            state => self.lock().insert(id.to_owned(), state).filter(|before| *before != state),
        }
    }
}

/// A server was looked at: what its stacks are doing is compared with before.
/// `quiet` is for times in which nobody is called.
pub(super) async fn seen(core: &Arc<Core>, server_id: &str, quiet: bool) {
    let of_it = core.catalog.stacks.select(|stack: &Stack| stack.config.server_id == server_id);
    let server = core.catalog.servers.get(server_id);
    for stack in of_it {
        let id = stack.id.to_string();
        let target = ResourceTarget::Stack(id.clone());
        if core.runs.holder(&target).is_some() {
            core.alerts.states.forget(&target);
            continue;
        }
        let to = crate::stack::state(core, &stack);
        let Some(from) = core.alerts.states.note(&id, to) else { continue };
        if quiet || !stack.config.send_alerts {
            continue;
        }
        let data = AlertData::StackStateChange {
            id,
            name: stack.name.clone(),
            server_id: Some(server_id.to_owned()),
            server_name: server.as_deref().map(|server| server.name.clone()),
            swarm_id: None,
            swarm_name: None,
            from,
            to,
        };
        tracing::warn!(stack = stack.name, %from, %to, "a stack changed its state by itself");
        if let Err(error) = super::record(core, target, SeverityLevel::Warning, data).await {
            tracing::warn!(%error, "an alert could not be kept");
        }
    }
    let mut states = core.alerts.states.lock();
    if states.len() > core.catalog.stacks.len() {
        states.retain(|id, _| core.catalog.stacks.get(id).is_some());
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
            (S::Stopped, Some(S::Running)),
            (S::Unknown, None),
            (S::Stopped, None),
            (S::Unknown, None),
            (S::Down, Some(S::Stopped)),
            (S::Deploying, None),
            (S::Running, None),
        ] {
            assert_eq!(states.note("1", state), told, "{state}");
        }
        states.forget(&ResourceTarget::Stack("1".into()));
        assert_eq!(states.note("1", S::Down), None);
    }
}
