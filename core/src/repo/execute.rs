//! Cloning and pulling.

use std::sync::Arc;

use varanus_proto::agent::repo as agent;
use varanus_proto::api::execute::repo::*;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::file::SystemCommand;
use varanus_proto::entity::git::RepoExecutionArgs;
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::update::{Operation, UpdateStatus};
use varanus_proto::environment::parse_environment;
use varanus_proto::{Context, Error, Result};

use super::Repos;
use crate::Core;
use crate::agent::Ask;
use crate::core::now;
use crate::http::{Api, Call};
use crate::interpolate::Interpolator;
use crate::resource;
use crate::run::{Run, batch::batch, executions};

pub(super) fn api(api: &mut Api) {
    executions!(api, CloneRepo, PullRepo, BuildRepo, CancelRepoBuild);
    api.on(|call: Call, request: BatchCloneRepo| async move {
        let BatchCloneRepo { pattern, tags } = request;
        batch::<Repos>(&call.core, &call.caller, &pattern, &tags, |repo| {
            Execution::CloneRepo(CloneRepo { repo })
        })
        .await
    });
    api.on(|call: Call, request: BatchPullRepo| async move {
        let BatchPullRepo { pattern, tags } = request;
        batch::<Repos>(&call.core, &call.caller, &pattern, &tags, |repo| {
            Execution::PullRepo(PullRepo { repo })
        })
        .await
    });
    api.on(|call: Call, request: BatchBuildRepo| async move {
        let BatchBuildRepo { pattern, tags } = request;
        batch::<Repos>(&call.core, &call.caller, &pattern, &tags, |repo| {
            Execution::BuildRepo(BuildRepo { repo })
        })
        .await
    });
}

/// Does an execution on a repo. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::CloneRepo(_) => fetch(core, run, Way::Clone).await,
        Execution::PullRepo(_) => fetch(core, run, Way::Pull).await,
        Execution::BuildRepo(_) => fetch(core, run, Way::Build).await,
        Execution::CancelRepoBuild(_) => cancel(core, run),
        _ => return None,
    })
}

/// How a repository is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Anew, on the repo's server.
    Clone,
    /// What is new, on the repo's server.
    Pull,
    /// What is new, on a builder: the repo's own commands build there.
    Build,
}

/// Ends the builds of a repo that are in progress.
fn cancel(core: &Core, run: &Run) -> Result<()> {
    let mut builds = core.runs.on(&run.target);
    builds.retain(|other| {
        let update = other.update();
        update.operation == Operation::BuildRepo && update.status == UpdateStatus::InProgress
    });
    if builds.is_empty() {
        return Err(Error::conflict("no build of this repo is in progress"));
    }
    for other in builds {
        other.cancel(format!("cancelled by {}", run.caller.user.username));
        run.info("Cancel Repo Build", format!("the run {} was ended", other.id));
    }
    Ok(())
}

/// The agent that a repo is fetched on, and what Core has of a builder.
fn place(
    core: &Arc<Core>,
    run: &Run,
    repo: &Repo,
    way: Way,
) -> Result<(String, Option<crate::builder::Lease>)> {
    if way == Way::Build {
        let lease = crate::builder::lease(core, &repo.config.builder_id, &run.update().other_data)?;
        run.amend(|update| update.other_data.clone_from(&lease.server));
        run.info("Builder", format!("building on {}", lease.name));
        return Ok((lease.server.clone(), Some(lease)));
    }
    let server = repo.config.server_id.clone();
    if server.is_empty() {
        return Err(Error::invalid(format!(
            "repo {:?} has no server; set one in its configuration",
            repo.name
        )));
    }
    crate::server::reachable(core, &server)?;
    Ok((server, None))
}

async fn fetch(core: &Arc<Core>, run: &Arc<Run>, way: Way) -> Result<()> {
    let repo = resource::find::<Repos>(core, run.target.id())?;
    let mut repo = (*repo).clone();
    if repo.config.repo.is_empty() {
        return Err(Error::invalid(format!(
            "repo {:?} has no repository; set `repo` to OWNER/NAME",
            repo.name
        )));
    }
    let (server, _lease) = place(core, run, &repo, way)?;
    let config = &repo.config;
    let git_token = crate::stack::git_token(core, &config.git_provider, &config.git_account)?;
    let mut replacers = Vec::new();
    if !repo.config.skip_secret_interp {
        let mut fill = Interpolator::new(core);
        super::fill(&mut fill, &mut repo)?;
        replacers = fill.finish(run);
    }
    let environment =
        parse_environment(&repo.config.environment).context("the repo's environment")?;
    let hook = |command: &SystemCommand| (!command.command.is_empty()).then(|| command.clone());
    let (on_clone, on_pull) = (hook(&repo.config.on_clone), hook(&repo.config.on_pull));
    let (args, env_file_path) =
        (RepoExecutionArgs::of_repo(&repo), repo.config.env_file_path.clone());
    let skip_secret_interp = repo.config.skip_secret_interp;
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let answer = match way {
        Way::Clone => {
            let request = agent::CloneRepo {
                args,
                git_token,
                environment,
                env_file_path,
                on_clone,
                on_pull,
                skip_secret_interp,
                replacers,
            };
            core.agents.request(&server, request, ask).await?
        }
        Way::Pull | Way::Build => {
            let request = agent::PullOrCloneRepo {
                args,
                git_token,
                environment,
                env_file_path,
                on_clone,
                on_pull,
                skip_secret_interp,
                replacers,
            };
            core.agents.request(&server, request, ask).await?
        }
    };
    let answer = answer.res;
    run.extend(answer.logs);
    if let Some(hash) = &answer.commit_hash {
        run.amend(|update| update.commit_hash.clone_from(hash));
    }
    if run.failed() {
        return Ok(());
    }
    let at = now();
    resource::note_info::<Repos>(core, run.target.id(), |info| {
        if way == Way::Build {
            info.last_built_at = at;
            info.built_hash.clone_from(&answer.commit_hash);
            info.built_message.clone_from(&answer.commit_message);
        } else {
            info.last_pulled_at = at;
            info.cloned_hash.clone_from(&answer.commit_hash);
            info.cloned_message.clone_from(&answer.commit_message);
        }
        info.latest_hash.clone_from(&answer.commit_hash);
        info.latest_message.clone_from(&answer.commit_message);
    })
    .await
}
