//! The embedded store: one SQLite file in the data directory, a table a
//! collection.
//!
//! One thread writes: it takes what is queued and commits it together, so that
//! many small commits share one fsync. A few threads read. This folder knows
//! SQLite and nothing of what the documents mean.

mod fault;
mod lock;
pub(crate) mod raw;
mod read;
mod schema;
mod sql;
mod write;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod power_cut;
#[cfg(test)]
mod tests;

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags};
use varanus_proto::{Context, Error, Result};

use super::{Change, Collection, Document, Filter, ObjectId, Query, Store, Stored};

/// The name of the file in the data directory.
pub const FILE: &str = "varanus.sqlite";

/// The embedded store.
pub struct SqliteStore {
    path: PathBuf,
    readers: read::Readers,
    writer: write::Writer,
    lock: Arc<lock::Lock>,
}

/// How SQLite uses the disk. Tests put a file layer of their own under it.
#[derive(Clone, Copy)]
struct Tuning {
    /// The file layer; the usual one when `None`.
    layer: Option<&'static str>,
    /// `full`: an acknowledged commit outlives a power cut. Anything less loses some.
    synchronous: &'static str,
    /// How many pages the log has when they are moved to the file.
    checkpoint_pages: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { layer: None, synchronous: "full", checkpoint_pages: 1000 }
    }
}

impl SqliteStore {
    /// Opens the store of a data directory, or makes a new one there.
    ///
    /// Errors: `Conflict` when another Core has it open, `Invalid` when a newer
    /// version wrote it, `Unavailable` when the disk says no.
    pub async fn open(directory: &Path, deadline: Duration) -> Result<Self> {
        Self::open_with(directory, deadline, Tuning::default()).await
    }

    async fn open_with(directory: &Path, deadline: Duration, tuning: Tuning) -> Result<Self> {
        let directory = directory.to_owned();
        tokio::task::spawn_blocking(move || Self::open_blocking(&directory, deadline, tuning))
            .await
            .map_err(|error| Error::internal("opening the store failed").cause(error))?
    }

    /// Makes a data directory with the file of a store in it, and takes the right to use them.
    fn prepare_directory(directory: &Path) -> Result<lock::Lock> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| away(directory, "create", error))?;
        let lock = lock::Lock::take(directory)?;
        let path = directory.join(FILE);
        // SQLite gives its side files the rights of the main file.
        fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(
            |error| {
                Error::unavailable(format!("cannot open the store {} for writing", path.display()))
                    .cause(error)
            },
        )?;
        Ok(lock)
    }

    fn open_blocking(directory: &Path, deadline: Duration, tuning: Tuning) -> Result<Self> {
        let lock = Arc::new(Self::prepare_directory(directory)?);
        let path = directory.join(FILE);
        let mut connection = connect(&path, deadline, tuning)?;
        schema::prepare(&mut connection)
            .map_err(|problem| problem.explain(&path))
            .with_context(|| format!("cannot open the store {}", path.display()))?;
        fs::File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| away(directory, "sync", error))?;

        let count = std::thread::available_parallelism().map_or(2, |n| n.get()).clamp(2, 4);
        let connections =
            (0..count).map(|_| connect(&path, deadline, tuning)).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            readers: read::Readers::start(connections, path.clone(), deadline, &lock)?,
            writer: write::Writer::start(connection, path.clone(), deadline, &lock)?,
            path,
            lock,
        })
    }
}

fn away(directory: &Path, doing: &str, error: std::io::Error) -> Error {
    Error::unavailable(format!(
        "cannot {doing} the data directory {}; check its rights, that it is not mounted read-only, and that its disk is \
         not full",
        directory.display()
    ))
    .cause(error)
}

fn connect(path: &Path, deadline: Duration, tuning: Tuning) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = match tuning.layer {
            Some(layer) => Connection::open_with_flags_and_vfs(path, OpenFlags::default(), layer)?,
            None => Connection::open(path)?,
        };
        connection.busy_timeout(deadline)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", tuning.synchronous)?;
        connection.pragma_update(None, "wal_autocheckpoint", tuning.checkpoint_pages)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.set_prepared_statement_cache_capacity(64);
        sql::register(&connection)?;
        Ok(connection)
    };
    open()
        .map_err(|error| fault::explain(error, path))
        .with_context(|| format!("cannot open the store {}", path.display()))
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, collection: Collection, id: &ObjectId) -> Result<Option<Document>> {
        let mut found = self.find(collection, &Query::new(Filter::id(id))).await?;
        Ok(found.pop())
    }

    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>> {
        let statement = sql::select(collection, query)?;
        self.readers
            .run(move |connection| read::documents(connection, collection, &statement))
            .await
    }

    async fn count(&self, collection: Collection, filter: &Filter) -> Result<u64> {
        let statement = sql::count(collection, filter);
        self.readers.run(move |connection| read::count(connection, &statement)).await
    }

    async fn commit_then(&self, changes: Vec<Change>, stored: Stored) -> Result<()> {
        self.writer.commit(changes, stored).await
    }

    async fn close(&self) {
        self.readers.stop().await;
        self.writer.stop().await;
        self.lock.release();
    }

    fn describe(&self) -> String {
        format!("SQLite {}", self.path.display())
    }
}
