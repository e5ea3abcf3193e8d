//! A store that takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use varanus_proto::{Error, Result};

use crate::Core;
use crate::store::{Change, Collection, Document, Filter, ObjectId, Query, Store, Stored};

/// How long a commit is held up.
pub const HELD: Duration = Duration::from_secs(1);

/// What becomes of the commits that are chosen.
#[derive(Clone, Copy, PartialEq)]
pub enum Fate {
    /// They are held up, and come to the store after what came of a run if that
    /// comes meanwhile.
    HeldUp,
    /// The first of them is not heard of in time.
    NotInTime,
}

struct SlowStore {
    store: Arc<dyn Store>,
    chosen: fn(&[Change]) -> bool,
    fate: Fate,
    passed: Arc<Notify>,
    met: Arc<AtomicUsize>,
}

/// How many commits have met their fate.
pub struct Met(Arc<AtomicUsize>);

impl Met {
    /// So many by now.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until one has.
    pub async fn one(&self) {
        let any = async {
            while self.count() == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(30), any).await.expect("such a commit is made");
    }
}

/// A Core with such a store.
pub async fn core(chosen: fn(&[Change]) -> bool, fate: Fate) -> ((TempDir, Arc<Core>), Met) {
    let met = Arc::new(AtomicUsize::new(0));
    let counted = met.clone();
    let core = super::core_behind(move |store| {
        Arc::new(SlowStore { store, chosen, fate, passed: Arc::default(), met: counted })
    });
    (core.await, Met(met))
}

/// The update that is stored with these changes, if one is.
pub fn update(changes: &[Change]) -> Option<&Document> {
    changes.iter().find_map(|change| match change {
        Change::Put(Collection::Update, update) | Change::Insert(Collection::Update, update) => {
            Some(update)
        }
        _ => None,
    })
}

#[async_trait]
impl Store for SlowStore {
    async fn get(&self, collection: Collection, id: &ObjectId) -> Result<Option<Document>> {
        self.store.get(collection, id).await
    }

    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>> {
        self.store.find(collection, query).await
    }

    async fn count(&self, collection: Collection, filter: &Filter) -> Result<u64> {
        self.store.count(collection, filter).await
    }

    async fn commit_then(&self, changes: Vec<Change>, stored: Stored) -> Result<()> {
        let first = || self.met.load(Ordering::SeqCst) == 0;
        if !(self.chosen)(&changes) || (self.fate == Fate::NotInTime && !first()) {
            let ends = update(&changes).is_some_and(|update| update["status"] == "Complete");
            let done = self.store.commit_then(changes, stored).await;
            if ends {
                self.passed.notify_waiters();
            }
            return done;
        }
        self.met.fetch_add(1, Ordering::SeqCst);
        if self.fate == Fate::NotInTime {
            return Err(Error::deadline("no answer came in time"));
        }
        let (store, passed) = (self.store.clone(), self.passed.clone());
        // Goes on when the caller stops waiting for it, as with every store.
        let committing = tokio::spawn(async move {
            let _ = timeout(HELD, passed.notified()).await;
            store.commit_then(changes, stored).await
        });
        committing.await.unwrap_or_else(|error| Err(Error::internal("a test failed").cause(error)))
    }

    async fn close(&self) {
        self.store.close().await;
    }

    fn describe(&self) -> String {
        self.store.describe()
    }
}
