//! The one thread that writes.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use varanus_proto::{Error, Result};

use super::{
    fault::{self, Problem},
    lock::Lock,
    read::{Watch, closed, join, spawn},
    schema, sql,
};
use crate::{Change, Collection, Document, ObjectId, Stored, conflict, id_of, with_ids};

/// How many commits share one transaction at most.
const GROUP: usize = 128;

/// A commit on its way: whoever moves it from `QUEUED` first decides whether it runs.
const QUEUED: u8 = 0;
const STARTED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Writes commits, those that wait together in one transaction.
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    path: PathBuf,
    deadline: Duration,
}

struct Job {
    steps: Vec<Step>,
    state: Arc<AtomicU8>,
    stored: Stored,
    answer: oneshot::Sender<Result<()>>,
}

impl Job {
    fn end(self, result: Result<()>) {
        if result.is_ok() {
            (self.stored)();
        }
        // Nobody may be waiting any more.
        let _ = self.answer.send(result);
    }
}

enum Step {
    Put { collection: Collection, id: ObjectId, text: String, document: Document, insert: bool },
    Delete { collection: Collection, id: ObjectId },
    DeleteWhere(sql::Statement),
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        path: PathBuf,
        deadline: Duration,
        lock: &Arc<Lock>,
    ) -> Result<Self> {
        let (sender, receiver) = mpsc::channel::<Job>();
        let watch = Watch::over(&mut connection).map_err(|error| fault::explain(error, &path))?;
        let lock = lock.clone();
        let file = path.clone();
        let thread = spawn("store-write", move || {
            let _lock = lock;
            while let Ok(first) = receiver.recv() {
                let mut jobs = vec![first];
                jobs.extend(receiver.try_iter().take(GROUP - 1));
                jobs.retain(|job| {
                    job.state
                        .compare_exchange(QUEUED, STARTED, Ordering::AcqRel, Ordering::Acquire)
                        .is_ok()
                });
                watch.until(Instant::now() + deadline);
                write(&connection, &file, jobs);
            }
            // Leaves one file behind; what cannot be moved now is read at the next start.
            let _ = connection.pragma_query(None, "wal_checkpoint(TRUNCATE)", |_| Ok(()));
        })?;
        Ok(Self {
            queue: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            path,
            deadline,
        })
    }

    pub(super) async fn commit(&self, changes: Vec<Change>, stored: Stored) -> Result<()> {
        let steps = with_ids(changes).into_iter().map(Step::prepare).collect::<Result<Vec<_>>>()?;
        if steps.is_empty() {
            stored();
            return Ok(());
        }
        let state = Arc::new(AtomicU8::new(QUEUED));
        let (answer, mut answered) = oneshot::channel();
        let queue = self.queue.lock().ok().and_then(|queue| queue.clone());
        let job = Job { steps, state: state.clone(), stored, answer };
        queue.and_then(|queue| queue.send(job).ok()).ok_or_else(closed)?;
        let late = |end: &str| {
            Error::deadline(format!(
                "the store {} did not commit within {:?}; {end}",
                self.path.display(),
                self.deadline
            ))
        };
        for _ in 0..2 {
            match tokio::time::timeout(self.deadline, &mut answered).await {
                Ok(Ok(result)) => return result,
                Ok(Err(_)) => return Err(closed()),
                Err(_)
                    if state
                        .compare_exchange(QUEUED, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire)
                        .is_ok() =>
                {
                    return Err(late("nothing was changed"));
                }
                // It has begun and has a deadline of its own.
                Err(_) => {}
            }
        }
        Err(late("the disk still works on it and may yet finish"))
    }

    pub(super) async fn stop(&self) {
        let queue = self.queue.lock().ok().and_then(|mut queue| queue.take());
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        drop(queue);
        join(thread.into_iter().collect(), self.deadline).await;
    }
}

impl Step {
    fn prepare(change: Change) -> Result<Self> {
        let put = |collection, document: Document, insert| {
            let id = id_of(collection, &document)?;
            let text = serde_json::to_string(&document).map_err(|error| {
                Error::internal(format!("a document for {collection} is not JSON")).cause(error)
            })?;
            Ok(Step::Put { collection, id, text, document, insert })
        };
        match change {
            Change::Put(collection, document) => put(collection, document, false),
            Change::Insert(collection, document) => put(collection, document, true),
            Change::Delete(collection, id) => Ok(Step::Delete { collection, id }),
            Change::DeleteWhere(collection, filter) => {
                Ok(Step::DeleteWhere(sql::delete(collection, &filter)))
            }
        }
    }

    fn apply(&self, connection: &Connection) -> Result<(), Problem> {
        match self {
            Step::Put { collection, id, text, document, insert } => {
                let upsert = if *insert {
                    ""
                } else {
                    "ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, small = NULL"
                };
                let mut statement = connection.prepare_cached(&format!(
                    "INSERT INTO \"{collection}\" (id, doc) VALUES (?1, ?2) {upsert}"
                ))?;
                statement
                    .execute(params![id.as_str(), text])
                    .map_err(|error| broken(error, *collection, document))?;
            }
            Step::Delete { collection, id } => {
                connection
                    .prepare_cached(&format!("DELETE FROM \"{collection}\" WHERE id = ?1"))?
                    .execute([id.as_str()])?;
            }
            Step::DeleteWhere(statement) => {
                connection
                    .prepare_cached(&statement.text)?
                    .execute(rusqlite::params_from_iter(&statement.parameters))?;
            }
        }
        Ok(())
    }
}

pub(super) fn broken(
    error: rusqlite::Error,
    collection: Collection,
    document: &Document,
) -> Problem {
    let fields = match fault::broken_index(&error) {
        Some("") => Some(&["_id"][..]),
        Some(name) => schema::index_named(collection, name).map(|index| index.fields),
        None => None,
    };
    match fields {
        Some(fields) => Problem::Ours(conflict(collection, fields, document)),
        None => Problem::Sqlite(error),
    }
}

/// Commits a group; when the group as a whole fails, each alone, so that a bad
/// one harms no other.
fn write(connection: &Connection, path: &Path, mut jobs: Vec<Job>) {
    let outcome = transact(connection, &jobs);
    match outcome {
        Ok(results) => {
            for (job, result) in jobs.into_iter().zip(results) {
                job.end(result.map_err(|problem| problem.explain(path)));
            }
        }
        Err(problem) if jobs.len() == 1 => {
            if let Some(job) = jobs.pop() {
                job.end(Err(problem.explain(path)));
            }
        }
        Err(_) => {
            for job in jobs {
                write(connection, path, vec![job]);
            }
        }
    }
}

/// One transaction, a savepoint a job. Jobs that break a rule fail alone; any
/// other failure fails them all.
fn transact(connection: &Connection, jobs: &[Job]) -> Result<Vec<Result<(), Problem>>, Problem> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let run = || -> Result<Vec<Result<(), Problem>>, Problem> {
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            connection.execute_batch("SAVEPOINT job")?;
            match job.steps.iter().try_for_each(|step| step.apply(connection)) {
                Ok(()) => results.push(Ok(())),
                Err(Problem::Ours(error)) => {
                    connection.execute_batch("ROLLBACK TO job")?;
                    results.push(Err(Problem::Ours(error)));
                }
                Err(problem) => return Err(problem),
            }
            connection.execute_batch("RELEASE job")?;
        }
        connection.execute_batch("COMMIT")?;
        Ok(results)
    };
    let result = run();
    if result.is_err() && !connection.is_autocommit() {
        // SQLite itself has ended the transaction after the worst errors.
        let _ = connection.execute_batch("ROLLBACK");
    }
    result
}
