//! Work that is done once, however often it is asked for.
//!
//! Core asks with a key. The first time the work begins, and a file says so; at
//! its end the file holds what came of it. Whoever asks again while it goes on
//! gets the same result, and so does whoever asks later: the link or Core may
//! have been away meanwhile. Work that an end of this agent broke off is not
//! begun again: nobody knows how far it came. But work that was handed to a
//! process of its own goes on without the agent, and is followed to its end.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use varanus_proto::{Context as _, Error, ErrorBody, Kind, Result};

use crate::apart::is_folder;
use crate::detached::{self, Place};
use crate::process::Stream;
use crate::repo::write_secret_file;
use crate::work::Progress;

/// How long a result can be asked for.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How often older ones are removed.
const SWEEP: Duration = Duration::from_secs(3600);

/// How long whoever withdraws work waits for its end.
const MOMENT: Duration = Duration::from_secs(1);

/// What is said of work that an end of the agent broke off.
const INTERRUPTED: &str = "interrupted by a restart of the agent; how far it came is not known";

/// Every job that goes on, and the files of all.
pub struct Jobs {
    folder: PathBuf,
    /// How long detached work may take.
    limit: Duration,
    running: tokio::sync::Mutex<HashMap<String, Arc<Job>>>,
}

/// A file: that of work that has begun, or of its end.
#[derive(Serialize, Deserialize)]
enum Note {
    Begun,
    Answer(Box<RawValue>),
    Failure(ErrorBody),
}

type Outcome = Result<Vec<u8>, ErrorBody>;

struct Job {
    done: watch::Sender<Option<Outcome>>,
    cancel: CancellationToken,
    listener: Mutex<Arc<dyn Progress>>,
}

/// Lines go to whoever asked last.
impl Progress for Job {
    fn line(&self, stage: &str, stream: Stream, line: &str) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listener.line(stage, stream, line);
    }
}

impl Jobs {
    /// In a folder, which is made. Detached work has a limit.
    pub async fn open(folder: PathBuf, limit: Duration) -> Result<Arc<Self>> {
        tokio::fs::create_dir_all(&folder).await.map_err(|error| {
            Error::invalid(format!("the folder {} cannot be made", folder.display())).cause(error)
        })?;
        let jobs = Arc::new(Self { folder, limit, running: tokio::sync::Mutex::default() });
        tokio::spawn(sweep(Arc::downgrade(&jobs)));
        Ok(jobs)
    }

    /// Does the work of a key, if it was not done yet, and says what came of it.
    /// `withdrawn` ends the work; a caller that goes away without it does not.
    pub async fn once<F, Fut>(
        self: &Arc<Self>,
        key: &str,
        listener: Arc<dyn Progress>,
        withdrawn: CancellationToken,
        work: F,
    ) -> Result<Vec<u8>>
    where
        F: FnOnce(Arc<dyn Progress>, CancellationToken) -> Fut,
        Fut: Future<Output = Result<Vec<u8>>> + Send + 'static,
    {
        let file = self.file(key)?;
        let job = {
            let mut running = self.running.lock().await;
            match running.get(key) {
                Some(job) => {
                    *job.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
                    job.clone()
                }
                None => {
                    let place = self.place(key)?;
                    let known = read(&file).await?;
                    let goes_on =
                        matches!(known, Some(Known::Begun)) && is_folder(place.path()).await;
                    match known {
                        Some(Known::Done(outcome)) => {
                            return outcome.map_err(|body| body.into_error(Kind::Failed));
                        }
                        Some(Known::Begun) if !goes_on => return Err(Error::failed(INTERRUPTED)),
                        Some(Known::Begun) => {}
                        None => {
                            note(&file, &Note::Begun).await.context("the work was not begun")?;
                        }
                    }
                    let job = Arc::new(Job {
                        done: watch::channel(None).0,
                        cancel: CancellationToken::new(),
                        listener: Mutex::new(listener),
                    });
                    running.insert(key.to_owned(), job.clone());
                    let doing = match goes_on {
                        true => tokio::spawn(go_on(place, job.clone(), self.limit)),
                        false => tokio::spawn(work(job.clone(), job.cancel.clone())),
                    };
                    tokio::spawn(self.clone().finish(key.to_owned(), file, job.clone(), doing));
                    job
                }
            }
        };
        let (mut done, cancel) = (job.done.subscribe(), job.cancel.clone());
        let withdrawing = tokio::spawn(async move {
            withdrawn.cancelled().await;
            cancel.cancel();
        });
        let _ = done.wait_for(Option::is_some).await;
        withdrawing.abort();
        let outcome = done.borrow().clone();
        match outcome {
            Some(outcome) => outcome.map_err(|body| body.into_error(Kind::Failed)),
            None => Err(Error::internal("the work ended without a word")),
        }
    }

    /// Ends the work of a key, whether it goes on or would be asked for only now:
    /// what the link held back may arrive after all. Waits for the end, for a
    /// moment.
    pub async fn withdraw(&self, key: &str) -> Result<()> {
        let file = self.file(key)?;
        let job = {
            let running = self.running.lock().await;
            match running.get(key) {
                Some(job) => job.clone(),
                None => {
                    if read(&file).await?.is_none() {
                        let body = Error::cancelled("it was withdrawn before it began").body();
                        note(&file, &Note::Failure(body)).await?;
                    }
                    return Ok(());
                }
            }
        };
        job.cancel.cancel();
        let mut done = job.done.subscribe();
        let _ = tokio::time::timeout(MOMENT, done.wait_for(Option::is_some)).await;
        Ok(())
    }

    async fn finish(
        self: Arc<Self>,
        key: String,
        file: PathBuf,
        job: Arc<Job>,
        doing: tokio::task::JoinHandle<Result<Vec<u8>>>,
    ) {
        let outcome = match doing.await {
            Ok(outcome) => outcome.map_err(|error| error.body()),
            Err(panic) => Err(Error::internal("the work met a fault").cause(panic).body()),
        };
        let end = match &outcome {
            Ok(answer) => serde_json::from_slice(answer).map(Note::Answer).ok(),
            Err(body) => Some(Note::Failure(body.clone())),
        };
        if let Some(end) = end
            && let Err(error) = note(&file, &end).await
        {
            tracing::warn!(key, %error, "what came of the work is known until the agent ends");
        }
        if let Ok(place) = self.place(&key) {
            let _ = tokio::fs::remove_dir_all(place.path()).await;
        }
        self.running.lock().await.remove(&key);
        job.done.send_replace(Some(outcome));
    }

    fn file(&self, key: &str) -> Result<PathBuf> {
        Ok(self.folder.join(format!("{}.json", checked(key)?)))
    }

    /// Where the work of a key is, when a process of its own does it.
    pub fn place(&self, key: &str) -> Result<Place> {
        Ok(Place::new(self.folder.join(format!("{}.d", checked(key)?))))
    }
}

fn checked(key: &str) -> Result<&str> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match !key.is_empty() && key.len() <= 128 && key.chars().all(good) {
        true => Ok(key),
        false => Err(Error::invalid(format!("{key:?} is no key of a job"))),
    }
}

/// Follows what an agent before this one handed to a process of its own.
async fn go_on(place: Place, job: Arc<Job>, limit: Duration) -> Result<Vec<u8>> {
    let cancel = job.cancel.clone();
    detached::follow(&place, &*job, || cancel.is_cancelled(), limit).await
}

async fn note(file: &Path, note: &Note) -> Result<()> {
    let text = serde_json::to_vec(note)
        .map_err(|error| Error::internal("a note cannot be written").cause(error))?;
    write_secret_file(file, &text).await
}

/// What a file says.
enum Known {
    Begun,
    Done(Outcome),
}

/// What is known of the work of a file; `None` when it was never begun.
async fn read(file: &Path) -> Result<Option<Known>> {
    let text = match tokio::fs::read(file).await {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::failed(format!("{} cannot be read", file.display())).cause(error));
        }
    };
    Ok(Some(match serde_json::from_slice(&text) {
        Ok(Note::Answer(answer)) => Known::Done(Ok(answer.get().as_bytes().to_vec())),
        Ok(Note::Failure(body)) => Known::Done(Err(body)),
        Ok(Note::Begun) | Err(_) => Known::Begun,
    }))
}

async fn sweep(jobs: Weak<Jobs>) {
    loop {
        let Some(folder) = jobs.upgrade().map(|jobs| jobs.folder.clone()) else { return };
        if let Ok(mut entries) = tokio::fs::read_dir(&folder).await {
            while let Ok(Some(entry)) = entries.next_entry().await {
                let changed = entry.metadata().await.and_then(|found| found.modified());
                let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
                if age.is_some_and(|age| age > KEPT) {
                    let _ = match is_folder(&entry.path()).await {
                        true => tokio::fs::remove_dir_all(entry.path()).await,
                        false => tokio::fs::remove_file(entry.path()).await,
                    };
                }
            }
        }
        tokio::time::sleep(SWEEP).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;
    use crate::work::Silent;

    struct Counted {
        begun: AtomicUsize,
        go: Notify,
    }

    async fn ask(jobs: &Arc<Jobs>, key: &str, counted: &Arc<Counted>) -> Result<Vec<u8>> {
        let counted = counted.clone();
        let work = |_, cancel: CancellationToken| async move {
            counted.begun.fetch_add(1, Ordering::SeqCst);
            tokio::select! {
                () = counted.go.notified() => Ok(br#"{"a":1}"#.to_vec()),
                () = cancel.cancelled() => Err(Error::cancelled("withdrawn")),
            }
        };
        jobs.once(key, Arc::new(Silent), CancellationToken::new(), work).await
    }

    async fn counted() -> (tempfile::TempDir, Arc<Jobs>, Arc<Counted>) {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::open(folder.path().join("jobs"), Duration::from_secs(60)).await.unwrap();
        let counted = Arc::new(Counted { begun: AtomicUsize::new(0), go: Notify::new() });
        (folder, jobs, counted)
    }

    #[tokio::test]
    async fn work_is_done_once_for_all_who_ask_now_or_later() {
        let (folder, jobs, counted) = counted().await;
        let first = tokio::spawn({
            let (jobs, counted) = (jobs.clone(), counted.clone());
            async move { ask(&jobs, "k-1", &counted).await }
        });
        while counted.begun.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        // Whoever asked first goes away; the work goes on.
        first.abort();
        let _ = first.await;
        counted.go.notify_one();
        assert_eq!(ask(&jobs, "k-1", &counted).await.unwrap(), br#"{"a":1}"#);
        // Another agent in the same folder, as after a restart, knows it too.
        let again = Jobs::open(folder.path().join("jobs"), Duration::from_secs(60)).await.unwrap();
        assert_eq!(ask(&again, "k-1", &counted).await.unwrap(), br#"{"a":1}"#);
        assert_eq!(counted.begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_an_end_of_the_agent_broke_off_is_not_begun_again() {
        let (folder, jobs, counted) = counted().await;
        let file = folder.path().join("jobs/k-2.json");
        note(&file, &Note::Begun).await.unwrap();
        let error = ask(&jobs, "k-2", &counted).await.unwrap_err();
        assert!(error.to_string().contains("restart of the agent"), "{error}");
        assert_eq!(counted.begun.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn what_was_withdrawn_does_not_begin_when_it_is_asked_for_late() {
        let (_folder, jobs, counted) = counted().await;
        jobs.withdraw("k-4").await.unwrap();
        let error = ask(&jobs, "k-4", &counted).await.unwrap_err();
        assert!(error.to_string().contains("withdrawn"), "{error}");
        assert_eq!(counted.begun.load(Ordering::SeqCst), 0);
        // What goes on is ended, and what is done stays done.
        let going = tokio::spawn({
            let (jobs, counted) = (jobs.clone(), counted.clone());
            async move { ask(&jobs, "k-5", &counted).await }
        });
        while counted.begun.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        jobs.withdraw("k-5").await.unwrap();
        assert!(going.await.unwrap().unwrap_err().to_string().contains("withdrawn"));
        counted.go.notify_one();
        assert!(ask(&jobs, "k-6", &counted).await.is_ok());
        jobs.withdraw("k-6").await.unwrap();
        assert!(ask(&jobs, "k-6", &counted).await.is_ok());
    }

    #[tokio::test]
    async fn a_withdrawn_job_ends_and_a_key_is_no_path() {
        let (_folder, jobs, counted) = counted().await;
        let withdrawn = CancellationToken::new();
        withdrawn.cancel();
        let work = |_, cancel: CancellationToken| async move {
            cancel.cancelled().await;
            Err(Error::cancelled("withdrawn"))
        };
        let ended = jobs.once("k-3", Arc::new(Silent), withdrawn, work).await;
        assert!(ended.unwrap_err().to_string().contains("withdrawn"));
        assert!(ask(&jobs, "../k", &counted).await.is_err());
    }
}
