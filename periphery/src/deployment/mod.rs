//! Single containers: pulling an image, and replacing a container by one that
//! runs it.
//!
//! What is removed is the container of a name; this room must not know of what
//! compose made.

mod arguments;

use std::sync::Arc;

use varanus_proto::agent::container::RunContainer;
use varanus_proto::entity::deployment::{Deployment, DeploymentImage};
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use arguments::{Arguments, arguments};
pub(crate) use arguments::{is_read_by_docker, literal};

use crate::agent::Agent;
use crate::docker::{checked, private_folder};
use crate::fill::Filler;
use crate::process::Program;
use crate::work::{Work, log};

/// Replaces the container of a deployment. The old one is removed when
/// everything that a new one needs is there.
pub async fn run(agent: &Agent, work: &Work, request: RunContainer) -> Result<Log> {
    let RunContainer { deployment, stop_signal, stop_time, registry_token, replacers } = request;
    let config = &deployment.config;
    let image = image(&deployment)?;
    let name = match config.custom_name.is_empty() {
        true => checked("a container", &deployment.name)?,
        false => checked("a container", &config.custom_name)?,
    };
    let account = &config.image_registry_account;
    let work = &match login(agent, work, image, account, registry_token).await {
        Ok(work) => work,
        Err(error) => return Ok(log("Docker Login", Err(error))),
    };
    let filler = Filler::new(agent, &replacers, config.skip_secret_interp);
    let given = arguments(&deployment, name, &filler, &work.redactor)?;
    let mut notes = String::new();
    let pulled = pull_image(agent, work, image).await;
    going_on(work)?;
    if !pulled.success {
        if !agent.docker.has_image(image).await? {
            return Ok(pulled);
        }
        notes.push_str("the image cannot be pulled; the one on this host is used\n");
    }
    if given.shows_a_secret(&work.redactor) {
        notes.push_str(
            "warning: a secret is an argument of docker or of the container, where every user of \
             the host can see it; variables are seen by the container alone\n",
        );
    }
    let signal = stop_signal.unwrap_or(config.termination_signal);
    let time = stop_time.unwrap_or(config.termination_timeout);
    let former = Some(deployment.info.deployed_name.as_str());
    for old in former.into_iter().filter(|old| !old.is_empty() && *old != name).chain([name]) {
        if !agent.docker.has_container(old).await? {
            continue;
        }
        let removed = agent.docker.remove(work, old, Some(signal), Some(time)).await?;
        if !removed.success {
            return Ok(removed);
        }
        notes.push_str(&format!("removed the old container {old}\n"));
    }
    going_on(work)?;
    let mut log = start(agent, work, image, given).await?;
    log.stdout = format!("{notes}{}", log.stdout);
    Ok(log)
}

/// Pulls an image, with a login of its own where there is an account.
pub async fn pull(
    agent: &Agent,
    work: &Work,
    image: &str,
    account: Option<String>,
    token: Option<String>,
) -> Result<Log> {
    let image = checked("an image", image)?;
    let account = account.unwrap_or_default();
    Ok(match login(agent, work, image, &account, token).await {
        Ok(work) => pull_image(agent, &work, image).await,
        Err(error) => log("Docker Login", Err(error)),
    })
}

async fn pull_image(agent: &Agent, work: &Work, image: &str) -> Log {
    let argv = ["docker", "pull", "--", image];
    let deadline = agent.config.deadlines.compose.duration();
    work.stage("Docker Pull", &Program::new(argv, deadline)).await
}

async fn start(agent: &Agent, work: &Work, image: &str, given: Arguments) -> Result<Log> {
    let files = private_folder()?;
    let mut argv: Vec<String> = ["docker", "run", "-d"].map(str::to_owned).to_vec();
    argv.extend(given.options);
    for (flag, name, lines) in
        [("--env-file", "variables", given.env_file), ("--label-file", "labels", given.label_file)]
    {
        if !lines.is_empty() {
            let path = files.write(name, lines.as_bytes())?;
            argv.extend([flag.to_owned(), path.display().to_string()]);
        }
    }
    argv.push(image.to_owned());
    argv.extend(given.command);
    let mut program = Program::new(argv, agent.config.deadlines.compose.duration());
    program.variables.extend(given.variables);
    Ok(work.stage("Docker Run", &program).await)
}

/// The image, which Core has found out where it is that of a build.
fn image(deployment: &Deployment) -> Result<&str> {
    match &deployment.config.image {
        DeploymentImage::Image { image } if !image.is_empty() => checked("an image", image),
        _ => Err(Error::invalid(format!("deployment {:?} has no image", deployment.name))),
    }
}

/// An error when nobody wants the work any more.
fn going_on(work: &Work) -> Result<()> {
    match work.cancel.is_cancelled() {
        true => Err(Error::cancelled("the run was cancelled")),
        false => Ok(()),
    }
}

/// The work with the login of an account; without an account as it is.
async fn login(
    agent: &Agent,
    work: &Work,
    image: &str,
    account: &str,
    token: Option<String>,
) -> Result<Work> {
    if account.is_empty() {
        return Ok(work.clone());
    }
    let domain = varanus_proto::entity::provider::registry_of(image);
    let token = token.or_else(|| registry_token(agent, domain, account));
    let login = agent.docker.login(work, domain, account, token).await?;
    Ok(Work { outfit: Some(Arc::new(login)), ..work.clone() })
}

/// The token of the agent's own configuration, where Core has none.
pub fn registry_token(agent: &Agent, domain: &str, account: &str) -> Option<String> {
    let registry = agent.config.image_registries.iter().find(|known| known.domain == domain)?;
    let known = registry.accounts.iter().find(|known| known.username == account)?;
    Some(known.token.expose().clone())
}
