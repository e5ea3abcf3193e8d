//! Work that outlives the agent.
//!
//! A deploy of the stack that holds the agent ends the agent half way; one of the
//! stack that holds Core or the way to it may end whoever waits. Such work is
//! handed to a process of its own: [`start`] makes it, [`work`] is what it does,
//! [`follow`] tells of it, in the agent that made it or in the next one. All they
//! have in common is a folder, so that it makes no difference whether the
//! process is on the host or in a container beside the agent's.

mod follow;
mod start;
mod work;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use varanus_proto::ErrorBody;

pub use follow::follow;
pub use start::{hand_over, limit};
pub use work::work;

/// The argument that makes the agent's program do detached work.
pub const COMMAND: &str = "detached-job";

/// The folder of one piece of work.
#[derive(Debug, Clone)]
pub struct Place(PathBuf);

impl Place {
    /// At a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is to be done, with its secrets; it is there until it has been read.
    fn plan(&self) -> PathBuf {
        self.0.join("plan.json")
    }

    /// Locked as long as the work goes on.
    fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Made when the work begins.
    fn begun(&self) -> PathBuf {
        self.0.join("begun")
    }

    /// Made by whoever wants the work to end.
    fn cancel(&self) -> PathBuf {
        self.0.join("cancel")
    }

    /// A line of JSON for each line that a program writes.
    fn lines(&self) -> PathBuf {
        self.0.join("lines")
    }

    /// What came of it.
    fn answer(&self) -> PathBuf {
        self.0.join("answer.json")
    }

    /// What the process itself says, when it does not even begin.
    fn log(&self) -> PathBuf {
        self.0.join("log")
    }
}

/// What came of detached work.
#[derive(Serialize, Deserialize)]
enum Outcome {
    Answer(Box<RawValue>),
    Failure(ErrorBody),
}

/// A line of a program.
#[derive(Serialize, Deserialize)]
struct Line {
    stage: String,
    is_error: bool,
    line: String,
}

#[cfg(test)]
mod tests;
