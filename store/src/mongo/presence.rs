//! Whether the server is there.
//!
//! A server that went away makes callers wait for nothing: as soon as one of
//! them waits longer than usual, the server is asked for a sign of life, and
//! without one every call fails at once until it is seen again. Nobody asks
//! while everything is well.
//!
//! Commits that were on their way when it went are looked up when it is back,
//! before anybody else reads or writes: so whoever was told "not confirmed" has
//! what is true in memory by then.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;
use varanus_proto::{Error, Kind, Result};

use super::{Inner, apply::Step, fault, sign::SIGN};
use crate::Stored;

/// How long a call may take before the server is asked for a sign of life.
const PATIENCE: Duration = Duration::from_millis(700);

/// How often it is looked for.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a commit that was on its way may still take once the server is back.
const GRACE: Duration = Duration::from_secs(1);

/// So many deadlines later a commit without an answer is looked up, though the server
/// is there. The server itself gives up a transaction after a minute.
const LOST: u32 = 4;

/// How long others wait for such commits.
const SETTLING: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Away {
    since: Instant,
    why: String,
}

pub(super) struct Presence {
    away: watch::Sender<Option<Away>>,
    /// Counts how often it came back.
    back: watch::Sender<u64>,
    /// Commits whose outcome is not known yet.
    on_their_way: watch::Sender<usize>,
    asking: AtomicBool,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            away: watch::Sender::new(None),
            back: watch::Sender::new(0),
            on_their_way: watch::Sender::new(0),
            asking: AtomicBool::new(false),
        }
    }
}

/// One commit on its way.
struct OnItsWay(Arc<Inner>);

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.0.presence.on_their_way.send_modify(|count| *count -= 1);
    }
}

impl Inner {
    fn away(&self) -> Option<Error> {
        let away = self.presence.away.borrow().clone()?;
        Some(
            Error::unavailable(format!(
                "the store is away: {} has not answered for {} s; nothing was changed. It is looked for all the time, \
                 and everything goes on when it is back: check that the server runs and that this host reaches it",
                self.description,
                away.since.elapsed().as_secs()
            ))
            .cause(away.why),
        )
    }

    /// Waits for a call as long as there is somebody to answer it.
    ///
    /// `commits` says that a call that gets no answer may have had an effect.
    pub(super) async fn within<T>(
        self: &Arc<Self>,
        commits: bool,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        if let Some(error) = self.away() {
            return Err(error);
        }
        let begun = Instant::now();
        let mut presence = self.presence.away.subscribe();
        tokio::pin!(work);
        let mut patience = PATIENCE;
        loop {
            tokio::select! {
                biased;
                result = &mut work => {
                    if let Err(error) = &result && error.kind() == Kind::Unavailable {
                        self.doubt(error.to_string());
                    }
                    return result;
                }
                // Nobody can note that it is back while its note is held.
                () = async { drop(presence.wait_for(Option::is_some).await) } => {
                    return Err(match self.away() {
                        Some(error) if !commits => error,
                        _ => Error::unavailable(format!(
                            "{} went away before it confirmed the change; whether it is stored is looked up when it is \
                             back: look then before you try again",
                            self.description
                        )),
                    });
                }
                () = tokio::time::sleep(patience) => {
                    if begun.elapsed() >= self.deadline {
                        return Err(Error::deadline(format!(
                            "{} did not answer within {:?}", self.description, self.deadline
                        )));
                    }
                    self.doubt(format!("no answer within {:?}", begun.elapsed()));
                    patience = SIGN.min(self.deadline.saturating_sub(begun.elapsed()));
                }
            }
        }
    }

    /// Asks for a sign of life, unless somebody does already.
    fn doubt(self: &Arc<Self>, why: String) {
        if self.presence.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut since = None;
            loop {
                let Some(inner) = inner.upgrade() else { return };
                match inner.signs.ask().await {
                    Ok(()) => {
                        if let Some(since) = since {
                            inner.returned(since).await;
                        }
                        inner.presence.asking.store(false, Ordering::Release);
                        return;
                    }
                    Err(error) if since.is_none() => {
                        let now = Instant::now();
                        since = Some(now);
                        tracing::warn!(
                            %error, why,
                            "{} is away; changes are refused until it is back, and runs wait for it",
                            inner.description
                        );
                        let away = Away { since: now, why: error.to_string() };
                        inner.presence.away.send_replace(Some(away));
                    }
                    Err(error) => tracing::debug!(%error, "{} is still away", inner.description),
                }
                drop(inner);
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    async fn returned(&self, since: Instant) {
        self.presence.back.send_modify(|times| *times += 1);
        let mut on_their_way = self.presence.on_their_way.subscribe();
        let settled = on_their_way.wait_for(|count| *count == 0);
        if tokio::time::timeout(SETTLING, settled).await.is_err() {
            tracing::warn!("{} has not said yet what came of some commits", self.description);
        }
        self.presence.away.send_replace(None);
        tracing::info!("{} is back after {:?}", self.description, since.elapsed());
    }

    /// Carries a commit out and tells what came of it, however long that takes to
    /// find out.
    pub(super) async fn commit_surely(
        self: &Arc<Self>,
        steps: &[Step],
        stored: Stored,
    ) -> Result<()> {
        self.presence.on_their_way.send_modify(|count| *count += 1);
        let _on_its_way = OnItsWay(self.clone());
        self.find_out(steps).await?;
        // Before anybody is let in again.
        stored();
        Ok(())
    }

    async fn find_out(self: &Arc<Self>, steps: &[Step]) -> Result<()> {
        // The server may be there for others, and this connection lost on the way.
        let lost = self.lost(GRACE, self.deadline * LOST);
        let attempt = tokio::select! {
            attempt = self.commit(steps) => attempt,
            lost = lost => Err(lost),
        };
        let error = match attempt {
            Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Deadline) => error,
            definite => return definite,
        };
        let mut failed = 0;
        loop {
            match tokio::time::timeout(SIGN, self.look_up(steps)).await {
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) => return Err(error),
                Ok(Err(second)) if !second.kind().retry_helps() || failed >= 5 => {
                    return Err(error.cause(second));
                }
                _ if self.presence.away.borrow().is_none() => {
                    self.doubt("a commit was not confirmed".to_owned());
                    failed += 1;
                }
                _ => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Goes on when what is asked for from now on will get no answer any more: so long
    /// after the server went away and came back, or when it does not answer within a limit.
    pub(super) fn lost(
        &self,
        grace: Duration,
        limit: Duration,
    ) -> impl Future<Output = Error> + use<> {
        let mut back = self.presence.back.subscribe();
        let description = self.description.clone();
        async move {
            match tokio::time::timeout(limit, back.changed()).await {
                Ok(_) => {
                    tokio::time::sleep(grace).await;
                    Error::unavailable(format!("{description} went away and came back"))
                }
                Err(_) => Error::deadline(format!("{description} did not answer within {limit:?}")),
            }
        }
    }

    async fn look_up(&self, steps: &[Step]) -> Result<bool> {
        self.settle().await?;
        self.in_place(steps).await.map_err(|error| fault::explain(&error, &self.description))
    }
}
