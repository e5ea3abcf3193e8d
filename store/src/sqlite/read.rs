//! The threads that read.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;
use varanus_proto::{Error, Result};

use super::{fault::Problem, lock::Lock, sql::Statement};
use crate::{Collection, Document};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A few connections, each in a thread, that take jobs from one queue.
pub(super) struct Readers {
    queue: Mutex<Option<mpsc::Sender<(Instant, Job)>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    path: PathBuf,
    deadline: Duration,
}

impl Readers {
    pub(super) fn start(
        connections: Vec<Connection>,
        path: PathBuf,
        deadline: Duration,
        lock: &Arc<Lock>,
    ) -> Result<Self> {
        let (sender, receiver) = mpsc::channel::<(Instant, Job)>();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::with_capacity(connections.len());
        for mut connection in connections {
            let receiver = receiver.clone();
            let lock = lock.clone();
            let watch = Watch::over(&mut connection)
                .map_err(|error| super::fault::explain(error, &path))?;
            threads.push(spawn("store-read", move || {
                let _lock = lock;
                // A statement, not a `while let`: the queue is free again while a job runs.
                loop {
                    let next = receiver.lock().ok().and_then(|queue| queue.recv().ok());
                    let Some((end, job)) = next else { return };
                    watch.until(end);
                    job(&connection);
                }
            })?);
        }
        Ok(Self { queue: Mutex::new(Some(sender)), threads: Mutex::new(threads), path, deadline })
    }

    /// Runs a job in one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let end = Instant::now() + self.deadline;
        let work: Job = Box::new(move |connection| {
            // Nobody waits for it any more: the queue gets shorter for the others.
            if !answer.is_closed() {
                let _ = answer.send(job(connection));
            }
        });
        let queue = self.queue.lock().ok().and_then(|queue| queue.clone());
        queue.and_then(|queue| queue.send((end, work)).ok()).ok_or_else(closed)?;
        match tokio::time::timeout_at(end.into(), answered).await {
            Ok(Ok(result)) => result.map_err(|problem| problem.explain(&self.path)),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(Error::deadline(format!(
                "the store {} did not answer within {:?}",
                self.path.display(),
                self.deadline
            ))),
        }
    }

    pub(super) async fn stop(&self) {
        let queue = self.queue.lock().ok().and_then(|mut queue| queue.take());
        let threads = self
            .threads
            .lock()
            .map(|mut threads| std::mem::take(&mut *threads))
            .unwrap_or_default();
        drop(queue);
        join(threads, self.deadline).await;
    }
}

/// Interrupts the statements of a connection that run past their end.
pub(super) struct Watch {
    start: Instant,
    end: Arc<AtomicU64>,
}

impl Watch {
    pub(super) fn over(connection: &mut Connection) -> rusqlite::Result<Self> {
        let start = Instant::now();
        let end = Arc::new(AtomicU64::new(u64::MAX));
        let seen = end.clone();
        let late = move || start.elapsed().as_millis() as u64 > seen.load(Ordering::Relaxed);
        connection.progress_handler(10_000, Some(late))?;
        Ok(Self { start, end })
    }

    pub(super) fn until(&self, end: Instant) {
        let millis = end.saturating_duration_since(self.start).as_millis() as u64;
        self.end.store(millis, Ordering::Relaxed);
    }
}

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| Error::unavailable("cannot start a thread for the store").cause(error))
}

/// Waits for threads that have been told to end.
pub(super) async fn join(threads: Vec<JoinHandle<()>>, deadline: Duration) {
    let joined = tokio::task::spawn_blocking(move || {
        for thread in threads {
            // A thread that panicked has said so; it is over all the same.
            let _ = thread.join();
        }
    });
    if tokio::time::timeout(deadline, joined).await.is_err() {
        tracing::warn!("the store did not end within {deadline:?}");
    }
}

pub(super) fn closed() -> Error {
    Error::unavailable("the store is closed")
}

pub(super) fn documents(
    connection: &Connection,
    collection: Collection,
    statement: &Statement,
) -> Result<Vec<Document>, Problem> {
    let mut prepared = connection.prepare_cached(&statement.text)?;
    let mut rows = prepared.query(rusqlite::params_from_iter(&statement.parameters))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let document = serde_json::from_str(text).map_err(|error| {
            let id: String = row.get(0).unwrap_or_default();
            Problem::Damaged(format!(
                "the document {id} of {collection} is not a JSON object: {error}"
            ))
        })?;
        documents.push(document);
    }
    Ok(documents)
}

pub(super) fn count(connection: &Connection, statement: &Statement) -> Result<u64, Problem> {
    let mut prepared = connection.prepare_cached(&statement.text)?;
    let count: i64 =
        prepared.query_row(rusqlite::params_from_iter(&statement.parameters), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
