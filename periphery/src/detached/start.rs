//! Handing work over.

use std::path::PathBuf;
use std::time::Duration;

use varanus_proto::agent::compose::DeployStackResponse;
use varanus_proto::{Error, Result};

use super::{COMMAND, Place, follow};
use crate::agent::Agent;
use crate::apart::exists;
use crate::compose::raise::Plan;
use crate::config::PeripheryConfig;
use crate::docker::Own;
use crate::process;
use crate::repo::write_secret_file;
use crate::work::Work;

/// Lets a process of its own do the rest of a deploy, and waits for its end.
pub async fn hand_over(
    agent: &Agent,
    work: &Work,
    plan: &Plan,
    own: Option<&Own>,
) -> Result<DeployStackResponse> {
    let key = match &work.job {
        Some(key) => key.clone(),
        None => format!("detached-{:016x}", crate::work::now()),
    };
    let place = agent.jobs.place(&key)?;
    let text = serde_json::to_vec(plan)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| Error::internal("a plan cannot be written").cause(error))?;
    write_secret_file(&place.plan(), &text).await?;
    let started = match own {
        Some(own) => beside(agent, own, &key, &place).await,
        None => process(&place).await,
    };
    if let Err(error) = started {
        let _ = tokio::fs::remove_file(place.plan()).await;
        return Err(error.context("the deploy could not be handed to a process of its own"));
    }
    let limit = limit(&agent.config);
    let cancelled = || work.cancel.is_cancelled();
    let answer = follow(&place, &*work.progress, cancelled, limit).await?;
    if work.job.is_none() {
        let _ = tokio::fs::remove_dir_all(place.path()).await;
    }
    serde_json::from_slice(&answer)
        .map_err(|error| Error::internal("the answer is unreadable").cause(error))
}

/// The longest time of everything that a deploy may start.
pub fn limit(config: &PeripheryConfig) -> Duration {
    let of = &config.deadlines;
    of.build.duration() + of.compose.duration() * 4 + of.hook.duration() * 2
}

/// In a container like this agent's own.
async fn beside(agent: &Agent, own: &Own, key: &str, place: &Place) -> Result<()> {
    let id = agent.docker.beside(own, key, argv(place).await?).await?;
    tracing::info!(job = key, container = id, "a deploy is done by a container beside this one");
    Ok(())
}

/// On the host: outside of the agent's control group where systemd can do that,
/// as it ends all of the group with the agent.
async fn process(place: &Place) -> Result<()> {
    let (argv, begun) = (argv(place).await?, place.begun());
    let begun = || exists(&begun);
    if exists(std::path::Path::new("/run/systemd/system")).await {
        let user = !nix::unistd::geteuid().is_root();
        let scope = ["systemd-run", "--scope", "--quiet", "--collect"].map(str::to_owned);
        let scope = scope.into_iter().chain(user.then(|| "--user".to_owned()));
        let scope = scope.chain(["--".to_owned()]).chain(argv.iter().cloned()).collect();
        if process::launch(scope, &place.log(), &begun).await.is_ok() {
            return Ok(());
        }
        tracing::warn!("systemd-run gives no scope: a stop of the agent's unit ends its deploys");
    }
    process::launch(argv, &place.log(), begun).await
}

/// This program with its own arguments, and what it is to do.
async fn argv(place: &Place) -> Result<Vec<String>> {
    let program = std::env::current_exe()
        .map_err(|error| Error::failed("this program's own path is not known").cause(error))?;
    // A program that was replaced while it runs is still there under this name.
    let program = if exists(&program).await { program } else { PathBuf::from("/proc/self/exe") };
    let mut argv = vec![program.display().to_string()];
    argv.extend(std::env::args().skip(1));
    argv.extend([COMMAND.to_owned(), place.path().display().to_string()]);
    Ok(argv)
}
