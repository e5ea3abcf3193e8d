//! The embedded store as a whole: read beside a running Core, or written without one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;
use tokio::sync::mpsc;
use varanus_proto::{Context, Error, Kind, Result};

use super::{FILE, SqliteStore, Tuning, connect, fault, fault::Problem, lock, schema, write};
use crate::raw::exact::{join, json, split};
use crate::raw::{BATCH, Batches, Exact};
use crate::{Collection, ObjectId};

type Shared = Arc<Mutex<Connection>>;

fn locked(connection: &Shared) -> MutexGuard<'_, Connection> {
    // A reader that panicked has changed nothing.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Error::internal("work on the store failed").cause(error)))
}

/// One transaction that reads: the store at one moment.
pub struct Reader {
    connection: Shared,
    path: PathBuf,
    /// A file from before 32-bit numbers were kept.
    plain: bool,
}

impl Reader {
    pub(crate) async fn open(directory: &Path, deadline: Duration) -> Result<Self> {
        let path = directory.join(FILE);
        blocking(move || {
            if !path.exists() {
                let place = path.display();
                return Err(Error::not_found(format!(
                    "there is no embedded store at {place}; name the data directory of Core (KOMODO_DATA_DIRECTORY, \
                     --data-directory), or its MongoDB (KOMODO_DATABASE_URI)"
                )));
            }
            let begin = || -> rusqlite::Result<(Connection, u32)> {
                // Not read-only: after a crash SQLite has to put its log in order first.
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&path, flags)?;
                connection.busy_timeout(deadline)?;
                connection.pragma_update(None, "query_only", true)?;
                connection.execute_batch("BEGIN")?;
                let version = connection
                    .query_row("SELECT version FROM schema_version", [], |row| row.get(0))?;
                Ok((connection, version))
            };
            let (connection, version) = begin()
                .map_err(|error| fault::explain(error, &path))
                .with_context(|| format!("cannot read the store {}", path.display()))?;
            schema::refuse_newer(version as usize)?;
            Ok(Self { connection: Arc::new(Mutex::new(connection)), path, plain: version < 2 })
        })
        .await
    }

    pub(crate) async fn count(&self, collection: Collection) -> Result<u64> {
        let (connection, path) = (self.connection.clone(), self.path.clone());
        blocking(move || {
            let text = format!("SELECT count(*) FROM \"{collection}\"");
            let count = locked(&connection).query_row(&text, [], |row| row.get::<_, i64>(0));
            Ok(count.map_err(|error| fault::explain(error, &path))?.unsigned_abs())
        })
        .await
    }

    pub(crate) fn read(&self, collection: Collection) -> Batches {
        let (sender, receiver) = mpsc::channel(4);
        let (connection, path, plain) = (self.connection.clone(), self.path.clone(), self.plain);
        tokio::task::spawn_blocking(move || {
            let outcome = send(&locked(&connection), collection, plain, &sender);
            if let Err(problem) = outcome {
                // Whoever reads may have gone.
                let _ = sender.blocking_send(Err(problem.explain(&path)));
            }
        });
        receiver
    }

    pub(crate) fn describe(&self) -> String {
        format!("SQLite {}", self.path.display())
    }
}

fn send(
    connection: &Connection,
    collection: Collection,
    plain: bool,
    sender: &mpsc::Sender<Result<Vec<Exact>>>,
) -> Result<(), Problem> {
    let small = if plain { "NULL" } else { "small" };
    let mut statement = connection
        .prepare(&format!("SELECT id, doc, {small} FROM \"{collection}\" ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = rows.next()? {
        let damaged = |error: serde_json::Error| {
            let id: String = row.get(0).unwrap_or_default();
            Problem::Damaged(format!("the document {id} of {collection} is not JSON: {error}"))
        };
        let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let document = match json(text).map_err(damaged)? {
            Value::Object(document) => document,
            _ => {
                let what = format!("a document of {collection} is not a JSON object");
                return Err(Problem::Damaged(what));
            }
        };
        let small: Vec<String> = match row.get_ref(2)?.as_str_or_null() {
            Ok(Some(text)) => serde_json::from_str(text).map_err(damaged)?,
            Ok(None) => Vec::new(),
            Err(error) => return Err(rusqlite::Error::from(error).into()),
        };
        batch.push(join(&document, &small));
        if batch.len() == BATCH && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    if !batch.is_empty() {
        // Whoever reads may have gone.
        let _ = sender.blocking_send(Ok(batch));
    }
    Ok(())
}

/// What was made to open a store where there was none. It goes again, unless the
/// store gets its content: a place that was a wrong one stays as it was.
struct Made {
    files: Vec<PathBuf>,
    /// Folders, the innermost first.
    folders: Vec<PathBuf>,
    goes: bool,
}

impl Made {
    /// What is not in a directory yet; `None` where there is a store.
    fn before(directory: &Path) -> Option<Self> {
        let path = directory.join(FILE);
        if path.exists() {
            return None;
        }
        let beside = [format!("{FILE}-wal"), format!("{FILE}-shm"), lock::FILE.to_owned()];
        let beside = beside.map(|name| directory.join(name)).into_iter();
        let files = [path].into_iter().chain(beside.filter(|file| !file.exists())).collect();
        let folders = directory.ancestors().take_while(|folder| !folder.exists());
        Some(Self { files, folders: folders.map(Path::to_owned).collect(), goes: false })
    }

    /// From now on it goes again, unless somebody else put a store there before the
    /// directory was locked.
    fn ours(mut self) -> Option<Self> {
        self.goes = fs::metadata(self.files.first()?).is_ok_and(|file| file.len() == 0);
        self.goes.then_some(self)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.goes {
            // What cannot be removed is an empty store; folders that others use stay.
            self.files.iter().for_each(|file| drop(fs::remove_file(file)));
            self.folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
        }
    }
}

/// One transaction that writes.
pub struct Writer {
    // In this order it is given up: closed, removed, unlocked.
    connection: Shared,
    path: PathBuf,
    made: Option<Made>,
    _lock: lock::Lock,
}

impl Writer {
    pub(crate) async fn open(directory: &Path, deadline: Duration) -> Result<Self> {
        let directory = directory.to_owned();
        blocking(move || {
            let path = directory.join(FILE);
            let before = Made::before(&directory);
            let lock = SqliteStore::prepare_directory(&directory)?;
            let made = before.and_then(Made::ours);
            let open = || -> Result<Connection> {
                let mut connection = connect(&path, deadline, Tuning::default())?;
                schema::prepare(&mut connection).map_err(|problem| problem.explain(&path))?;
                Ok(connection)
            };
            let file = path.display();
            let connection = open().map_err(|error| match error.kind() {
                Kind::Unavailable if fault::is_damage(&error) => Error::unavailable(format!(
                    "{file} is damaged, and nothing is written over it; move it, {file}-wal and {file}-shm aside and \
                     try again"
                ))
                .cause(error),
                _ => error,
            })?;
            Ok(Self { connection: Arc::new(Mutex::new(connection)), path, made, _lock: lock })
        })
        .await
    }

    async fn run(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), Problem> + Send + 'static,
    ) -> Result<()> {
        let (connection, path) = (self.connection.clone(), self.path.clone());
        blocking(move || work(&locked(&connection)).map_err(|problem| problem.explain(&path))).await
    }

    pub(crate) async fn begin(&mut self, clear: bool) -> Result<()> {
        self.run(move |connection| {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            if clear {
                for collection in Collection::ALL {
                    connection.execute_batch(&format!("DELETE FROM \"{collection}\""))?;
                }
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn put(
        &mut self,
        collection: Collection,
        documents: Vec<Exact>,
    ) -> Result<()> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "INSERT INTO \"{collection}\" (id, doc, small) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, small = excluded.small"
            ))?;
            for document in documents {
                let (document, small) = split(document);
                let id = crate::id_of(collection, &document)?;
                let json = |value: serde_json::Result<String>| {
                    value.map_err(|e| Error::internal("a document is not JSON").cause(e))
                };
                let text = json(serde_json::to_string(&document))?;
                let small = match small.is_empty() {
                    true => None,
                    false => Some(json(serde_json::to_string(&small))?),
                };
                statement
                    .execute(params![ObjectId::as_str(&id), text, small])
                    .map_err(|error| write::broken(error, collection, &document))?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn finish(mut self) -> Result<()> {
        let directory = self.path.parent().map(Path::to_owned);
        self.run(move |connection| {
            connection.execute_batch("COMMIT")?;
            // Leaves one file behind; what cannot be moved now is read at the next start.
            let _ = connection.pragma_query(None, "wal_checkpoint(TRUNCATE)", |_| Ok(()));
            Ok(())
        })
        .await?;
        if let Some(made) = &mut self.made {
            made.goes = false;
        }
        if let Some(directory) = directory {
            // The file's name is durable too; every commit was synced by SQLite itself.
            let _ = fs::File::open(directory).and_then(|directory| directory.sync_all());
        }
        Ok(())
    }
}
