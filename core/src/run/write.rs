//! What is stored of a run, in order.
//!
//! A commit goes on when whoever asked for it goes away, and it may come to the
//! store after it was given up. So the writes of one run wait for each other:
//! what it was doing never replaces what came of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use varanus_proto::{Error, Result};

use super::patience::STORE_PAUSE;
use super::{Run, record};
use crate::Core;
use crate::store::{Change, Collection, ObjectId};

/// How often the log of a working run is stored.
const FLUSH: Duration = Duration::from_secs(2);

/// Whose turn it is to write.
pub(super) type Writes = Arc<Mutex<()>>;

impl Run {
    /// Stores changes after all that were to be stored of this run before.
    ///
    /// Errors: those of the store. What failed may still come to the store; the next
    /// write waits until that is known.
    pub(super) async fn store(&self, core: &Core, changes: Vec<Change>) -> Result<()> {
        let turn = self.writes.clone().lock_owned().await;
        commit(core, changes, move |_| drop(turn)).await
    }
}

/// Makes changes, and calls `known` once nothing more can come of it, with whether
/// they were made: when they are, or later than this returns, where the store may have
/// taken them and gone away before it said so.
///
/// Both also happen when whoever asked for it stops waiting.
///
/// Errors: those of the store.
pub async fn commit(
    core: &Core,
    changes: Vec<Change>,
    known: impl FnOnce(bool) + Send + 'static,
) -> Result<()> {
    let store = core.store.clone();
    let (told, answer) = oneshot::channel();
    tokio::spawn(async move {
        let (stored, was_stored) = oneshot::channel::<()>();
        let stored = Box::new(move || {
            let _ = stored.send(());
        });
        match store.commit_then(changes, stored).await {
            Ok(()) => {
                known(true);
                let _ = told.send(Ok(()));
            }
            Err(error) => {
                let _ = told.send(Err(error));
                // The store lets go of it when nothing more can come of the commit.
                known(was_stored.await.is_ok());
            }
        }
    });
    answer.await.unwrap_or_else(|_| Err(Error::internal("a commit failed")))
}

/// Stores that a run has begun, however long the store is away.
pub(super) async fn store_begin(core: &Arc<Core>, run: &Run) {
    let Some(id) = ObjectId::parse(&run.id) else { return };
    let (update, record) = run.beginning();
    let documents = record::document(&update)
        .and_then(|update| Ok((update, record::run_document(&id, &record)?)));
    let Ok((update, record)) = documents else { return };
    let changes =
        vec![Change::Put(Collection::Update, update), Change::Put(Collection::Run, record)];
    while let Err(error) = run.store(core, changes.clone()).await {
        tracing::warn!(run = run.id, %error, "a run waits for the store before it begins");
        tokio::time::sleep(STORE_PAUSE).await;
    }
}

/// Stores the log of a run that works, again and again.
pub(super) async fn flush(core: Arc<Core>, run: Arc<Run>) {
    loop {
        tokio::time::sleep(FLUSH).await;
        if let Some(update) = run.take_dirty()
            && let Ok(document) = record::document(&update)
            && let Err(error) =
                run.store(&core, vec![Change::Put(Collection::Update, document)]).await
        {
            tracing::warn!(run = run.id, %error, "the log of a run cannot be stored yet");
        }
    }
}
