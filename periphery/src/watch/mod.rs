//! What is on this host, known at any time: a snapshot that follows the
//! engine's events.
//!
//! One task ([`follow`]) reads the engine; whoever asks gets the snapshot, and
//! whoever watches gets what changed. With nothing happening nothing is read,
//! but for a look at everything every few minutes. This room knows what is
//! there, and changes nothing.

mod follow;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};
use varanus_proto::agent::state::StateNews;
use varanus_proto::docker::container::ContainerStateStatusEnum;
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::{Error, Result};

use crate::docker::{Docker, Sections};

/// How long somebody who asks waits for a look at docker.
const LOOK: Duration = Duration::from_secs(7);

/// Between two messages to somebody who watches.
const GATHER: Duration = Duration::from_millis(50);

/// Before a message that was not taken is sent again.
const AGAIN: Duration = Duration::from_millis(500);

/// What is on this host, as last seen. Sections that did not change are the same
/// value as before.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Whether docker answers; without it the sections are empty.
    pub connected: bool,
    version: u64,
    all: StateNews,
}

/// What the task is asked for.
enum Ask {
    /// Look at everything now.
    Look(oneshot::Sender<()>),
    /// Show what was measured.
    Measured,
}

/// What the task has: where it shows what it sees, and what it is asked for.
type Ends = (watch::Sender<Option<Arc<Seen>>>, mpsc::Receiver<Ask>);

/// The watch over docker on this host. It ends when this is dropped.
pub struct Watch {
    docker: Arc<Docker>,
    seen: watch::Receiver<Option<Arc<Seen>>>,
    asks: mpsc::Sender<Ask>,
    /// Until it starts.
    ends: Mutex<Option<Ends>>,
}

impl Watch {
    /// A watch that has not begun.
    pub fn new(docker: Arc<Docker>) -> Self {
        let (sender, seen) = watch::channel(None);
        let (asks, asked) = mpsc::channel(64);
        Self { docker, seen, asks, ends: Mutex::new(Some((sender, asked))) }
    }

    /// Starts to watch.
    pub fn start(&self) {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, asked)) = ends {
            tokio::spawn(follow::follow(self.docker.clone(), sender, asked));
        }
    }

    /// What is there; `None` while docker does not answer.
    pub async fn lists(&self) -> Option<DockerLists> {
        let mut seen = self.seen.clone();
        // Right after the start nothing was seen yet.
        let _ = timeout(LOOK, seen.wait_for(Option::is_some)).await;
        let seen = seen.borrow().clone().filter(|seen| seen.connected)?;
        Some(seen.lists(Sections::default()))
    }

    /// Whether docker answered when it was last asked.
    pub fn connected(&self) -> bool {
        self.seen.borrow().as_ref().is_some_and(|seen| seen.connected)
    }

    /// Looks at everything now, and says the version of what was seen.
    ///
    /// Errors: `Deadline`.
    pub async fn refresh(&self) -> Result<u64> {
        let (done, looked) = oneshot::channel();
        let look = async {
            let _ = self.asks.send(Ask::Look(done)).await;
            looked.await
        };
        match timeout(LOOK, look).await {
            Ok(_) => Ok(self.seen.borrow().as_ref().map_or(0, |seen| seen.version)),
            Err(_) => Err(Error::deadline(format!(
                "docker was not looked at within {} s",
                LOOK.as_secs()
            ))),
        }
    }

    /// Somebody wants to know what containers use: measures them in the
    /// background, unless that was done lately.
    pub fn want_measured(&self) {
        let Some(seen) = self.seen.borrow().clone().filter(|seen| seen.connected) else { return };
        let new = seen.all.containers.iter().flat_map(|all| all.iter()).any(|container| {
            container.state == ContainerStateStatusEnum::Running && container.stats.is_none()
        });
        let (docker, asks) = (self.docker.clone(), self.asks.clone());
        tokio::spawn(async move {
            match docker.measure(new).await {
                Ok(true) => drop(asks.send(Ask::Measured).await),
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "containers cannot be measured"),
            }
        });
    }

    /// Tells everything, and then what changes, for as long as the future lives.
    /// `tell` says whether it was heard; what was not is told again.
    pub async fn tell(&self, tell: impl Fn(&StateNews) -> bool) {
        let mut seen = self.seen.clone();
        let mut told: Option<Arc<Seen>> = None;
        let mut number = 0;
        loop {
            let now = seen.borrow_and_update().clone();
            let news = now.as_ref().and_then(|now| now.since(told.as_deref()));
            let heard = news.is_none_or(|news| {
                let heard = tell(&StateNews { number, ..news });
                number += u64::from(heard);
                heard
            });
            match heard {
                true => {
                    told = now;
                    if seen.changed().await.is_err() {
                        return;
                    }
                    sleep(GATHER).await;
                }
                false => sleep(AGAIN).await,
            }
        }
    }
}

impl Seen {
    /// As lists, without the sections that are read anew.
    fn lists(&self, anew: Sections) -> DockerLists {
        fn plain<T: Clone>(anew: bool, section: &Option<Arc<Vec<T>>>) -> Vec<T> {
            section.as_deref().filter(|_| !anew).cloned().unwrap_or_default()
        }
        DockerLists {
            containers: plain(anew.containers, &self.all.containers),
            networks: plain(anew.networks, &self.all.networks),
            images: plain(anew.images, &self.all.images),
            volumes: plain(anew.volumes, &self.all.volumes),
            projects: plain(anew.any(), &self.all.projects),
        }
    }

    /// What lists say, with the sections of an earlier look where they are equal.
    fn from(lists: DockerLists, earlier: Option<&Self>) -> Self {
        fn same<T: PartialEq>(
            new: Vec<T>,
            old: Option<&Option<Arc<Vec<T>>>>,
        ) -> Option<Arc<Vec<T>>> {
            match old {
                Some(Some(old)) if **old == new => Some(old.clone()),
                _ => Some(Arc::new(new)),
            }
        }
        let old = earlier.map(|earlier| &earlier.all);
        let all = StateNews {
            number: 0,
            version: 0,
            docker_connected: true,
            containers: same(lists.containers, old.map(|old| &old.containers)),
            networks: same(lists.networks, old.map(|old| &old.networks)),
            images: same(lists.images, old.map(|old| &old.images)),
            volumes: same(lists.volumes, old.map(|old| &old.volumes)),
            projects: same(lists.projects, old.map(|old| &old.projects)),
        };
        let version = earlier.map_or(1, |earlier| earlier.version + 1);
        Self { connected: true, version, all }
    }

    /// What is new since an earlier look; `None` where nothing is.
    fn since(&self, earlier: Option<&Self>) -> Option<StateNews> {
        fn new<T>(
            now: &Option<Arc<Vec<T>>>,
            old: Option<&Option<Arc<Vec<T>>>>,
            any: &mut bool,
        ) -> Option<Arc<Vec<T>>> {
            let same = match (now, old) {
                (Some(now), Some(Some(old))) => Arc::ptr_eq(now, old),
                (None, _) => true,
                _ => false,
            };
            *any |= !same;
            now.clone().filter(|_| !same)
        }
        let old = earlier.map(|earlier| &earlier.all);
        let mut any = earlier.is_none_or(|earlier| earlier.connected != self.connected);
        let news = StateNews {
            number: 0,
            version: self.version,
            docker_connected: self.connected,
            containers: new(&self.all.containers, old.map(|old| &old.containers), &mut any),
            networks: new(&self.all.networks, old.map(|old| &old.networks), &mut any),
            images: new(&self.all.images, old.map(|old| &old.images), &mut any),
            volumes: new(&self.all.volumes, old.map(|old| &old.volumes), &mut any),
            projects: new(&self.all.projects, old.map(|old| &old.projects), &mut any),
        };
        any.then_some(news)
    }
}

#[cfg(test)]
mod tests;
