//! The watch over servers: a task each, woken by the clock and by pokes.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};
use varanus_proto::agent::poll::{PollStatus, PollStatusResponse};
use varanus_proto::agent::state::RefreshState;
use varanus_proto::entity::server::{Server, ServerState};
use varanus_proto::entity::stats::SystemStats;
use varanus_proto::{Error, Kind};

use super::{Watched, history, time_of};
use crate::Core;
use crate::agent::Ask;
use crate::alert::Moment;
use crate::core::now;

/// How long an agent may take to tell its state.
const DEADLINE: Duration = Duration::from_secs(10);

/// The same for what it knows without asking docker.
const SMALL: Duration = Duration::from_secs(6);

/// How long the news of what an agent saw may take, after it answered that it
/// looked.
const NEWS: Duration = Duration::from_secs(1);

/// How soon after a look the next may follow, however often it is poked.
const PAUSE: Duration = Duration::from_millis(500);

/// When a server that did not answer is looked at again: first, and later.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(15));

/// Starts the watch over every server.
pub fn start(core: &Arc<Core>) {
    history::start(core);
    for (id, _) in core.catalog.servers.entries() {
        follow(core, &id);
    }
}

/// Starts the watch over a server that is new; a watch that is there looks at
/// once, for the server's settings may have changed.
pub fn follow(core: &Arc<Core>, id: &str) {
    match core.observed.begin(id) {
        Some(watched) => drop(tokio::spawn(watch(Arc::downgrade(core), id.to_owned(), watched))),
        None => super::poke(core, id),
    }
}

async fn watch(core: Weak<Core>, id: String, watched: Arc<Watched>) {
    let Some(interval) = core.upgrade().map(|core| core.config.monitoring_interval.duration())
    else {
        return;
    };
    let mut failures = 0;
    let mut next = Instant::now() + offset(&id, interval.min(AGAIN.1));
    let mut hurry = false;
    loop {
        let on_the_clock = !hurry
            && tokio::select! {
                () = sleep_until(next) => true,
                () = watched.poke.notified() => false,
                () = watched.hurry.notified() => false,
            };
        let Some(core) = core.upgrade() else { return };
        let server = core.catalog.servers.get(&id);
        let (began, began_at) = (now(), Instant::now());
        let mut fresh = false;
        let found = match &server {
            Some(server) if server.config.enabled => {
                let found;
                (found, fresh) = look(&core, &id, server, &watched, on_the_clock).await;
                found
            }
            Some(_) => {
                disabled(&core, &id);
                true
            }
            None => true,
        };
        watched.looked.send_replace(Some(began_at));
        crate::alert::server_seen(&core, &id, Moment { began, fresh }).await;
        if server.is_none() {
            return;
        }
        drop(core);
        failures = if found { 0 } else { failures + 1 };
        let wait = match failures {
            0 => interval,
            1 => interval.min(AGAIN.0),
            _ => interval.min(AGAIN.1),
        };
        if on_the_clock || failures > 0 {
            next = Instant::now() + wait;
        }
        hurry = timeout(PAUSE, watched.hurry.notified()).await.is_ok();
    }
}

/// A part of the interval that is a server's own, so that a thousand are not
/// looked at in the same moment. Whoever connects is looked at at once anyway.
fn offset(id: &str, interval: Duration) -> Duration {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(id);
    interval.mul_f64((hash % 1000) as f64 / 1000.0)
}

fn disabled(core: &Core, id: &str) {
    core.observed.note(id, |status| {
        status.state = ServerState::NotOk;
        status.error = None;
    });
}

/// Looks at a server, and says whether it answered, and whether what is known of
/// its containers is as new as this look.
async fn look(
    core: &Arc<Core>,
    id: &str,
    server: &Server,
    watched: &Watched,
    on_the_clock: bool,
) -> (bool, bool) {
    // Whoever tells by itself what changes need not be asked for it; but after
    // something was done there, nobody should wait for the news.
    let told = core.observed.server(id).stream.is_some();
    let viewed = watched.is_viewed();
    let request =
        PollStatus { include_stats: server.config.stats_monitoring, include_docker: !told };
    let deadline = if told { SMALL } else { DEADLINE };
    let ask = Ask { deadline: Some(deadline), probe: true, ..Ask::default() };
    let answer = core.agents.request(id, request, ask).await;
    let mut fresh = answer.is_ok() && !told;
    if answer.is_ok() && told && (viewed || !on_the_clock) {
        let request = RefreshState { stats: viewed };
        let ask = Ask { deadline: Some(DEADLINE), probe: true, ..Ask::default() };
        match core.agents.request(id, request, ask).await {
            Ok(answer) => fresh = told_of(core, id, watched, answer.version).await,
            Err(error) => tracing::debug!(server = id, %error, "the agent did not look again"),
        }
    }
    // It may have been deleted while it was asked.
    if core.catalog.servers.get(id).is_none() {
        return (true, false);
    }
    match answer {
        Ok(answer) => {
            heard(core, id, server, answer, on_the_clock);
            (true, fresh)
        }
        Err(error) => {
            away(core, id, &server.name, &error);
            (false, false)
        }
    }
}

/// Waits until the agent told what it saw; the news of it may come after the
/// answer to the one who asked. Says whether it did, in time.
async fn told_of(core: &Core, id: &str, watched: &Watched, version: u64) -> bool {
    let Some(stream) = core.observed.server(id).stream else { return false };
    let mut told = watched.told.subscribe();
    let is_there = told.wait_for(|(of, told)| *of != stream || *told >= version);
    matches!(timeout(NEWS, is_there).await, Ok(Ok(told)) if told.0 == stream)
}

fn heard(
    core: &Arc<Core>,
    id: &str,
    server: &Server,
    answer: PollStatusResponse,
    on_the_clock: bool,
) {
    let PollStatusResponse { periphery_info, system_info, system_stats, docker } = answer;
    let stats = system_stats.map(|stats| without_ignored(server, stats));
    let kept = stats.clone().filter(|_| on_the_clock);
    core.agents.set_away(id, None);
    core.observed.note(id, |status| {
        status.state = ServerState::Ok;
        status.error = None;
        status.at = now();
        status.agent = Some(periphery_info);
        status.system = Some(system_info);
        status.stats = stats;
        // What was told meanwhile is newer.
        if status.stream.is_none() {
            status.docker = docker.map(Arc::new);
        }
    });
    if let Some(stats) = kept {
        history::keep(core, id, &stats);
    }
}

fn away(core: &Core, id: &str, name: &str, error: &Error) {
    if core.observed.server(id).state == ServerState::Ok {
        tracing::warn!(server = name, %error, "a server does not answer any more");
    }
    core.observed.note(id, |status| {
        status.state = ServerState::NotOk;
        status.error = Some(error.body());
    });
    // Others need not wait for what this look has waited for.
    if matches!(error.kind(), Kind::Unreachable | Kind::Deadline) {
        let since = time_of(core.observed.server(id).since);
        let text = format!(
            "server {name:?} is unreachable since {since}; Core tries again by itself ({error})"
        );
        core.agents.set_away(id, Some(text));
    }
}

/// Leaves out what docker mounts itself, and what the server's configuration
/// names (Komodo 2.3: by the beginning of the path).
fn without_ignored(server: &Server, mut stats: SystemStats) -> SystemStats {
    let ignored = &server.config.ignore_mounts.0;
    stats.disks.retain(|disk| {
        !disk.mount.starts_with("/var/lib/docker/volumes")
            && !ignored.iter().any(|prefix| disk.mount.starts_with(prefix.as_str()))
    });
    stats
}
