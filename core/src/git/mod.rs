//! Repositories that Core reads itself: those of syncs, and the files of stacks.
//!
//! Each branch has a clone below `repo_directory`. What concerns one repository
//! is done one after the other, so a host is asked once at a time however many
//! resources share it; a fetch that began after whoever asks knew of their
//! commit is taken by all of them, and so is one that failed. This room must not
//! know what is in a repository.

mod place;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;
use varanus_host::git::{Edit, Fetched, Git};
use varanus_host::process::OF_CORE;
use varanus_host::redact::Redactor;
use varanus_host::work::{Silent, Work};
use varanus_proto::{Error, Result};

pub use place::{Place, Repository};

use crate::Core;
use crate::config::CoreConfig;
use crate::core::now;

/// Differences that are remembered; two commits never differ otherwise.
const DIFFERENCES: usize = 2_000;

/// What is known of a repository while one works on it.
#[derive(Default)]
struct Known {
    /// Fetches that failed, when they began and why.
    failed: HashMap<Place, (Instant, Error)>,
    /// What is checked out in its folders: of which place, the short hash and the
    /// message. Places whose names differ in a sign that no folder may have share one.
    at: HashMap<PathBuf, (Place, String, String)>,
}

impl Known {
    /// The short hash and the message of what is checked out of a place.
    fn at(&self, place: &Place) -> Option<(String, String)> {
        let (of, hash, message) = self.at.get(&place.folder())?;
        (of == place).then(|| (hash.clone(), message.clone()))
    }
}

type Difference = (PathBuf, String, String);

/// Core's clones.
pub struct Repositories {
    git: Git,
    folder: PathBuf,
    deadline: Duration,
    known: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<Known>>>>,
    differences: Mutex<HashMap<Difference, Option<Arc<Vec<String>>>>>,
    stop: CancellationToken,
}

/// A clone at the commit it was asked for. As long as it is held nobody changes
/// what is checked out.
pub struct Checkout {
    /// Where the files are.
    pub path: PathBuf,
    /// The short hash of the commit.
    pub hash: String,
    /// Its message.
    pub message: String,
    _turn: OwnedMutexGuard<Known>,
}

impl Repositories {
    /// None yet.
    pub fn new(config: &CoreConfig) -> Self {
        let deadline = config.git_deadline.duration();
        Self {
            git: Git::new(deadline).hiding(OF_CORE),
            folder: config.repo_directory.clone(),
            deadline,
            known: Mutex::default(),
            differences: Mutex::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Ends what is going on.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether nothing more is begun.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    fn work(&self, since: Instant) -> Work {
        let work = Work::new(Arc::new(Silent), self.stop.clone(), Redactor::default());
        Work { fetched_since: since, ..work }
    }

    /// Waits until nobody else works on a repository.
    async fn turn(&self, place: &Place) -> Result<OwnedMutexGuard<Known>> {
        let one = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(place.repository()).or_default().clone()
        };
        tokio::time::timeout(self.deadline, one.lock_owned()).await.map_err(|_| {
            Error::deadline(format!(
                "another fetch of {}/{} did not end within {} s",
                place.provider,
                place.repo,
                self.deadline.as_secs()
            ))
        })
    }
}

/// Brings a clone to the newest commit of its branch. A fetch that began after
/// `since` (Unix milliseconds) is new enough.
///
/// Errors say what is wrong with the repository, the account or the host.
pub async fn checkout(core: &Core, place: &Place, since: i64) -> Result<Checkout> {
    checkout_unless(core, place, since, None).await
}

/// The same, without a fetch where the clone is at the commit at which the branch
/// is known to be ([`heads`]).
pub async fn checkout_unless(
    core: &Core,
    place: &Place,
    since: i64,
    head: Option<&str>,
) -> Result<Checkout> {
    let all = &core.repositories;
    let since = Instant::now()
        .checked_sub(Duration::from_millis(u64::try_from(now() - since).unwrap_or_default()))
        .unwrap_or_else(Instant::now);
    let mut turn = all.turn(place).await?;
    if let Some((begun, error)) = turn.failed.get(place)
        && *begun >= since
    {
        return Err(error.clone());
    }
    let begun = Instant::now();
    let path = all.folder.join(place.folder());
    if let (Some((hash, message)), Some(head)) = (turn.at(place), head)
        && head.starts_with(&hash)
        && path.join(".git").exists()
    {
        return Ok(Checkout { path, hash, message, _turn: turn });
    }
    turn.at.remove(&place.folder());
    let fetched = async {
        make(&all.folder)?;
        let remote = place.remote(core)?;
        let fetched = all.git.pull_or_clone(&all.work(since), &remote, &path).await;
        outcome(&fetched)
    };
    match fetched.await {
        Ok((hash, message)) => {
            turn.failed.remove(place);
            turn.at.insert(place.folder(), (place.clone(), hash.clone(), message.clone()));
            Ok(Checkout { path, hash, message, _turn: turn })
        }
        Err(error) => {
            turn.failed.insert(place.clone(), (begun, error.clone()));
            Err(error)
        }
    }
}

/// The hash and the message of what was fetched.
fn outcome(fetched: &Fetched) -> Result<(String, String)> {
    match fetched.logs.iter().find(|log| !log.success) {
        Some(failed) => Err(Error::failed(failed.stderr.trim().to_owned())),
        None => Ok((
            fetched.hash.clone().unwrap_or_default(),
            fetched.message.clone().unwrap_or_default(),
        )),
    }
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::failed(format!(
            "the folder {} cannot be made; say by KOMODO_REPO_DIRECTORY where Core may keep its \
             clones",
            folder.display()
        ))
        .cause(error)
    })
}

/// Writes files, commits them in somebody's name and pushes. The logs tell what
/// came of it.
pub async fn commit(
    core: &Core,
    place: &Place,
    author: &str,
    message: &str,
    files: &[(String, String)],
) -> Result<Fetched> {
    let all = &core.repositories;
    if !place.commit.is_empty() {
        return Err(Error::invalid(format!(
            "{} stays at the commit {}; what is committed to the branch would not be seen. Take \
             `commit` away first",
            place.shown(),
            place.commit
        )));
    }
    let mut turn = all.turn(place).await?;
    turn.at.remove(&place.folder());
    make(&all.folder)?;
    let remote = place.remote(core)?;
    let edit = Edit { author, message, files };
    let path = all.folder.join(place.folder());
    Ok(all.git.commit(&all.work(Instant::now()), &remote, &path, &edit).await)
}

/// The commits at which branches of a repository are, in one request to its host.
pub async fn heads(
    core: &Core,
    place: &Place,
    branches: &[String],
) -> Result<std::collections::BTreeMap<String, String>> {
    let all = &core.repositories;
    let remote = place.remote(core)?;
    let _turn = all.turn(place).await?;
    all.git.heads(&all.work(Instant::now()), &remote, branches).await
}

/// The short hash and the message of the commit at which a branch is, `head`. No
/// files are fetched for it.
pub async fn newest(core: &Core, place: &Place, head: &str) -> Result<(String, String)> {
    let all = &core.repositories;
    let turn = all.turn(place).await?;
    if let Some(known) = turn.at(place).filter(|(hash, _)| head.starts_with(hash)) {
        return Ok(known);
    }
    make(&all.folder)?;
    let remote = place.remote(core)?;
    all.git.newest(&all.work(Instant::now()), &remote, &all.folder.join(place.commits())).await
}

/// The paths that differ between two commits of a clone; `None` when that cannot
/// be known.
pub async fn differing(
    core: &Core,
    clone: &Checkout,
    from: &str,
) -> Result<Option<Arc<Vec<String>>>> {
    let all = &core.repositories;
    let key = (clone.path.clone(), from.to_owned(), clone.hash.clone());
    let locked = || all.differences.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = locked().get(&key) {
        return Ok(known.clone());
    }
    let work = all.work(Instant::now());
    let found = all.git.differing(&work, &clone.path, from, &clone.hash).await?.map(Arc::new);
    let mut differences = locked();
    if differences.len() >= DIFFERENCES {
        differences.clear();
    }
    differences.insert(key, found.clone());
    Ok(found)
}
