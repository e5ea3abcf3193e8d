//! What is really there: the state of servers, containers and stacks, as their
//! agents report it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use varanus_proto::ErrorBody;
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::entity::server::{PeripheryInformation, ServerState};
use varanus_proto::entity::stats::{SystemInformation, SystemStats};

use crate::Core;

/// What was last heard of a server.
#[derive(Debug, Clone, Default)]
pub struct ServerStatus {
    /// Reachable, not reachable, or disabled.
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

/// What was last heard of each server.
#[derive(Default)]
pub struct Observed {
    servers: RwLock<HashMap<String, Arc<ServerStatus>>>,
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
    }
}

/// Starts the watch over every server.
pub fn start(_core: &Arc<Core>) {}
