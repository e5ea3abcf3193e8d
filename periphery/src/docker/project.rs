//! What a compose project has on this host, read without starting a program.

use std::collections::HashMap;
use std::sync::PoisonError;

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as State};
use bollard::query_parameters::ListContainersOptionsBuilder;
use serde::{Deserialize, Serialize};
use varanus_proto::Result;

use super::{Docker, checked};

/// A container of a project, as far as a deploy cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its id.
    pub id: String,
    /// Its name, without the slash.
    pub name: String,
    /// The service it is of.
    pub service: String,
    /// The image it was made of.
    pub image_id: String,
    /// Compose's digest of the service's configuration.
    pub config_hash: String,
    /// The networks it is in, by name and id.
    pub networks: Vec<(String, String)>,
    /// How it stands.
    pub standing: Standing,
}

/// How a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It runs, and its health check, if it has one, does not say otherwise.
    Up,
    /// It ended with 0.
    Done,
    /// Anything else: stopped, paused, restarting, unhealthy.
    Other,
}

impl Docker {
    /// The containers of a compose project, by name; those of `compose run` are
    /// left out.
    pub async fn project(&self, project: &str) -> Result<Vec<Part>> {
        self.of_project(project).await.map(parts)
    }

    /// All containers of a compose project, as the engine describes them.
    pub(super) async fn of_project(&self, project: &str) -> Result<Vec<ContainerSummary>> {
        let label = format!("com.docker.compose.project={project}");
        let filters = HashMap::from([("label".to_owned(), vec![label])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        self.ask(|api| async move { api.list_containers(Some(options)).await }).await
    }

    /// Which engine this is: its id and version. The same until it goes away;
    /// asking it takes the engine as long as a container takes it to start.
    pub async fn engine(&self) -> Result<String> {
        if let Some(known) = self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(known);
        }
        let found = self.ask(|api| async move { api.info().await }).await?;
        let version = found.server_version.unwrap_or_default();
        let engine = format!("{} {version}", found.id.unwrap_or_default());
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
        Ok(engine)
    }

    /// The image that a reference stands for on this host: its id, and the
    /// digests by which registries know it (`NAME@sha256:…`).
    pub async fn resolve(&self, reference: &str) -> Result<(String, Vec<String>)> {
        let name = checked("an image", reference)?;
        let found = self.ask(|api| async move { api.inspect_image(name).await }).await?;
        Ok((found.id.unwrap_or_default(), found.repo_digests.unwrap_or_default()))
    }
}

/// As far as a deploy cares, by name.
pub(super) fn parts(found: Vec<ContainerSummary>) -> Vec<Part> {
    let mut parts: Vec<_> = found.into_iter().filter_map(part).collect();
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    parts
}

fn part(found: ContainerSummary) -> Option<Part> {
    let mut labels = found.labels.unwrap_or_default();
    let mut label = |name: &str| labels.remove(name).unwrap_or_default();
    if label("com.docker.compose.oneoff") == "True" {
        return None;
    }
    let networks = found.network_settings.and_then(|settings| settings.networks);
    let mut networks: Vec<_> = networks
        .into_iter()
        .flatten()
        .map(|(name, endpoint)| (name, endpoint.network_id.unwrap_or_default()))
        .collect();
    networks.sort();
    Some(Part {
        id: found.id?,
        name: found.names?.into_iter().next()?.trim_start_matches('/').to_owned(),
        service: label("com.docker.compose.service"),
        config_hash: label("com.docker.compose.config-hash"),
        image_id: found.image_id.unwrap_or_default(),
        networks,
        standing: standing(found.state, found.status.as_deref().unwrap_or_default()),
    })
}

/// From the state and what the engine says of it, as `Up 3 hours (healthy)`.
fn standing(state: Option<State>, status: &str) -> Standing {
    match state {
        Some(State::RUNNING) if !status.contains("(unhealthy)") => Standing::Up,
        Some(State::EXITED) if status.starts_with("Exited (0)") => Standing::Done,
        _ => Standing::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_well_is_up() {
        for (state, status, expected) in [
            (State::RUNNING, "Up 2 hours", Standing::Up),
            (State::RUNNING, "Up 2 seconds (health: starting)", Standing::Up),
            (State::RUNNING, "Up 2 hours (healthy)", Standing::Up),
            (State::RUNNING, "Up 2 hours (unhealthy)", Standing::Other),
            (State::PAUSED, "Up 2 hours (Paused)", Standing::Other),
            (State::RESTARTING, "Restarting (1) 2 seconds ago", Standing::Other),
            (State::EXITED, "Exited (0) 2 hours ago", Standing::Done),
            (State::EXITED, "Exited (137) 2 hours ago", Standing::Other),
            (State::CREATED, "Created", Standing::Other),
        ] {
            assert_eq!(standing(Some(state), status), expected, "{status}");
        }
        assert_eq!(standing(None, ""), Standing::Other);
    }
}
