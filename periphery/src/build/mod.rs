//! Images are built here, on a builder, and pushed to their registries.
//!
//! Core has repositories fetched before it asks for a build; this room finds the
//! files, calls docker, and leaves nothing of a secret behind.

mod arguments;
mod files;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use varanus_proto::agent::build as agent;
use varanus_proto::entity::build::Build;
use varanus_proto::entity::update::Log;
use varanus_proto::image::registries;
use varanus_proto::{Result, entity::repo::Repo};

use arguments::{Arguments, arguments};
use files::Placed;
pub use files::{read, write};

use crate::agent::Agent;
use crate::deployment::registry_token;
use crate::docker::private_folder;
use crate::fill::Filler;
use crate::process::Program;
use crate::repo;
use crate::work::{Work, log};

/// Builds that are in progress, by the id of their resource.
#[derive(Default)]
pub struct Building(Mutex<HashMap<String, CancellationToken>>);

impl Building {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the build of a resource, if there is one.
    pub fn cancel(&self, id: &str) {
        if let Some(cancel) = self.lock().get(id) {
            cancel.cancel();
        }
    }
}

/// Builds an image and pushes it.
pub async fn build(agent: &Agent, work: &Work, request: agent::Build) -> Result<Vec<Log>> {
    // Ended by its id alone too, as an unmodified Core does.
    let work = &Work { cancel: work.cancel.child_token(), ..work.clone() };
    let id = request.build.id.to_string();
    agent.building.lock().insert(id.clone(), work.cancel.clone());
    let built = walk(agent, work, request).await;
    agent.building.lock().remove(&id);
    built
}

async fn walk(agent: &Agent, work: &Work, request: agent::Build) -> Result<Vec<Log>> {
    let agent::Build { build, repo, registry_tokens, replacers, commit_hash, additional_tags } =
        request;
    let filler = Filler::new(agent, &replacers, build.config.skip_secret_interp);
    let given =
        arguments(&build, commit_hash.as_deref(), &additional_tags, &filler, &work.redactor)?;
    let mut logs = Vec::new();
    let (work, pushes) = match login(agent, work, &build, &registry_tokens).await {
        Ok(Some(work)) => (work, true),
        Ok(None) => (work.clone(), false),
        Err(error) => {
            logs.push(log("Docker Login", Err(error)));
            return Ok(logs);
        }
    };
    let placed = place(agent, &build, repo.as_ref(), &filler, &mut logs).await?;
    let hook = &build.config.pre_build;
    let folder = crate::agent::below(&placed.root, &hook.path)?;
    let folder = match build.config.files_on_host {
        true => folder,
        false => crate::confine::inside(&placed.root, &folder).await?,
    };
    if let Some(log) = repo::run_hook(agent, &work, "Pre Build", hook, &folder).await? {
        let success = log.success;
        logs.push(log);
        if !success {
            return Ok(logs);
        }
    }
    logs.push(call(agent, &work, &build, &placed, given, pushes).await?);
    Ok(logs)
}

async fn place(
    agent: &Agent,
    build: &Build,
    linked: Option<&Repo>,
    filler: &Filler<'_>,
    logs: &mut Vec<Log>,
) -> Result<Placed> {
    let mut placed = files::place(agent, build, linked, filler).await?;
    logs.append(&mut placed.logs);
    Ok(placed)
}

async fn call(
    agent: &Agent,
    work: &Work,
    build: &Build,
    placed: &Placed,
    given: Arguments,
    pushes: bool,
) -> Result<Log> {
    let files = private_folder()?;
    let mut argv: Vec<String> = vec!["docker".into()];
    argv.extend(build.config.use_buildx.then(|| "buildx".into()));
    argv.push("build".into());
    argv.extend(given.options);
    for (at, (id, value)) in given.secrets.iter().enumerate() {
        let path = files.write(&at.to_string(), value.as_bytes())?;
        argv.extend(["--secret".into(), format!("id={id},src={}", path.display())]);
    }
    let shown: Vec<_> = argv.iter().filter(|word| work.redactor.redact(word) != **word).collect();
    let warning = match shown.is_empty() {
        true => "",
        false => {
            "warning: a secret is an argument of docker, where every user of the host can see it; \
             give it as one of secret_args\n"
        }
    };
    for image in given.images {
        argv.extend(["-t".into(), image]);
    }
    argv.extend(pushes.then(|| "--push".into()));
    argv.extend(["-f".into(), placed.dockerfile.clone(), ".".into()]);
    let deadline = agent.config.deadlines.build.duration();
    let mut program = Program::new(argv, deadline).within(&placed.folder);
    program.variables.extend(given.variables);
    let mut log = work.stage("Docker Build", &program).await;
    log.stdout = format!("{warning}{}", log.stdout);
    Ok(log)
}

/// The work with a login at every registry of the build; `None` without any.
async fn login(
    agent: &Agent,
    work: &Work,
    build: &Build,
    tokens: &[(String, String, String)],
) -> Result<Option<Work>> {
    let mut accounts: Vec<(&str, &str, Option<String>)> = Vec::new();
    for registry in registries(build)? {
        let (domain, account) = (registry.domain.as_str(), registry.account.as_str());
        if accounts.iter().any(|known| known.0 == domain) {
            continue;
        }
        let given = tokens.iter().find(|known| known.0 == domain && known.1 == account);
        let token = given.map(|(_, _, token)| token.clone());
        accounts.push((domain, account, token.or_else(|| registry_token(agent, domain, account))));
    }
    if accounts.is_empty() {
        return Ok(None);
    }
    let login = agent.docker.login_all(work, &accounts).await?;
    Ok(Some(Work { outfit: Some(Arc::new(login)), ..work.clone() }))
}
