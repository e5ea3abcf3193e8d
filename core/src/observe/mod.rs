//! What is really there: the state of servers, containers and stacks, as their
//! agents report it.
//!
//! Every server has a task of its own ([`poll`]), so that one that does not
//! answer holds up nobody. Agents that can tell changes as they happen ([`push`]);
//! then the task asks for little. What was heard is kept while a server is away.
//! This room must not know what follows from a state: that is `alert`'s.

mod history;
mod poll;
mod push;
mod services;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};
use varanus_proto::ErrorBody;
use varanus_proto::docker::container::ContainerListItem;
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::entity::schedule::Timelength;
use varanus_proto::entity::server::{PeripheryInformation, ServerState};
use varanus_proto::entity::stats::{SystemInformation, SystemStats};

pub use poll::{follow, start};
pub use push::listen;
pub use services::{is_container_of, service_state, services, stack_state};

use crate::Core;
use crate::core::now;

/// How long somebody who looked at containers is taken to look still.
const VIEWED: i64 = 60_000;

/// How long somebody who has done something on a server waits for a look at what
/// came of it.
const LOOK: Duration = Duration::from_secs(2);

/// What was last heard of a server.
#[derive(Debug, Clone, Default)]
pub struct ServerStatus {
    /// Reachable or not.
    pub state: ServerState,
    /// Unix milliseconds since when it is in this state, as far as this Core has
    /// seen; 0 before the first look.
    pub since: i64,
    /// Whether it was reachable since this Core started.
    pub was_ok: bool,
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
    /// The stream on which the agent tells what changes, while there is one.
    pub stream: Option<u64>,
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

/// A server's watch, for those who wake it.
struct Watched {
    poke: Notify,
    /// The same, by those who wait for the look.
    hurry: Notify,
    /// When the last look that ended had begun.
    looked: watch::Sender<Option<Instant>>,
    /// The stream on which the agent tells what changes, and the version of what
    /// it told last.
    told: watch::Sender<(u64, u64)>,
    /// When somebody last looked at its containers.
    viewed: AtomicI64,
}

/// What was last heard of each server.
#[derive(Default)]
pub struct Observed {
    servers: RwLock<HashMap<String, Arc<ServerStatus>>>,
    watched: RwLock<HashMap<String, Arc<Watched>>>,
    streams: AtomicU64,
    history: history::History,
}

impl Observed {
    /// The status of a server, by id.
    pub fn server(&self, id: &str) -> Arc<ServerStatus> {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        servers.get(id).cloned().unwrap_or_default()
    }

    /// Notes what was heard. What the server's state was before decides since
    /// when it is in it.
    fn note(&self, id: &str, change: impl FnOnce(&mut ServerStatus)) {
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        let status = Arc::make_mut(servers.entry(id.to_owned()).or_default());
        let before = status.state;
        change(status);
        if status.since == 0 || status.state != before {
            status.since = now();
        }
        status.was_ok |= status.state == ServerState::Ok;
    }

    /// Forgets a server that was deleted.
    pub fn forget(&self, id: &str) {
        self.servers.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = watched.remove(id) {
            // Its watch finds out that it is gone.
            watched.poke.notify_one();
        }
    }

    /// Somebody looks at a server's containers: what they use is measured for as
    /// long as that goes on.
    pub fn viewed(&self, id: &str) {
        let Some(watched) = self.watched(id) else { return };
        if now() - watched.viewed.swap(now(), Ordering::Relaxed) > VIEWED {
            watched.poke.notify_one();
        }
    }

    fn watched(&self, id: &str) -> Option<Arc<Watched>> {
        self.watched.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// A new watch's place; `None` where there is one already.
    fn begin(&self, id: &str) -> Option<Arc<Watched>> {
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        if watched.contains_key(id) {
            return None;
        }
        Some(watched.entry(id.to_owned()).or_insert_with(|| Arc::new(Watched::new())).clone())
    }
}

impl Watched {
    fn new() -> Self {
        Self {
            poke: Notify::new(),
            hurry: Notify::new(),
            looked: watch::Sender::new(None),
            told: watch::Sender::new((0, 0)),
            viewed: AtomicI64::new(0),
        }
    }

    fn is_viewed(&self) -> bool {
        now() - self.viewed.load(Ordering::Relaxed) <= VIEWED
    }
}

/// Unix milliseconds as people read them.
pub fn time_of(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map(|time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default()
}

/// Looks at a server again at once: something was done there.
pub fn poke(core: &Core, server_id: &str) {
    if let Some(watched) = core.observed.watched(server_id) {
        watched.poke.notify_one();
    }
}

/// Looks at a server again at once, and waits for it, though not for long: whoever
/// asks after a run reads what the run has left.
pub async fn look_again(core: &Core, server_id: &str) {
    let Some(watched) = core.observed.watched(server_id) else { return };
    let asked = Instant::now();
    let mut looked = watched.looked.subscribe();
    watched.hurry.notify_one();
    let seen = looked.wait_for(|began| began.is_some_and(|began| began >= asked));
    if timeout(LOOK, seen).await.is_err() {
        tracing::debug!(server = server_id, "it was not looked at in time after a run");
    }
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
