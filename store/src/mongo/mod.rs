//! The store in a MongoDB (or what speaks its protocol, like FerretDB), with the
//! names, shapes and indexes of Komodo, so that an existing database opens in
//! place and Komodo can go back to it.
//!
//! A commit of one change is one write. A commit of several is a transaction
//! where the server has them; elsewhere the [`journal`] makes it all or nothing.
//! Nothing here uses change streams, collations or client-level bulk writes,
//! because not every server has them. This folder knows the driver and nothing
//! of what the documents mean.

mod apply;
mod connect;
pub(crate) mod convert;
mod fault;
mod index;
mod journal;
mod presence;
pub(crate) mod raw;
mod sessions;
mod sign;
mod unique;

#[cfg(test)]
mod tests;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bson::doc;
use futures_util::TryStreamExt;
use mongodb::{Client, Database, options::ClientOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use varanus_proto::{Context, Error, Result};

use self::connect::{described, has_documents, probe};
use super::{
    Change, Collection, Document, Filter, MongoSettings, ObjectId, Order, Query, Store, Stored,
    with_ids,
};

/// How many connections the driver opens where the address says nothing else.
const POOL: usize = 10;

/// The name that Komodo once had for `ImageRegistryAccount`.
const LEGACY_REGISTRY: &str = "DockerRegistryAccount";

/// The store in a MongoDB.
pub struct MongoStore {
    inner: Arc<Inner>,
    closed: AtomicBool,
}

/// How a commit of several changes becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Atomicity {
    Transactions,
    Journal,
}

struct Inner {
    database: Database,
    atomicity: Atomicity,
    /// The image registry accounts are still under their old name.
    legacy_registry: bool,
    journal: journal::Journal,
    presence: presence::Presence,
    sessions: sessions::Sessions,
    signs: sign::Signs,
    /// One for each connection of the driver's pool, so that whoever waits for one waits
    /// here, and what has one is not cut off: the driver's own queue keeps those who went
    /// away, lets in one for each that asks, and so never gets shorter once it is long
    /// (3.9, `cmap/worker.rs`).
    places: Arc<Semaphore>,
    deadline: Duration,
    description: String,
}

impl MongoStore {
    /// Connects, finishes what a crash left unfinished, and makes missing indexes.
    ///
    /// Errors: `Unavailable` when no server answers or it refuses the login,
    /// `Invalid` when the address makes no sense.
    pub async fn open(settings: &MongoSettings, deadline: Duration) -> Result<Self> {
        Self::open_with(settings, deadline, None).await
    }

    async fn open_with(
        settings: &MongoSettings,
        deadline: Duration,
        atomicity: Option<Atomicity>,
    ) -> Result<Self> {
        let (options, description) = described(settings, deadline).await?;
        let place = description.clone();
        // Many round trips, the first of which waits for the server for a deadline of its own.
        let open = async {
            let mut inner = Inner::connect(options, description, settings, deadline).await?;
            raw::refuse_unfinished(&inner).await?;
            inner.end_sessions_left_open().await?;
            inner.atomicity = match atomicity {
                Some(atomicity) => atomicity,
                None => probe(&inner.database).await,
            };
            let Inner { atomicity, legacy_registry, description, .. } = &inner;
            tracing::debug!(?atomicity, legacy_registry, "opened {description}");
            index::ensure(&inner).await?;
            inner.replay().await?;
            Ok(Self { inner: Arc::new(inner), closed: AtomicBool::new(false) })
        };
        tokio::time::timeout(deadline * 3, open)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable(format!("{place} does not answer"))))
            .context("cannot open the store")
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.refuse_closed()?;
        self.inner.within(false, work).await
    }

    fn refuse_closed(&self) -> Result<()> {
        match self.closed.load(Ordering::Acquire) {
            true => Err(Error::unavailable("the store is closed")),
            false => Ok(()),
        }
    }
}

impl Inner {
    /// Reaches the server; servers that start together come up in any order.
    async fn reach(settings: &MongoSettings, deadline: Duration) -> Result<Self> {
        let (options, description) = described(settings, deadline).await?;
        Self::connect(options, description, settings, deadline).await
    }

    async fn connect(
        options: ClientOptions,
        description: String,
        settings: &MongoSettings,
        deadline: Duration,
    ) -> Result<Self> {
        let places = match options.max_pool_size {
            None => POOL,
            Some(0) => Semaphore::MAX_PERMITS,
            Some(size) => usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS),
        };
        let signs = sign::Signs::new(options.clone(), description.clone())?;
        let client =
            Client::with_options(options).map_err(|error| fault::explain(&error, &description))?;
        let database = client.database(&settings.db_name);
        let begun = Instant::now();
        while let Err(failure) = database.run_command(doc! { "ping": 1 }).await {
            let error = fault::explain(&failure, &description);
            if !fault::is_passing(&failure) || begun.elapsed() >= deadline * 2 {
                let seconds = begun.elapsed().as_secs();
                return Err(error.context(format!("waited {seconds} s for the store in vain")));
            }
            tracing::warn!(%error, "waiting for the store");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let has = async |name: &str| {
            has_documents(&database, name).await.map_err(|e| fault::explain(&e, &description))
        };
        let legacy_registry =
            has(LEGACY_REGISTRY).await? && !has(Collection::ImageRegistryAccount.name()).await?;
        Ok(Self {
            atomicity: Atomicity::Journal,
            legacy_registry,
            journal: journal::Journal::default(),
            presence: presence::Presence::default(),
            sessions: sessions::Sessions::default(),
            signs,
            places: Arc::new(Semaphore::new(places)),
            deadline,
            description,
            database,
        })
    }

    fn collection(&self, collection: Collection) -> mongodb::Collection<bson::Document> {
        let name = match collection {
            Collection::ImageRegistryAccount if self.legacy_registry => LEGACY_REGISTRY,
            collection => collection.name(),
        };
        self.database.collection(name)
    }

    /// Waits until a connection is free, in the order of those who ask.
    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        let place = self.places.clone().acquire_owned().await;
        place.map_err(|_| Error::unavailable("the store is closed"))
    }

    /// Reads in a task of its own, which ends by itself if its caller goes away.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let place = self.place().await?;
        let lost = self.lost(Duration::ZERO, self.deadline);
        let reading = tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                biased;
                result = work => result,
                lost = lost => Err(lost),
            }
        });
        reading.await.unwrap_or_else(|error| Err(Error::internal("a read failed").cause(error)))
    }

    fn explain(&self, error: &mongodb::error::Error) -> Error {
        fault::explain(error, &self.description)
    }

    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>> {
        self.settle().await?;
        let sort: bson::Document = query
            .sort
            .iter()
            .map(|(field, order)| {
                (field.clone(), bson::Bson::Int32(if *order == Order::Asc { 1 } else { -1 }))
            })
            .collect();
        let target = self.collection(collection);
        let mut find = target.find(convert::filter(&query.filter)).skip(query.skip);
        if !sort.is_empty() {
            find = find.sort(sort);
        }
        match query.limit {
            // To MongoDB a limit of zero is no limit.
            Some(0) => return Ok(Vec::new()),
            Some(limit) => find = find.limit(i64::try_from(limit).unwrap_or(i64::MAX)),
            None => {}
        }
        if !query.exclude.is_empty() {
            find = find.projection(
                query
                    .exclude
                    .iter()
                    .map(|path| (path.clone(), bson::Bson::Int32(0)))
                    .collect::<bson::Document>(),
            );
        }
        let cursor = find.await.map_err(|error| self.explain(&error))?;
        cursor.map_ok(convert::to_json).try_collect().await.map_err(|error| self.explain(&error))
    }

    async fn commit(&self, steps: &[apply::Step]) -> Result<()> {
        let end = Instant::now() + self.deadline;
        match (steps, self.atomicity) {
            ([], _) => Ok(()),
            // One write is atomic by itself, unless it takes several documents.
            ([step], atomicity)
                if atomicity == Atomicity::Transactions
                    || !matches!(step, apply::Step::DeleteWhere { .. }) =>
            {
                self.settle().await?;
                self.check(steps, false).await?;
                step.apply(self, None).await.map_err(|error| self.explain_step(&error, step))
            }
            (_, Atomicity::Transactions) => self.transact(steps, end).await,
            (_, Atomicity::Journal) => self.journal(steps, end).await,
        }
    }
}

#[async_trait]
impl Store for MongoStore {
    async fn get(&self, collection: Collection, id: &ObjectId) -> Result<Option<Document>> {
        let mut found = self.find(collection, &Query::new(Filter::id(id)).limit(1)).await?;
        Ok(found.pop())
    }

    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>> {
        let (inner, query) = (self.inner.clone(), query.clone());
        self.within(self.inner.read(async move { inner.find(collection, &query).await })).await
    }

    async fn count(&self, collection: Collection, filter: &Filter) -> Result<u64> {
        let (inner, filter) = (self.inner.clone(), convert::filter(filter));
        let count = async move {
            inner.settle().await?;
            let counted = inner.collection(collection).count_documents(filter).await;
            counted.map_err(|error| inner.explain(&error))
        };
        self.within(self.inner.read(count)).await
    }

    async fn commit_then(&self, changes: Vec<Change>, stored: Stored) -> Result<()> {
        self.refuse_closed()?;
        let steps =
            with_ids(changes).into_iter().map(apply::Step::prepare).collect::<Result<Vec<_>>>()?;
        let inner = self.inner.clone();
        self.inner
            .within(true, async move {
                let place = inner.place().await?;
                // A task of its own: a commit is not cut in half when its caller goes away.
                let committing = tokio::spawn(async move {
                    let _place = place;
                    inner.commit_surely(&steps, stored).await
                });
                committing
                    .await
                    .unwrap_or_else(|error| Err(Error::internal("a commit failed").cause(error)))
            })
            .await
    }

    async fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            let shutdown = async {
                self.inner.forget_sessions().await;
                self.inner.database.client().clone().shutdown().await;
            };
            if tokio::time::timeout(self.inner.deadline, shutdown).await.is_err() {
                tracing::warn!("{} did not close in time", self.inner.description);
            }
        }
    }

    fn describe(&self) -> String {
        self.inner.description.clone()
    }
}
