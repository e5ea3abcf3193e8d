//! What is on this host, known at any time: a snapshot that follows the
//! engine's events.
//!
//! One task ([`follow`]) reads the engine; whoever asks gets the snapshot, and
//! whoever watches gets what changed. With nothing happening nothing is read,
//! but for a look at everything every few minutes. This room knows what is
//! there, and changes nothing.

mod follow;
mod seen;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::{Error, Result};

pub use self::seen::News;
use self::seen::Seen;
use crate::docker::{Docker, Sections};

/// How long somebody who asks waits for a look at docker.
const LOOK: Duration = Duration::from_secs(7);

/// Between two messages to somebody who watches.
const GATHER: Duration = Duration::from_millis(50);

/// Before a message that was not taken is sent again.
const AGAIN: Duration = Duration::from_millis(500);

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
        let seen = seen.borrow().clone().filter(|seen| seen.connected())?;
        Some(seen.lists(Sections::default()))
    }

    /// Whether docker answered when it was last asked.
    pub fn connected(&self) -> bool {
        self.seen.borrow().as_ref().is_some_and(|seen| seen.connected())
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
            Ok(_) => Ok(self.seen.borrow().as_ref().map_or(0, |seen| seen.version())),
            Err(_) => Err(Error::deadline(format!(
                "docker was not looked at within {} s",
                LOOK.as_secs()
            ))),
        }
    }

    /// Somebody wants to know what containers use: measures them in the
    /// background, unless that was done lately.
    pub fn want_measured(&self) {
        let Some(seen) = self.seen.borrow().clone().filter(|seen| seen.connected()) else { return };
        let new = seen.unmeasured();
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
    pub async fn tell(&self, tell: impl Fn(&News) -> bool) {
        let mut seen = self.seen.clone();
        let mut told: Option<Arc<Seen>> = None;
        let mut number = 0;
        loop {
            let now = seen.borrow_and_update().clone();
            let news = now.as_ref().and_then(|now| now.since(told.as_deref()));
            let heard = news.is_none_or(|news| {
                let heard = tell(&news.numbered(number));
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

#[cfg(test)]
mod tests;
