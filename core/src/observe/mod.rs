//! What is really there: the state of servers, containers and stacks, as their
//! agents report it.
//!
//! Every server has a task of its own ([`poll`]), so that one that does not
//! answer holds up nobody. What was heard is kept while a server is away.

mod history;
mod poll;
mod services;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;
use varanus_proto::ErrorBody;
use varanus_proto::docker::container::ContainerListItem;
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::entity::schedule::Timelength;
use varanus_proto::entity::server::{PeripheryInformation, ServerState};
use varanus_proto::entity::stats::{SystemInformation, SystemStats};

pub use poll::start;
pub use services::{is_container_of, service_state, services, stack_state};

use crate::Core;

/// What was last heard of a server.
#[derive(Debug, Clone, Default)]
pub struct ServerStatus {
    /// Reachable or not.
    pub state: ServerState,
    /// Why it is not reachable.
    pub error: Option<ErrorBody>,
    /// Unix milliseconds of the last answer; 0 if there was none yet.
    pub at: i64,
    /// What the agent says of itself.
    pub agent: Option<PeripheryInformation>,
    /// What the agent says of its machine.
    pub system: Option<SystemInformation>,
    /// The machine's load.
    pub stats: Option<SystemStats>,
    /// Containers, networks, images, volumes and projects. Kept while the
    /// server is not reachable: it is what was last known.
    pub docker: Option<Arc<DockerLists>>,
}

impl ServerStatus {
    /// The containers, if they are known as they are now.
    pub fn containers(&self) -> Option<&[ContainerListItem]> {
        match (self.state, &self.docker) {
            (ServerState::Ok, Some(docker)) => Some(&docker.containers),
            _ => None,
        }
    }
}

/// What was last heard of each server.
#[derive(Default)]
pub struct Observed {
    servers: RwLock<HashMap<String, Arc<ServerStatus>>>,
    pokes: RwLock<HashMap<String, Arc<Notify>>>,
    history: history::History,
}

impl Observed {
    /// The status of a server, by id.
    pub fn server(&self, id: &str) -> Arc<ServerStatus> {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        servers.get(id).cloned().unwrap_or_default()
    }

    /// Notes what was heard.
    pub fn set(&self, id: &str, status: ServerStatus) {
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        servers.insert(id.to_owned(), Arc::new(status));
    }

    /// Forgets a server that was deleted.
    pub fn forget(&self, id: &str) {
        self.servers.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.pokes.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn poke_of(&self, id: &str) -> Arc<Notify> {
        let mut pokes = self.pokes.write().unwrap_or_else(PoisonError::into_inner);
        pokes.entry(id.to_owned()).or_default().clone()
    }
}

/// Looks at a server again at once: something was done there.
pub fn poke(core: &Core, server_id: &str) {
    core.observed.poke_of(server_id).notify_one();
}

/// The length of a wire name for a time, in milliseconds.
pub fn milliseconds(length: Timelength) -> i64 {
    let (number, unit) = length.as_str().split_once('-').unwrap_or(("1", "min"));
    let unit = match unit {
        "sec" => 1,
        "min" => 60,
        "hr" => 3600,
        "day" => 86_400,
        _ => 7 * 86_400,
    };
    number.parse::<i64>().unwrap_or(1) * unit * 1000
}
