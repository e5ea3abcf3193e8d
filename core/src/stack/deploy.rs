//! Bringing a stack up.

use std::sync::Arc;

use varanus_proto::agent::compose::{ComposePull, ComposeUp, DeployStackResponse};
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::stack::Stack;
use varanus_proto::{Error, Result};

use super::{Stacks, git_token, registry_token, server_of};
use crate::Core;
use crate::agent::Ask;
use crate::interpolate::Interpolator;
use crate::resource;
use crate::run::Run;

/// A stack, ready to be sent to its agent: interpolated, with what it needs to
/// fetch files and images.
pub(super) struct Prepared {
    pub server: String,
    pub stack: Stack,
    pub repo: Option<Repo>,
    pub git_token: Option<String>,
    pub registry_token: Option<String>,
    pub replacers: Vec<(String, String)>,
}

/// Prepares the stack of a run, and writes into its log what was filled in.
pub(super) fn prepare(core: &Core, run: &Run) -> Result<Prepared> {
    let stack = resource::find::<Stacks>(core, run.target.id())?;
    let server = server_of(core, &stack)?;
    let mut stack = (*stack).clone();
    let mut repo = match stack.config.linked_repo.as_str() {
        "" => None,
        id => Some((*resource::find::<crate::repo::Repos>(core, id)?).clone()),
    };
    let git_token = match &repo {
        Some(repo) => git_token(core, &repo.config.git_provider, &repo.config.git_account)?,
        None if stack.config.repo.is_empty() => None,
        None => git_token(core, &stack.config.git_provider, &stack.config.git_account)?,
    };
    let (domain, account) = (&stack.config.registry_provider, &stack.config.registry_account);
    let registry_token = registry_token(core, domain, account)?;
    let mut replacers = Vec::new();
    if !stack.config.skip_secret_interp {
        let mut fill = Interpolator::new(core);
        let config = &mut stack.config;
        fill.fill("file_contents", &mut config.file_contents.0)?;
        fill.fill("environment", &mut config.environment.0)?;
        fill.fill("pre_deploy.command", &mut config.pre_deploy.command.0)?;
        fill.fill("post_deploy.command", &mut config.post_deploy.command.0)?;
        fill.fill("compose_cmd_wrapper", &mut config.compose_cmd_wrapper)?;
        fill.fill_all("extra_args", &mut config.extra_args)?;
        fill.fill_all("build_extra_args", &mut config.build_extra_args)?;
        if let Some(repo) = &mut repo
            && !repo.config.skip_secret_interp
        {
            crate::repo::fill(&mut fill, repo)?;
        }
        replacers = fill.finish(run);
    }
    // Nothing on a host has a use for these.
    stack.config.webhook_secret.clear();
    if let Some(repo) = &mut repo {
        repo.config.webhook_secret.clear();
    }
    Ok(Prepared { server, stack, repo, git_token, registry_token, replacers })
}

/// Deploys all services of the run's stack, or some.
pub(super) async fn deploy(core: &Arc<Core>, run: &Arc<Run>, services: Vec<String>) -> Result<()> {
    let prepared = prepare(core, run)?;
    let (server, project) = (prepared.server.clone(), super::fresh_project_name(&prepared.stack));
    let request = ComposeUp {
        stack: prepared.stack,
        services,
        repo: prepared.repo,
        git_token: prepared.git_token,
        registry_token: prepared.registry_token,
        replacers: prepared.replacers,
    };
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let answer = core.agents.request(&server, request, ask).await;
    crate::observe::look_again(core, &server).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            note_failed(core, run.target.id()).await;
            return Err(error);
        }
    };
    run.extend(answer.logs.iter().cloned());
    if let Some(hash) = &answer.commit_hash {
        run.amend(|update| update.commit_hash.clone_from(hash));
    }
    let deployed = answer.deployed;
    note(core, run.target.id(), answer, project).await?;
    match deployed || run.failed() {
        true => Ok(()),
        false => Err(Error::failed("the agent did not deploy the stack, and gave no reason")),
    }
}

/// What runs may be neither what was deployed before nor what was to be.
async fn note_failed(core: &Core, id: &str) {
    let noted = resource::update_info::<Stacks>(core, id, |info| info.deploy_failed = true).await;
    if let Err(error) = noted {
        tracing::warn!(stack = id, %error, "that a deploy failed was not noted");
    }
}

/// Keeps what a deploy found out.
async fn note(core: &Core, id: &str, answer: DeployStackResponse, project: String) -> Result<()> {
    let DeployStackResponse {
        missing_files,
        deployed,
        services,
        file_contents,
        remote_errors,
        merged_config,
        commit_hash,
        commit_message,
        ..
    } = answer;
    let in_ui = core.catalog.stacks.get(id).is_some_and(|s| !s.config.file_contents.is_empty());
    resource::note_info::<Stacks>(core, id, |info| {
        info.missing_files.clone_from(&missing_files);
        if !services.is_empty() {
            info.latest_services.clone_from(&services);
        }
        info.deploy_failed = !deployed;
        if deployed {
            info.deployed_project_name = Some(project.clone());
            info.deployed_hash.clone_from(&commit_hash);
            info.deployed_message.clone_from(&commit_message);
            info.deployed_contents = Some(
                file_contents
                    .iter()
                    .map(|file| FileContents {
                        path: file.path.clone(),
                        contents: file.contents.clone(),
                    })
                    .collect(),
            );
            info.deployed_services = Some(info.latest_services.clone());
            info.deployed_config.clone_from(&merged_config);
        }
        if in_ui {
            info.remote_contents = None;
            info.remote_errors = None;
        } else {
            info.remote_contents = Some(file_contents.clone());
            info.remote_errors = Some(remote_errors.clone()).filter(|errors| !errors.is_empty());
        }
        info.latest_hash.clone_from(&commit_hash);
        info.latest_message.clone_from(&commit_message);
    })
    .await
}

/// Pulls the images of all services, or of some.
pub(super) async fn pull(core: &Arc<Core>, run: &Arc<Run>, services: Vec<String>) -> Result<()> {
    let prepared = prepare(core, run)?;
    let server = prepared.server.clone();
    let request = ComposePull {
        stack: prepared.stack,
        services,
        repo: prepared.repo,
        git_token: prepared.git_token,
        registry_token: prepared.registry_token,
        replacers: prepared.replacers,
    };
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let answer = core.agents.request(&server, request, ask).await?;
    run.extend(answer.logs);
    let missing = answer.missing_files;
    resource::note_info::<Stacks>(core, run.target.id(), |info| {
        info.missing_files.clone_from(&missing);
    })
    .await
}
