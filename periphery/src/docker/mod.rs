//! Docker on this host.
//!
//! What is there is read through the engine's API; what changes something is
//! done by the `docker` program, whose output people know. Names that others
//! give never become options or parts of a path.

mod container;
mod inspect;
mod lists;
pub mod login;
mod measure;
mod own;
pub mod private;
mod project;
mod prune;
mod unfinished;

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use varanus_proto::{Error, Result};

pub use container::ContainerCommand;
pub use lists::{Sections, relate};
pub use login::Login;
pub(crate) use login::own_folder;
pub use own::Own;
pub use private::make as private_folder;
pub use project::{Part, Standing};
pub use prune::Prune;

use measure::Measured;

use crate::config::PeripheryConfig;

/// A label that keeps a container out of commands for all of them.
const SKIP: &str = "komodo.skip";

/// For finding out which API an engine speaks.
const GREETING: Duration = Duration::from_secs(5);

/// Docker on this host.
pub struct Docker {
    /// The engine, once it was there; forgotten when it goes away, for another
    /// version may come back.
    api: Mutex<Option<bollard::Docker>>,
    /// Which engine that is, once somebody asked.
    engine: Mutex<Option<String>>,
    /// Where it is, if not where `DOCKER_HOST` says.
    host: Option<String>,
    /// For a question.
    query: Duration,
    /// For a change.
    change: Duration,
    measured: Measured,
}

impl Docker {
    /// The engine that `DOCKER_HOST` names, or the one at the usual socket. It
    /// need not be there yet.
    pub fn new(config: &PeripheryConfig) -> Self {
        Self {
            api: Mutex::default(),
            engine: Mutex::default(),
            host: None,
            query: config.deadlines.query.duration(),
            change: config.deadlines.docker.duration(),
            measured: Measured::new(config.container_stats_polling_rate.duration()),
        }
    }

    /// An engine at an address of its own.
    #[cfg(test)]
    pub(crate) fn at(host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..Self::new(&PeripheryConfig::default()) }
    }

    /// The engine's API, in the version that both sides speak.
    pub(crate) async fn api(&self) -> Result<bollard::Docker> {
        let known = self.api.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(api) = known {
            return Ok(api);
        }
        let connected = match &self.host {
            Some(host) => bollard::Docker::connect_with_host(host),
            None => bollard::Docker::connect_with_defaults(),
        };
        let api = connected.map_err(explain)?;
        // Older engines refuse a newer version than theirs.
        let api = match timeout(GREETING, api.negotiate_version()).await {
            Ok(api) => api.map_err(explain)?,
            Err(_) => return Err(silent(GREETING)),
        };
        *self.api.lock().unwrap_or_else(PoisonError::into_inner) = Some(api.clone());
        Ok(api)
    }

    /// The engine went away; what comes back may be another version of it.
    pub(crate) fn forget(&self) {
        *self.api.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Asks the engine, within the deadline of a question.
    async fn ask<T, F>(&self, ask: impl FnOnce(bollard::Docker) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, bollard::errors::Error>>,
    {
        let api = self.api().await?;
        match timeout(self.query, ask(api)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(explain(error)),
            Err(_) => Err(silent(self.query)),
        }
    }

    /// Whether the engine answers at all.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.ask(|api| async move { api.ping().await }).await.map(|_| ())
    }
}

fn silent(waited: Duration) -> Error {
    Error::deadline(format!("docker did not answer within {} s", waited.as_secs()))
}

pub(crate) fn explain(error: bollard::errors::Error) -> Error {
    use bollard::errors::Error as E;
    match error {
        E::DockerResponseServerError { status_code: 404, message } => Error::not_found(message),
        E::DockerResponseServerError { status_code: 409, message } => Error::conflict(message),
        E::DockerResponseServerError { message, .. } => Error::failed(message),
        other => Error::unreachable("docker cannot be reached; is it running?").cause(other),
    }
}

/// A name or id that others gave, fit to be part of an engine's path.
pub(crate) fn checked<'a>(what: &str, name: &'a str) -> Result<&'a str> {
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
