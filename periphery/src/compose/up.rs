//! The walk of a deploy: files → secrets → compose.

use varanus_proto::agent::compose::{ComposePullResponse, ComposeUp, DeployStackResponse};
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::{self, Placed, Sources};
use super::unchanged::{self, Question, Record};
use crate::agent::Agent;
use crate::docker::Part;
use crate::process::Program;
use crate::repo;
use crate::work::{Work, log};

/// Deploys a stack, or some of its services.
pub async fn up(agent: &Agent, work: &Work, request: ComposeUp) -> Result<DeployStackResponse> {
    let ComposeUp { stack, services, repo, git_token, registry_token, .. } = request;
    let mut response = DeployStackResponse::default();
    let outcome = walk(
        agent,
        work,
        &stack,
        &services,
        Sources { repo, git_token },
        registry_token,
        &mut response,
    )
    .await;
    if let Err(error) = outcome {
        response.logs.push(log("Deploy Stack", Err(error)));
    }
    Ok(response)
}

/// Errors that belong to a stage are logs; what is left becomes one.
async fn walk(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    services: &[String],
    sources: Sources,
    registry_token: Option<String>,
    response: &mut DeployStackResponse,
) -> Result<()> {
    let config = &stack.config;
    let Some(placed) = prepare(agent, work, stack, sources, response).await? else { return Ok(()) };
    // A person's own command may need the login; what the agent does needs none.
    let own_hook = crate::secrets::is_own_hook(stack);
    if !own_hook && !crate::secrets::pre_deploy(agent, work, stack, &placed, response).await? {
        return Ok(());
    }
    let project = project_name(stack);
    let last = stack.info.deployed_project_name.as_deref().unwrap_or(&project);
    let compose = Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed));
    let question = match last == project {
        true => Question::new(agent, stack, services, &placed, &compose).await,
        false => None,
    };
    if let Some(question) = &question
        && let Some(record) = question.unchanged(registry_token.as_deref()).await
    {
        nothing_to_change(record, response);
        return Ok(());
    }
    if !login(agent, work, stack, registry_token, &mut response.logs).await {
        return Ok(());
    }
    if own_hook && !crate::secrets::pre_deploy(agent, work, stack, &placed, response).await? {
        return Ok(());
    }
    let before = match &question {
        Some(question) => question.before().await,
        None => None,
    };
    unchanged::forget(agent, &project).await;
    let compose = Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed));
    let (config_log, merged) = work_config(work, &compose.program("config", &[], &[], &[])?).await;
    let failed = !config_log.success;
    if failed {
        response.logs.push(config_log);
        return Ok(());
    }
    response.services = super::services(&project, &merged)?;
    response.merged_config = Some(work.redactor.redact(&super::sanitize(&merged)));
    if config.run_build {
        let build = compose.program("build", &[], &config.build_extra_args, services)?;
        if !push(&mut response.logs, work.stage("Compose Build", &build).await) {
            return Ok(());
        }
    }
    if config.auto_pull {
        let pull = compose.program("pull", &[], &[], services)?;
        if !push(&mut response.logs, work.stage("Compose Pull", &pull).await) {
            return Ok(());
        }
    }
    if config.destroy_before_deploy || last != project {
        let down = super::simple::program(agent, last, &["down".to_owned()], services);
        if !push(&mut response.logs, work.stage("Compose Down", &down).await) {
            return Ok(());
        }
    }
    let mended = agent.docker.mend(work, &project).await?;
    if !mended.is_empty() {
        push(&mut response.logs, log("Mend Project", Ok(mended.join("\n"))));
    }
    let parts_before = agent.docker.project(&project).await.unwrap_or_default();
    let up = compose.program("up", &["-d"], &config.extra_args, services)?;
    let mut up = work.stage("Compose Up", &up).await;
    if up.success {
        let parts = agent.docker.project(&project).await.unwrap_or_default();
        up.stdout.push_str(&what_changed(&parts_before, &parts));
    }
    response.deployed = push(&mut response.logs, up);
    if response.deployed {
        if let Some(question) = &question {
            question.keep(before, response, &merged).await;
        }
        let hook = &config.post_deploy;
        let post = placed.run_hook(agent, work, "Post Deploy", hook).await?;
        response.logs.extend(post);
    }
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
    files::check_env_files(&placed, stack)?;
    let (contents, errors) =
        files::read(placed.root.as_deref(), &placed.folder, &files::tracked(stack)).await;
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

/// The env file that compose is told of: ours, unless a hook made one meanwhile.
pub(super) fn env_file(stack: &Stack, placed: &Placed) -> Option<String> {
    let name = repo::default_env(&stack.config.env_file_path);
    placed.env_file.clone().or_else(|| placed.folder.join(name).exists().then(|| name.to_owned()))
}

/// What `docker compose config` printed is a person's whole configuration with
/// every secret filled in: it is kept out of the log.
async fn work_config(work: &Work, program: &Program) -> (Log, String) {
    let plain = Work { redactor: Default::default(), ..work.clone() };
    let outcome = plain.quietly(program).await;
    let (merged, outcome) = match outcome {
        Ok(output) if output.success => (output.stdout, Ok(String::new())),
        Ok(output) => {
            (String::new(), Err(Error::failed(work.redactor.redact(output.stderr.trim()))))
        }
        Err(error) => (String::new(), Err(error)),
    };
    let mut log = log("Compose Config", outcome);
    log.command = work.redactor.redact(&program.shown());
    (log, merged)
}

fn push(logs: &mut Vec<Log>, log: Log) -> bool {
    let success = log.success;
    logs.push(log);
    success
}

/// Logs in to the stack's image registry, with the token on stdin. Whether the
/// deploy goes on.
pub(super) async fn login(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    token: Option<String>,
    logs: &mut Vec<Log>,
) -> bool {
    let config = &stack.config;
    if config.registry_provider.is_empty() || config.registry_account.is_empty() {
        return true;
    }
    let (domain, account) = (&config.registry_provider, &config.registry_account);
    match agent.docker.login(work, domain, account, token).await {
        Ok(()) => true,
        Err(error) => {
            logs.push(log("Login to Registry", Err(error)));
            false
        }
    }
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

/// Says which containers a deploy made, by their ids before and after.
fn what_changed(before: &[Part], after: &[Part]) -> String {
    let names = |parts: &[Part], without: &dyn Fn(&Part) -> bool| {
        let parts = parts.iter().filter(|part| !without(part));
        parts.map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let new = names(after, &|part| before.iter().any(|old| old.id == part.id));
    let gone = names(before, &|part| after.iter().any(|new| new.name == part.name));
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => "nothing changed: all containers are those of the last deploy\n".into(),
        (false, true) => format!("started: {new}\n"),
        (true, false) => format!("removed: {gone}\n"),
        (false, false) => format!("started: {new}; removed: {gone}\n"),
    }
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
        && login(agent, work, stack, request.registry_token, &mut found.logs).await
    {
        let project = project_name(stack);
        let compose =
            Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed));
        let pull = compose.program("pull", &[], &[], &request.services)?;
        found.logs.push(work.stage("Compose Pull", &pull).await);
    }
    Ok(ComposePullResponse {
        missing_files: found.missing_files,
        remote_errors: found.remote_errors,
        logs: found.logs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Standing;

    #[test]
    fn a_deploy_that_changed_nothing_says_so() {
        let part = |(name, id): &(&str, &str)| Part {
            id: (*id).into(),
            name: (*name).into(),
            service: String::new(),
            image_id: String::new(),
            config_hash: String::new(),
            networks: Vec::new(),
            standing: Standing::Up,
        };
        let parts = |pairs: &[(&str, &str)]| pairs.iter().map(part).collect::<Vec<_>>();
        let (a, b) = (parts(&[("web", "1"), ("db", "2")]), parts(&[("web", "3"), ("db", "2")]));
        assert!(what_changed(&a, &a).starts_with("nothing changed"));
        assert_eq!(what_changed(&a, &b), "started: web\n");
        assert_eq!(what_changed(&a, &parts(&[("db", "2")])), "removed: web\n");
    }
}
