//! Docker on this host.
//!
//! What is there is read through the engine's API; what changes something is
//! done by the `docker` program, whose output people know. Names that others
//! give never become options or parts of a path.

mod container;
mod inspect;
mod lists;
pub mod login;
mod own;
mod project;
mod prune;
mod unfinished;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::time::timeout;
use varanus_proto::docker::stats::ContainerStats;
use varanus_proto::{Error, Result};

pub use container::ContainerCommand;
pub use login::Login;
pub use own::Own;
pub use project::{Part, Standing};
pub use prune::Prune;

use crate::config::PeripheryConfig;
use crate::process::Program;
use crate::work::Work;

/// A label that keeps a container out of commands for all of them.
const SKIP: &str = "komodo.skip";

/// Docker on this host.
pub struct Docker {
    api: Option<bollard::Docker>,
    /// For a question.
    query: Duration,
    /// For a change.
    change: Duration,
    /// The last measurement of each container, by name.
    measured: RwLock<HashMap<String, ContainerStats>>,
}

impl Docker {
    /// The engine that `DOCKER_HOST` names, or the one at the usual socket. It
    /// need not be there yet.
    pub fn new(config: &PeripheryConfig) -> Self {
        let api = bollard::Docker::connect_with_defaults()
            .inspect_err(|error| tracing::warn!(%error, "docker is not configured"))
            .ok();
        Self {
            api,
            query: config.deadlines.query.duration(),
            change: config.deadlines.docker.duration(),
            measured: RwLock::default(),
        }
    }

    /// Asks the engine, within the deadline of a question.
    async fn ask<'a, T, F>(&'a self, ask: impl FnOnce(&'a bollard::Docker) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, bollard::errors::Error>> + 'a,
    {
        let api = self.api.as_ref().ok_or_else(|| {
            Error::unreachable("docker cannot be reached: DOCKER_HOST is no address of an engine")
        })?;
        match timeout(self.query, ask(api)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(explain(error)),
            Err(_) => Err(Error::deadline(format!(
                "docker did not answer within {} s",
                self.query.as_secs()
            ))),
        }
    }

    /// Measures all running containers.
    pub async fn measure(&self, work: &Work) -> Result<()> {
        let argv = ["docker", "stats", "--no-stream", "--no-trunc", "--format", "{{json .}}"];
        let output = work.quietly(&Program::new(argv, self.query)).await?;
        let measured = output.stdout.lines().filter_map(|line| {
            let stats: ContainerStats = serde_json::from_str(line).ok()?;
            Some((stats.name.clone(), stats))
        });
        *self.measured.write().unwrap_or_else(PoisonError::into_inner) = measured.collect();
        Ok(())
    }

    /// The last measurements.
    pub fn measured(&self) -> HashMap<String, ContainerStats> {
        self.measured.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last measurement of a container.
    pub fn measured_of(&self, name: &str) -> Result<ContainerStats> {
        let measured = self.measured.read().unwrap_or_else(PoisonError::into_inner);
        measured.get(name).cloned().ok_or_else(|| {
            Error::not_found(format!("container {name:?} was not measured; is it running?"))
        })
    }
}

fn explain(error: bollard::errors::Error) -> Error {
    use bollard::errors::Error as E;
    match error {
        E::DockerResponseServerError { status_code: 404, message } => Error::not_found(message),
        E::DockerResponseServerError { status_code: 409, message } => Error::conflict(message),
        E::DockerResponseServerError { message, .. } => Error::failed(message),
        other => Error::unreachable("docker cannot be reached; is it running?").cause(other),
    }
}

/// A name or id that others gave, fit to be part of an engine's path.
fn checked<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_.-/:@".contains(c);
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    match starts && name.len() <= 512 && name.chars().all(good) && !name.contains("..") {
        true => Ok(name),
        false => Err(Error::invalid(format!("{name:?} is no name of {what}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for good in ["web", "ghcr.io/a/b:1.2", "a@sha256:00", "sha256:ab"] {
            assert!(checked("an image", good).is_ok(), "{good}");
        }
        for bad in ["", "../x", "a/../b", "-f", "a?force=1", "a b", "a#b", "/a"] {
            assert!(checked("an image", bad).is_err(), "{bad}");
        }
    }
}
