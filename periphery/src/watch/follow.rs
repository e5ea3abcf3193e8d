//! The one task that reads the engine: woken by its events, by people, and
//! rarely by the clock.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bollard::models::{EventMessage, EventMessageTypeEnum as Kind};
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::{Error, Result};

use super::{Ask, Seen};
use crate::docker::{Docker, Sections, explain};
use crate::work::now;

/// From an event to the look: events come in bunches.
const DEBOUNCE: Duration = Duration::from_millis(50);

/// Between two looks for events.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a look may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// How often a silent engine is asked whether it is there.
const ALIVE: Duration = Duration::from_secs(30);

/// So many of these later everything is looked at: the safety net.
const FULL: u32 = 10;

/// The pauses between attempts to hear events again.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

type Events = Pin<Box<dyn Stream<Item = Result<Sections>> + Send>>;

/// What is to be looked at, and when.
struct Due {
    sections: Sections,
    at: Instant,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Due {
    fn by(&mut self, sections: Sections, at: Instant) {
        self.at = if self.sections.any() { self.at.min(at) } else { at };
        self.sections = self.sections.and(sections);
    }
}

/// Watches until nobody holds the other end of `asks`.
pub(super) async fn follow(
    docker: Arc<Docker>,
    seen: watch::Sender<Option<Arc<Seen>>>,
    mut asks: mpsc::Receiver<Ask>,
) {
    let mut events: Option<Events> = None;
    let (mut pause, mut retry) = (RETRY.0, Instant::now());
    let mut due = Due { sections: Sections::default(), at: Instant::now(), waiting: Vec::new() };
    let mut looked = Instant::now();
    let mut alive = interval_at(Instant::now() + ALIVE, ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ticks = 0;
    loop {
        let mut broken = None;
        tokio::select! {
            event = next(&mut events), if events.is_some() => match event {
                Ok(sections) => {
                    due.by(sections, (Instant::now() + DEBOUNCE).max(looked + PAUSE));
                }
                Err(error) => {
                    broken = Some(error);
                    // It may have been the stream alone.
                    due.by(Sections::ALL, Instant::now());
                }
            },
            () = sleep_until(retry), if events.is_none() => {
                match subscribe(&docker).await {
                    Ok(stream) => events = Some(stream),
                    Err(error) => broken = Some(error),
                }
                due.by(Sections::ALL, Instant::now());
            }
            ask = asks.recv() => match ask {
                None => return,
                Some(Ask::Look(done)) => {
                    due.waiting.push(done);
                    due.by(Sections::ALL, Instant::now());
                }
                Some(Ask::Measured) => show_measured(&docker, &seen),
            },
            () = sleep_until(due.at), if due.sections.any() => {
                let sections = std::mem::take(&mut due.sections);
                match look(&docker, sections, &seen).await {
                    Ok(()) if events.is_some() => pause = RETRY.0,
                    Ok(()) => {}
                    Err(error) => {
                        away(&seen, &error);
                        broken = Some(error);
                    }
                }
                looked = Instant::now();
                for done in due.waiting.drain(..) {
                    let _ = done.send(());
                }
            }
            _ = alive.tick(), if events.is_some() => {
                ticks += 1;
                if ticks % FULL == 0 {
                    due.by(Sections::ALL, Instant::now());
                } else if let Err(error) = within(docker.ping()).await {
                    away(&seen, &error);
                    broken = Some(error);
                }
            }
        }
        if let Some(error) = broken {
            tracing::debug!(%error, "docker's events cannot be followed");
            events = None;
            docker.forget();
            retry = Instant::now() + pause;
            pause = (pause * 2).min(RETRY.1);
        }
    }
}

async fn next(events: &mut Option<Events>) -> Result<Sections> {
    let Some(events) = events else { return std::future::pending().await };
    let ended = || Error::unreachable("docker ended the stream of its events");
    events.next().await.unwrap_or_else(|| Err(ended()))
}

async fn within<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(DEADLINE, work).await.unwrap_or_else(|_| {
        Err(Error::deadline(format!("docker did not answer within {} s", DEADLINE.as_secs())))
    })
}

/// Events from now on. What happens while this is asked for is among them.
async fn subscribe(docker: &Docker) -> Result<Events> {
    let since = now();
    let since = format!("{}.{:03}", since / 1000, since % 1000);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    // Health checks make several events a second that change nothing; the engine
    // leaves out what is not named here.
    let filters = HashMap::from([
        ("type", words(&["container", "image", "network", "volume"])),
        (
            "event",
            words(&[
                "create",
                "start",
                "die",
                "stop",
                "kill",
                "oom",
                "pause",
                "unpause",
                "rename",
                "restart",
                "update",
                "destroy",
                "remove",
                "health_status",
                "connect",
                "disconnect",
                "mount",
                "unmount",
                "pull",
                "tag",
                "untag",
                "delete",
                "import",
                "load",
                "prune",
            ]),
        ),
    ]);
    let options = EventsOptionsBuilder::new().since(&since).filters(&filters).build();
    let api = within(docker.api()).await?;
    let events = api.events(Some(options));
    Ok(Box::pin(events.map(|event| event.map(|event| concerned(&event)).map_err(explain))))
}

/// What an event concerns.
fn concerned(event: &EventMessage) -> Sections {
    let (images, networks, volumes) = (
        event.typ == Some(Kind::IMAGE),
        event.typ == Some(Kind::NETWORK),
        event.typ == Some(Kind::VOLUME),
    );
    // Containers name the networks that they are connected to.
    let containers = event.typ == Some(Kind::CONTAINER) || networks;
    Sections { containers, images, networks, volumes }
}

async fn look(
    docker: &Docker,
    sections: Sections,
    seen: &watch::Sender<Option<Arc<Seen>>>,
) -> Result<()> {
    let earlier = seen.borrow().clone();
    let known = earlier.as_ref().is_some_and(|seen| seen.connected());
    let sections = if known { sections } else { Sections::ALL };
    let mut lists = earlier.as_ref().map(|seen| seen.lists(sections)).unwrap_or_default();
    within(docker.read(sections, &mut lists)).await?;
    if !known {
        tracing::info!(containers = lists.containers.len(), "docker is seen");
    }
    publish(seen, earlier.as_deref(), &lists)
}

fn publish(
    seen: &watch::Sender<Option<Arc<Seen>>>,
    earlier: Option<&Seen>,
    lists: &DockerLists,
) -> Result<()> {
    let now = Seen::new(lists, earlier)?;
    if now.since(earlier).is_some() {
        seen.send_replace(Some(Arc::new(now)));
    }
    Ok(())
}

fn show_measured(docker: &Docker, seen: &watch::Sender<Option<Arc<Seen>>>) {
    let Some(earlier) = seen.borrow().clone().filter(|seen| seen.connected()) else { return };
    let mut lists = earlier.lists(Sections::default());
    docker.show_measured(&mut lists.containers);
    if let Err(error) = publish(seen, Some(&earlier), &lists) {
        tracing::warn!(%error, "what containers use is not shown");
    }
}

fn away(seen: &watch::Sender<Option<Arc<Seen>>>, error: &Error) {
    let earlier = seen.borrow().clone();
    if earlier.as_ref().is_some_and(|earlier| !earlier.connected()) {
        return;
    }
    tracing::warn!(%error, "docker does not answer");
    seen.send_replace(Some(Arc::new(Seen::away(earlier.as_deref()))));
}
