//! One request while it is being worked on: its stages, its lines, its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;
use varanus_proto::Result;
use varanus_proto::entity::update::Log;

use crate::process::{self, Output, Program, Stream};
use crate::redact::Redactor;

/// Gets the lines of running stages.
pub trait Progress: Send + Sync {
    /// One line, redacted.
    fn line(&self, stage: &str, stream: Stream, line: &str);
}

/// Nobody listens.
pub struct Silent;

impl Progress for Silent {
    fn line(&self, _: &str, _: Stream, _: &str) {}
}

/// What one piece of work gives to the programs that it starts, and takes back at
/// its end: a login of its own, for example.
pub trait Outfit: Send + Sync {
    /// The program with it.
    fn given_to(&self, program: Program) -> Program;
}

/// What every room needs to do its part of a request.
#[derive(Clone)]
pub struct Work {
    /// Gets lines as they come.
    pub progress: Arc<dyn Progress>,
    /// Fires when the request is withdrawn.
    pub cancel: CancellationToken,
    /// Hides secrets.
    pub redactor: Redactor,
    /// A fetch of a repository that began after this is new enough.
    pub fetched_since: Instant,
    /// The key that it was asked with.
    pub job: Option<String>,
    /// What its programs have for themselves, like the login to an image registry.
    pub outfit: Option<Arc<dyn Outfit>>,
}

impl Work {
    /// Work that nobody asked for with a key, which takes no fetch of another's.
    pub fn new(progress: Arc<dyn Progress>, cancel: CancellationToken, redactor: Redactor) -> Self {
        Self { progress, cancel, redactor, fetched_since: Instant::now(), job: None, outfit: None }
    }

    /// Runs a program as a stage. A program that cannot be started, is stopped
    /// or fails gives a failed log.
    pub async fn stage(&self, stage: &str, program: &Program) -> Log {
        self.stage_with_output(stage, program).await.0
    }

    /// The same, with what the program wrote.
    pub async fn stage_with_output(&self, stage: &str, program: &Program) -> (Log, Output) {
        let start_ts = now();
        let outcome = self.run(stage, program).await;
        let command = self.redactor.redact(&program.shown());
        let (output, failure) = match outcome {
            Ok(output) => (output, None),
            Err(error) => (Output::default(), Some(error.to_string())),
        };
        let log = Log {
            stage: stage.to_owned(),
            command,
            stdout: output.stdout.clone(),
            stderr: failure.clone().unwrap_or_else(|| output.stderr.clone()),
            success: output.success && failure.is_none(),
            start_ts,
            end_ts: now(),
        };
        (log, output)
    }

    /// Runs a program; its lines go to those who listen.
    pub async fn run(&self, stage: &str, program: &Program) -> Result<Output> {
        let line = |stream, line: &str| self.progress.line(stage, stream, line);
        process::run(&self.with_outfit(program), &self.redactor, &self.cancel, line).await
    }

    fn with_outfit<'a>(&self, program: &'a Program) -> Cow<'a, Program> {
        match &self.outfit {
            None => Cow::Borrowed(program),
            Some(outfit) => Cow::Owned(outfit.given_to(program.clone())),
        }
    }

    /// Runs a program whose lines concern nobody.
    pub async fn quietly(&self, program: &Program) -> Result<Output> {
        process::run(&self.with_outfit(program), &self.redactor, &self.cancel, |_, _| {}).await
    }
}

/// Unix milliseconds.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A log of something that was not a program.
pub fn log(stage: &str, outcome: Result<String>) -> Log {
    let ts = now();
    let (stdout, stderr, success) = match outcome {
        Ok(text) => (text, String::new(), true),
        Err(error) => (String::new(), error.to_string(), false),
    };
    let stage = stage.to_owned();
    Log { stage, command: String::new(), stdout, stderr, success, start_ts: ts, end_ts: ts }
}
