//! What the process does that outlives the agent.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;
use varanus_proto::{Error, Result};

use super::{Line, Outcome, Place};
use crate::agent::Agent;
use crate::apart::exists;
use crate::compose::raise::{self, Plan};
use crate::config::PeripheryConfig;
use crate::process::Stream;
use crate::repo::write_secret_file;
use crate::work::Progress;

/// How often it is looked whether the work is still wanted.
const LOOK: Duration = Duration::from_millis(200);

/// Does what the plan in a folder says, and leaves there what came of it.
/// `stop` ends it.
///
/// Errors: `NotFound` without a plan, `Busy` when another process does it.
pub async fn work(config: PeripheryConfig, place: Place, stop: CancellationToken) -> Result<()> {
    // The terminal or session of the agent is not this process's.
    let _ = nix::unistd::setsid();
    let wrong = |what: &'static str| {
        let folder = place.path().display().to_string();
        move |error: std::io::Error| Error::failed(format!("{folder}: {what}")).cause(error)
    };
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(place.lock())
        .map_err(wrong("the lock cannot be made"))?;
    let _lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
        .map_err(|(_, error)| Error::busy("another process does it").cause(error))?;
    let text = tokio::fs::read(place.plan())
        .await
        .map_err(|error| Error::not_found("there is nothing to do").cause(error))?;
    let text = zeroize::Zeroizing::new(text);
    // What is read once is done once.
    tokio::fs::remove_file(place.plan()).await.map_err(wrong("the plan cannot be removed"))?;
    tokio::fs::write(place.begun(), "").await.map_err(wrong("the folder cannot be written"))?;
    let outcome = match perform(config, &place, &text, stop).await {
        Ok(answer) => Outcome::Answer(answer),
        Err(error) => Outcome::Failure(error.body()),
    };
    let text = serde_json::to_vec(&outcome)
        .map_err(|error| Error::internal("the answer cannot be written").cause(error))?;
    write_secret_file(&place.answer(), &text).await
}

async fn perform(
    config: PeripheryConfig,
    place: &Place,
    plan: &[u8],
    stop: CancellationToken,
) -> Result<Box<RawValue>> {
    let plan: Plan = serde_json::from_slice(plan)
        .map_err(|error| Error::internal("the plan is unreadable").cause(error))?;
    let agent = Agent::aside(config).await?;
    let lines = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(place.lines())
        .map_err(|error| Error::failed("the lines cannot be written").cause(error))?;
    tokio::spawn(stop_when_withdrawn(place.clone(), stop.clone()));
    let mut work = agent.work(Arc::new(Lines(Mutex::new(lines))), stop, &[]);
    work.redactor = crate::redact::Redactor::of_forms(plan.hidden.clone());
    let answer = raise::raise(&agent, &work, plan).await;
    serde_json::value::to_raw_value(&answer)
        .map_err(|error| Error::internal("the answer cannot be written").cause(error))
}

async fn stop_when_withdrawn(place: Place, stop: CancellationToken) {
    while !exists(&place.cancel()).await {
        tokio::time::sleep(LOOK).await;
    }
    stop.cancel();
}

/// Lines go to a file, for whoever follows.
struct Lines(Mutex<File>);

impl Progress for Lines {
    fn line(&self, stage: &str, stream: Stream, line: &str) {
        let line = Line {
            stage: stage.to_owned(),
            is_error: stream == Stream::Stderr,
            line: line.to_owned(),
        };
        if let Ok(mut text) = serde_json::to_vec(&line) {
            text.push(b'\n');
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = file.write_all(&text);
        }
    }
}
