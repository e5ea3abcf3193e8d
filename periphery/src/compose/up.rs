//! The walk of a deploy: files → secrets → compose.

use varanus_proto::agent::compose::{ComposePullResponse, ComposeUp, DeployStackResponse};
use varanus_proto::entity::stack::Stack;
use varanus_proto::stack_files::tracked;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::{self, Placed, Sources};
use super::raise::{Plan, env_file, login, raise};
use super::unchanged::{Question, Record, since};
use crate::agent::Agent;
use crate::work::{Work, log};

/// Deploys a stack, or some of its services.
pub async fn up(agent: &Agent, work: &Work, request: ComposeUp) -> Result<DeployStackResponse> {
    let ComposeUp { stack, services, repo, git_token, registry_token, .. } = request;
    let mut response = DeployStackResponse::default();
    let sources = Sources { repo, git_token };
    let outcome = walk(agent, work, stack, services, sources, registry_token, &mut response).await;
    if let Err(error) = outcome {
        response.logs.push(log("Deploy Stack", Err(error)));
    }
    Ok(response)
}

/// Errors that belong to a stage are logs; what is left becomes one.
async fn walk(
    agent: &Agent,
    work: &Work,
    stack: Stack,
    services: Vec<String>,
    sources: Sources,
    registry_token: Option<String>,
    response: &mut DeployStackResponse,
) -> Result<()> {
    let Some(placed) = prepare(agent, work, &stack, sources, response).await? else {
        return Ok(());
    };
    // A person's own command may need the login; what the agent does needs none.
    if !crate::secrets::is_own_hook(&stack)
        && !crate::secrets::pre_deploy(agent, work, &stack, &placed, response).await?
    {
        return Ok(());
    }
    let project = project_name(&stack);
    let last = stack.info.deployed_project_name.as_deref().unwrap_or(&project);
    if last == project
        && let Some(question) = Question::new(agent, &stack, &services, &placed).await
        && let Some(record) = question.unchanged(registry_token.as_deref()).await
    {
        nothing_to_change(record, response);
        let files = since::before(agent, &stack, &services, &placed).await;
        since::keep(agent, &project, files).await;
        return Ok(());
    }
    let own = agent.docker.own().await.inspect_err(|error| {
        tracing::warn!(%error, "whether the agent is part of what it deploys is not known");
    });
    let own = own.unwrap_or_default();
    let is_own = own.as_ref().and_then(|own| own.project.as_ref()) == Some(&project);
    let detached = stack.config.self_managed || is_own;
    let plan = Plan {
        stack,
        services,
        placed,
        registry_token,
        response: std::mem::take(response),
        hidden: work.redactor.forms(),
    };
    *response = match detached {
        true => {
            let kept = plan.response.clone();
            match crate::detached::hand_over(agent, work, &plan, own.as_ref()).await {
                Ok(answer) => answer,
                Err(error) => {
                    *response = kept;
                    return Err(error);
                }
            }
        }
        false => raise(agent, work, plan).await,
    };
    Ok(())
}

/// Answers as the last deploy did, whose record holds still.
fn nothing_to_change(record: Record, response: &mut DeployStackResponse) {
    let text = format!(
        "nothing to change: the files, settings, images and all {} containers are those of the \
         last deploy. Set force_deploy to deploy all the same",
        record.containers()
    );
    response.logs.push(log("Compose Up", Ok(text)));
    response.services = record.services;
    response.merged_config = record.merged_config;
    response.deployed = true;
}

/// Puts the files in place and reads them. `None` when a stage failed.
pub(super) async fn prepare(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    sources: Sources,
    response: &mut DeployStackResponse,
) -> Result<Option<Placed>> {
    let placed = files::place(agent, work, stack, sources).await?;
    response.logs.extend(placed.logs.iter().cloned());
    response.commit_hash.clone_from(&placed.hash);
    response.commit_message.clone_from(&placed.message);
    if !placed.success() {
        return Ok(None);
    }
    files::check_env_files(&placed, stack).await?;
    let (contents, errors) =
        files::read(placed.root.as_deref(), &placed.folder, &tracked(stack)).await;
    response.file_contents = contents
        .into_iter()
        .map(|mut file| {
            file.contents = work.redactor.redact(&file.contents);
            file
        })
        .collect();
    if !errors.is_empty() {
        response.missing_files = errors.iter().map(|error| error.path.clone()).collect();
        let text = format!(
            "these files are not in {}: {}; check file_paths and run_directory",
            placed.folder.display(),
            response.missing_files.join(", ")
        );
        response.remote_errors = errors;
        response.logs.push(log("Validate Files", Err(Error::not_found(text))));
        return Ok(None);
    }
    Ok(Some(placed))
}

/// The project's name, as Komodo 2.3 makes it.
pub fn project_name(stack: &Stack) -> String {
    let name = match stack.config.project_name.is_empty() {
        true => &stack.name,
        false => &stack.config.project_name,
    };
    let name: String = name
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .collect();
    name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Pulls the images of a stack, or of some of its services.
pub async fn pull(
    agent: &Agent,
    work: &Work,
    request: varanus_proto::agent::compose::ComposePull,
) -> Result<ComposePullResponse> {
    let mut found = DeployStackResponse::default();
    let sources = Sources { repo: request.repo, git_token: request.git_token };
    let stack = &request.stack;
    let placed = prepare(agent, work, stack, sources, &mut found).await?;
    if let Some(placed) = placed
        && let Some(work) = login(agent, work, stack, request.registry_token, &mut found.logs).await
    {
        let project = project_name(stack);
        let compose =
            Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed).await);
        let pull = compose.program("pull", &[], &[], &request.services)?;
        found.logs.push(work.stage("Compose Pull", &pull).await);
    }
    Ok(ComposePullResponse {
        missing_files: found.missing_files,
        remote_errors: found.remote_errors,
        logs: found.logs,
    })
}
