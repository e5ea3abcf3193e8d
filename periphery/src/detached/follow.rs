//! Telling of detached work until it ends.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use varanus_proto::{Error, Kind, Result};

use super::{Line, Outcome, Place};
use crate::apart::{apart, exists};
use crate::process::Stream;
use crate::work::Progress;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long a process or container may take to begin.
const BEGIN: Duration = Duration::from_secs(60);

/// Passes on the lines of detached work, and at its end gives what came of it.
/// `cancelled` says whether the work is no longer wanted.
///
/// Errors: those of the work itself; `Deadline` when it never began or did not
/// end within `limit`; `Failed` when its process ended without a word.
pub async fn follow(
    place: &Place,
    progress: &dyn Progress,
    cancelled: impl Fn() -> bool,
    limit: Duration,
) -> Result<Vec<u8>> {
    let since = Instant::now();
    let mut told = 0;
    let mut withdrawn = false;
    loop {
        // First whether it goes on, then whether there is an answer: it may end
        // in between.
        let begun = exists(&place.begun()).await;
        let goes_on = !begun || is_locked(place).await?;
        told = tell(place, told, progress).await?;
        if let Ok(text) = tokio::fs::read(place.answer()).await {
            tell(place, told, progress).await?;
            let outcome: Outcome = serde_json::from_slice(&text).map_err(|error| {
                Error::failed("what came of the work is unreadable").cause(error)
            })?;
            return match outcome {
                Outcome::Answer(answer) => Ok(answer.get().as_bytes().to_vec()),
                Outcome::Failure(body) => Err(body.into_error(Kind::Failed)),
            };
        }
        if !goes_on {
            return Err(Error::failed(format!(
                "the process that worked on it was ended; how far it came is not known{}",
                last_words(place).await
            )));
        }
        if !begun && since.elapsed() > BEGIN {
            withdraw(place).await;
            return Err(Error::deadline(format!(
                "the process that was to work on it did not begin within {} s{}",
                BEGIN.as_secs(),
                last_words(place).await
            )));
        }
        if !withdrawn && (cancelled() || since.elapsed() > limit) {
            withdrawn = true;
            withdraw(place).await;
        }
        if since.elapsed() > limit + BEGIN {
            return Err(Error::deadline(format!(
                "the process that worked on it did not end within {} s",
                limit.as_secs()
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether somebody works on it.
async fn is_locked(place: &Place) -> Result<bool> {
    let path = place.lock();
    apart(move || {
        let Ok(file) = File::open(path) else { return false };
        Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err()
    })
    .await
}

async fn withdraw(place: &Place) {
    if let Err(error) = tokio::fs::write(place.cancel(), "").await {
        tracing::warn!(%error, place = %place.path().display(), "detached work cannot be ended");
    }
    // One that has not begun finds nothing to do.
    let _ = tokio::fs::remove_file(place.plan()).await;
}

/// Passes on what was written since; gives where it was.
async fn tell(place: &Place, told: u64, progress: &dyn Progress) -> Result<u64> {
    let path = place.lines();
    let read = move || {
        let (mut file, mut text) = (File::open(path)?, Vec::new());
        file.seek(SeekFrom::Start(told))?;
        file.read_to_end(&mut text)?;
        std::io::Result::Ok(text)
    };
    // None yet, or none any more.
    let Ok(text) = apart(read).await? else { return Ok(told) };
    // The last line may still be being written.
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    for line in text[..whole].split(|byte| *byte == b'\n') {
        if let Ok(Line { stage, is_error, line }) = serde_json::from_slice(line) {
            let stream = if is_error { Stream::Stderr } else { Stream::Stdout };
            progress.line(&stage, stream, &line);
        }
    }
    Ok(told + whole as u64)
}

/// The end of what the process itself wrote.
async fn last_words(place: &Place) -> String {
    let text = tokio::fs::read_to_string(place.log()).await.unwrap_or_default();
    let last: Vec<_> = text.lines().rev().take(3).collect();
    match last.is_empty() {
        true => String::new(),
        false => format!(": {}", last.into_iter().rev().collect::<Vec<_>>().join("; ")),
    }
}
