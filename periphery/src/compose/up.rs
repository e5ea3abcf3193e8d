//! The walk of a deploy: files → secrets → compose.

use std::collections::BTreeMap;

use varanus_proto::agent::compose::{ComposePullResponse, ComposeUp, DeployStackResponse};
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::{self, Placed, Sources};
use crate::agent::Agent;
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
    if !login(agent, work, stack, registry_token, &mut response.logs).await {
        return Ok(());
    }
    if !crate::secrets::pre_deploy(agent, work, stack, &placed, &mut response.logs).await? {
        return Ok(());
    }
    let project = project_name(stack);
    let compose = Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed));
    let (config_log, merged) = work_config(work, &compose.program("config", &[], &[], &[])?).await;
    let failed = !config_log.success;
    if failed {
        response.logs.push(config_log);
        return Ok(());
    }
    response.services = super::services(&project, &merged)?;
    response.merged_config = Some(super::sanitize(&merged));
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
    let last = stack.info.deployed_project_name.as_deref().unwrap_or(&project);
    if config.destroy_before_deploy || last != project {
        let down = super::simple::program(agent, last, &["down".to_owned()], services);
        if !push(&mut response.logs, work.stage("Compose Down", &down).await) {
            return Ok(());
        }
    }
    let before = agent.docker.project(&project).await.unwrap_or_default();
    let up = compose.program("up", &["-d"], &config.extra_args, services)?;
    let mut up = work.stage("Compose Up", &up).await;
    if up.success {
        let after = agent.docker.project(&project).await.unwrap_or_default();
        up.stdout.push_str(&what_changed(&before, &after));
    }
    response.deployed = push(&mut response.logs, up);
    if response.deployed {
        let hook = &config.post_deploy;
        let post = placed.run_hook(agent, work, "Post Deploy", hook).await?;
        response.logs.extend(post);
    }
    Ok(())
}

/// Puts the files in place and reads them. `None` when a stage failed.
async fn prepare(
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
fn env_file(stack: &Stack, placed: &Placed) -> Option<String> {
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
async fn login(
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
fn what_changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let new: Vec<_> = after
        .iter()
        .filter(|(name, id)| before.get(*name) != Some(*id))
        .map(|(name, _)| name.as_str())
        .collect();
    let gone: Vec<_> =
        before.keys().filter(|name| !after.contains_key(*name)).map(String::as_str).collect();
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => {
            "nothing changed: all containers are those of the last deploy, none was started\n"
                .into()
        }
        (false, true) => format!("started: {}\n", new.join(", ")),
        (true, false) => format!("removed: {}\n", gone.join(", ")),
        (false, false) => format!("started: {}; removed: {}\n", new.join(", "), gone.join(", ")),
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

/// Runs one service of a stack once.
pub async fn run(
    agent: &Agent,
    work: &Work,
    request: varanus_proto::agent::compose::ComposeRun,
) -> Result<Log> {
    let mut found = DeployStackResponse::default();
    let sources = Sources { repo: request.repo, git_token: request.git_token };
    let stack = &request.stack;
    let Some(placed) = prepare(agent, work, stack, sources, &mut found).await? else {
        let failed = found.logs.into_iter().find(|log| !log.success);
        return Ok(failed.unwrap_or_else(|| log("Compose Run", Err(Error::failed("no files")))));
    };
    if !login(agent, work, stack, request.registry_token, &mut found.logs).await {
        return Ok(found.logs.pop().unwrap_or_default());
    }
    let project = project_name(stack);
    let compose = Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed));
    if request.pull.unwrap_or(false) {
        let services = [request.service.clone()];
        let pull = work.stage("Compose Pull", &compose.program("pull", &[], &[], &services)?).await;
        if !pull.success {
            return Ok(pull);
        }
    }
    let mut flags = vec!["--rm".to_owned()];
    let on = |wanted: Option<bool>| wanted.unwrap_or(false);
    for (wanted, flag) in [
        (on(request.detach), "-d"),
        (on(request.no_tty), "--no-tty"),
        (on(request.no_deps), "--no-deps"),
        (on(request.service_ports), "--service-ports"),
    ] {
        if wanted {
            flags.push(flag.to_owned());
        }
    }
    for (value, flag) in [
        (request.workdir, "--workdir"),
        (request.user, "--user"),
        (request.entrypoint, "--entrypoint"),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            flags.extend([flag.to_owned(), value]);
        }
    }
    for (name, value) in request.env.into_iter().flatten() {
        flags.extend(["-e".to_owned(), format!("{name}={value}")]);
    }
    flags.extend(["--".to_owned(), request.service]);
    flags.extend(request.command.into_iter().flatten());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Ok(work.stage("Compose Run", &compose.program("run", &flags, &[], &[])?).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_that_changed_nothing_says_so() {
        let ids = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
        };
        let (a, b) = (ids(&[("web", "1"), ("db", "2")]), ids(&[("web", "3"), ("db", "2")]));
        assert!(what_changed(&a, &a).starts_with("nothing changed"));
        assert_eq!(what_changed(&a, &b), "started: web\n");
        assert_eq!(what_changed(&a, &ids(&[("db", "2")])), "removed: web\n");
    }
}
