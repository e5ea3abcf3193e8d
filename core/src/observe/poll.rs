//! The watch over servers: a task each, woken by the clock and by pokes.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use varanus_proto::agent::poll::{PollStatus, PollStatusResponse};
use varanus_proto::entity::server::ServerState;
use varanus_proto::entity::stats::SystemStats;

use super::history;
use crate::Core;
use crate::agent::Ask;
use crate::core::now;

/// How long an agent may take to tell its state.
const DEADLINE: Duration = Duration::from_secs(10);

/// How soon after a look the next may follow, however often it is poked.
const PAUSE: Duration = Duration::from_millis(500);

/// How often servers that are new get a watch of their own.
const NEW_SERVERS: Duration = Duration::from_secs(1);

/// Starts the watch over every server, also over those that come later.
pub fn start(core: &Arc<Core>) {
    history::start(core);
    let core = Arc::downgrade(core);
    tokio::spawn(async move {
        let mut watched = HashSet::new();
        loop {
            {
                let Some(core) = core.upgrade() else { return };
                for (id, _) in core.catalog.servers.entries() {
                    if watched.insert(id.clone()) {
                        tokio::spawn(watch(Arc::downgrade(&core), id));
                    }
                }
                watched.retain(|id| core.catalog.servers.get(id).is_some());
            }
            tokio::time::sleep(NEW_SERVERS).await;
        }
    });
}

async fn watch(core: std::sync::Weak<Core>, id: String) {
    let Some(strong) = core.upgrade() else { return };
    let poke = strong.observed.poke_of(&id);
    let period = strong.config.monitoring_interval.duration();
    let mut clock = interval_at(Instant::now() + offset(&id, period), period);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    drop(strong);
    loop {
        let on_the_clock = tokio::select! {
            _ = clock.tick() => true,
            () = poke.notified() => false,
        };
        let Some(core) = core.upgrade() else { return };
        let Some(server) = core.catalog.servers.get(&id) else { return };
        if server.config.enabled {
            let stats = server.config.stats_monitoring;
            look(&core, &id, stats, on_the_clock).await;
        }
        drop(core);
        tokio::time::sleep(PAUSE).await;
    }
}

/// A part of the period that is a server's own, so that a thousand are not looked
/// at in the same moment. Whoever connects is looked at at once anyway.
fn offset(id: &str, period: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    period.mul_f64((hasher.finish() % 1000) as f64 / 1000.0)
}

async fn look(core: &Arc<Core>, id: &str, stats: bool, on_the_clock: bool) {
    let request = PollStatus { include_stats: stats, include_docker: true };
    let ask = Ask { deadline: Some(DEADLINE), ..Ask::default() };
    let answer = core.agents.request(id, request, ask).await;
    let mut status = (*core.observed.server(id)).clone();
    match answer {
        Ok(PollStatusResponse { periphery_info, system_info, system_stats, docker }) => {
            status.state = ServerState::Ok;
            status.error = None;
            status.at = now();
            status.agent = Some(periphery_info);
            status.system = Some(system_info);
            status.stats = system_stats.map(|stats| without_ignored(core, id, stats));
            status.docker = docker.map(Arc::new);
            if on_the_clock && let Some(stats) = &status.stats {
                history::keep(core, id, stats);
            }
        }
        Err(error) => {
            if status.state == ServerState::Ok {
                tracing::warn!(server = id, %error, "a server does not answer any more");
            }
            status.state = ServerState::NotOk;
            status.error = Some(error.body());
        }
    }
    // It may have been deleted while it was asked.
    if core.catalog.servers.get(id).is_some() {
        core.observed.set(id, status);
    }
}

/// Leaves out what docker mounts itself, and what the server's configuration
/// names (Komodo 2.3: by the beginning of the path).
fn without_ignored(core: &Core, id: &str, mut stats: SystemStats) -> SystemStats {
    let server = core.catalog.servers.get(id);
    let ignored = server.map(|server| server.config.ignore_mounts.0.clone()).unwrap_or_default();
    stats.disks.retain(|disk| {
        !disk.mount.starts_with("/var/lib/docker/volumes")
            && !ignored.iter().any(|prefix| disk.mount.starts_with(prefix.as_str()))
    });
    stats
}
