//! One service of a stack, run once.

use varanus_proto::agent::compose::{ComposeRun, DeployStackResponse};
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::Sources;
use super::raise::{env_file, login};
use super::up::{prepare, project_name};
use crate::agent::Agent;
use crate::work::{Work, log};

/// Runs one service of a stack once.
pub async fn run(agent: &Agent, work: &Work, request: ComposeRun) -> Result<Log> {
    let mut found = DeployStackResponse::default();
    let sources = Sources { repo: request.repo, git_token: request.git_token };
    let stack = &request.stack;
    let Some(placed) = prepare(agent, work, stack, sources, &mut found).await? else {
        let failed = found.logs.into_iter().find(|log| !log.success);
        return Ok(failed.unwrap_or_else(|| log("Compose Run", Err(Error::failed("no files")))));
    };
    let Some(work) = login(agent, work, stack, request.registry_token, &mut found.logs).await
    else {
        return Ok(found.logs.pop().unwrap_or_default());
    };
    let project = project_name(stack);
    let compose =
        Compose::new(agent, stack, &project, &placed.folder, env_file(stack, &placed).await);
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
    // The value comes from the environment of compose: arguments are seen by all.
    let variables: Vec<_> = request.env.into_iter().flatten().collect();
    for (name, _) in &variables {
        flags.extend(["-e".to_owned(), name.clone()]);
    }
    flags.extend(["--".to_owned(), request.service]);
    flags.extend(request.command.into_iter().flatten());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut program = compose.program("run", &flags, &[], &[])?;
    program.variables.extend(variables);
    Ok(work.stage("Compose Run", &program).await)
}
