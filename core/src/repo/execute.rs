//! Cloning and pulling.

use std::sync::Arc;

use varanus_proto::agent::repo as agent;
use varanus_proto::api::execute::repo::*;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::file::SystemCommand;
use varanus_proto::entity::git::RepoExecutionArgs;
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
        Execution::CloneRepo(_) => fetch(core, run, true).await,
        Execution::PullRepo(_) => fetch(core, run, false).await,
        Execution::BuildRepo(_) => Err(Error::invalid(
            "building a repo needs a builder, and this version has no builders yet",
        )),
        Execution::CancelRepoBuild(_) => {
            Err(Error::conflict("no build of this repo is in progress"))
        }
        _ => return None,
    })
}

async fn fetch(core: &Arc<Core>, run: &Arc<Run>, anew: bool) -> Result<()> {
    let repo = resource::find::<Repos>(core, run.target.id())?;
    let mut repo = (*repo).clone();
    let server = repo.config.server_id.clone();
    if server.is_empty() {
        return Err(Error::invalid(format!(
            "repo {:?} has no server; set one in its configuration",
            repo.name
        )));
    }
    if repo.config.repo.is_empty() {
        return Err(Error::invalid(format!(
            "repo {:?} has no repository; set `repo` to OWNER/NAME",
            repo.name
        )));
    }
    crate::server::reachable(core, &server)?;
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
    let answer = match anew {
        true => {
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
        false => {
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
    let pulled_at = now();
    resource::note_info::<Repos>(core, run.target.id(), |info| {
        info.last_pulled_at = pulled_at;
        info.latest_hash.clone_from(&answer.commit_hash);
        info.latest_message.clone_from(&answer.commit_message);
    })
    .await
}
