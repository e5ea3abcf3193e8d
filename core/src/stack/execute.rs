//! What is done to a stack.

use std::sync::Arc;

use varanus_proto::agent::compose::{ComposeExecution, ComposeRun};
use varanus_proto::api::execute::stack::*;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::misc::BatchExecutionResponse;
use varanus_proto::entity::stack::{Stack, StackRemoteFileContents};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

use super::changed::Needed;
use super::{Stacks, decide, deploy, project_name, server_of};
use crate::Core;
use crate::agent::Ask;
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{self, Kind as _};
use crate::run::batch::{batch, chosen, nothing, one};
use crate::run::{Origin, Run, executions};

/// The stage that says what differs.
const DIFF: &str = "Diff compose files";

const NOTHING_NEW: &str = "nothing has changed since the last deploy: nothing to do";

pub(super) fn api(api: &mut Api) {
    executions!(
        api,
        DeployStack,
        DeployStackIfChanged,
        PullStack,
        StartStack,
        RestartStack,
        PauseStack,
        UnpauseStack,
        StopStack,
        DestroyStack,
        RunStackService
    );
    api.on(|call: Call, request: BatchDeployStack| async move {
        let BatchDeployStack { pattern, tags } = request;
        batch::<Stacks>(&call.core, &call.caller, &pattern, &tags, |stack| {
            Execution::DeployStack(DeployStack { stack, services: Vec::new(), stop_time: None })
        })
        .await
    });
    api.on(|call: Call, request: BatchDeployStackIfChanged| async move {
        batch_if_changed(&call, &request).await
    });
    api.on(|call: Call, request: BatchPullStack| async move {
        let BatchPullStack { pattern, tags } = request;
        batch::<Stacks>(&call.core, &call.caller, &pattern, &tags, |stack| {
            Execution::PullStack(PullStack { stack, services: Vec::new() })
        })
        .await
    });
    api.on(|call: Call, request: BatchDestroyStack| async move {
        let BatchDestroyStack { pattern, tags } = request;
        batch::<Stacks>(&call.core, &call.caller, &pattern, &tags, |stack| {
            Execution::DestroyStack(DestroyStack {
                stack,
                services: Vec::new(),
                remove_orphans: false,
                stop_time: None,
            })
        })
        .await
    });
}

/// Begins a run for each stack that has something to deploy, and none for others.
async fn batch_if_changed(
    call: &Call,
    request: &BatchDeployStackIfChanged,
) -> Result<BatchExecutionResponse> {
    let (core, caller, since) = (&call.core, &call.caller, now());
    let chosen = chosen::<Stacks>(core, caller, &request.pattern, &request.tags)?;
    let ids: Vec<_> = chosen.iter().map(|stack| stack.id.to_string()).collect();
    let settled = super::settled(core, &ids, since).await;
    let mut items = Vec::new();
    for stack in chosen {
        let id = stack.id.to_string();
        items.push(match settled.contains(&id) {
            true => {
                let target = Stacks::target(&id);
                nothing(caller, Operation::DeployStack, target, DIFF, NOTHING_NEW)
            }
            false => {
                let origin = Origin { fetched_since: Some(since), ..Origin::default() };
                let request = DeployStackIfChanged { stack: id, stop_time: None };
                let execution = Execution::DeployStackIfChanged(request);
                one(core, caller, &stack.name, execution, origin).await
            }
        });
    }
    Ok(items)
}

/// Does an execution on a stack. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    use Execution as E;
    Some(match execution {
        E::DeployStack(r) => match check_names(&r.services) {
            Ok(()) => deploy::deploy(core, run, r.services).await,
            Err(error) => Err(error),
        },
        E::DeployStackIfChanged(_) => if_changed(core, run).await,
        E::PullStack(r) => match check_names(&r.services) {
            Ok(()) => deploy::pull(core, run, r.services).await,
            Err(error) => Err(error),
        },
        E::StartStack(r) => on_project(core, run, "start", &r.services).await,
        E::RestartStack(r) => on_project(core, run, "restart", &r.services).await,
        E::PauseStack(r) => on_project(core, run, "pause", &r.services).await,
        E::UnpauseStack(r) => on_project(core, run, "unpause", &r.services).await,
        E::StopStack(r) => {
            let command = format!("stop{}", timeout(r.stop_time));
            on_project(core, run, &command, &r.services).await
        }
        E::DestroyStack(r) => {
            let orphans = if r.remove_orphans { " --remove-orphans" } else { "" };
            let command = format!("down{}{orphans}", timeout(r.stop_time));
            on_project(core, run, &command, &r.services).await
        }
        E::RunStackService(r) => run_service(core, run, r).await,
        _ => return None,
    })
}

fn timeout(seconds: Option<i32>) -> String {
    seconds.map(|seconds| format!(" --timeout {seconds}")).unwrap_or_default()
}

/// A command of compose on a stack's project.
pub(super) fn compose(stack: &Stack, command: &str) -> ComposeExecution {
    ComposeExecution { project: project_name(stack), command: command.to_owned() }
}

/// The agent puts services into a command line: only what compose itself takes
/// for a service's name may be there.
fn check_names(services: &[String]) -> Result<()> {
    let good = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    match services.iter().find(|name| !good(name)) {
        None => Ok(()),
        Some(name) => Err(Error::invalid(format!("{name:?} is not the name of a service"))),
    }
}

async fn on_project(
    core: &Arc<Core>,
    run: &Arc<Run>,
    command: &str,
    services: &[String],
) -> Result<()> {
    check_names(services)?;
    let stack = resource::find::<Stacks>(core, run.target.id())?;
    let server = server_of(core, &stack)?;
    let mut command = command.to_owned();
    for service in services {
        command.push(' ');
        command.push_str(service);
    }
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let log = core.agents.request(&server, compose(&stack, &command), ask).await;
    crate::observe::look_again(core, &server).await;
    run.push(log?);
    Ok(())
}

async fn run_service(core: &Arc<Core>, run: &Arc<Run>, request: RunStackService) -> Result<()> {
    check_names(std::slice::from_ref(&request.service))?;
    let prepared = deploy::prepare(core, run)?;
    let ask = ComposeRun {
        stack: prepared.stack,
        repo: prepared.repo,
        git_token: prepared.git_token,
        registry_token: prepared.registry_token,
        replacers: prepared.replacers,
        service: request.service,
        command: request.command,
        no_tty: request.no_tty,
        no_deps: request.no_deps,
        detach: request.detach,
        service_ports: request.service_ports,
        env: request.env,
        workdir: request.workdir,
        user: request.user,
        entrypoint: request.entrypoint,
        pull: request.pull,
    };
    let how = Ask { run: Some(run.clone()), ..Ask::default() };
    run.push(core.agents.request(&prepared.server, ask, how).await?);
    Ok(())
}

/// Deploys or restarts what differs from what is deployed.
async fn if_changed(core: &Arc<Core>, run: &Arc<Run>) -> Result<()> {
    const STAGE: &str = DIFF;
    let id = run.target.id();
    let (needed, latest) = decide::decide(core, id, run.fetched_since()).await?;
    let stack = resource::find::<Stacks>(core, id)?;
    match needed {
        Needed::Nothing => {
            run.info(STAGE, NOTHING_NEW);
            Ok(())
        }
        Needed::Deploy(why) => {
            run.info(STAGE, format!("the stack is deployed: {why}"));
            deploy::deploy(core, run, Vec::new()).await
        }
        Needed::Services { deploy: changed, restart, restart_all } => {
            let changed: Vec<_> = changed.into_iter().collect();
            if !changed.is_empty() {
                run.info(STAGE, format!("deploying the changed services {}", changed.join(", ")));
                deploy::deploy(core, run, changed.clone()).await?;
            }
            let restart: Vec<_> = match restart_all {
                false => restart.into_iter().collect(),
                true => crate::observe::services(&stack)
                    .iter()
                    .map(|service| service.service_name.clone())
                    .filter(|name| !changed.contains(name))
                    .collect(),
            };
            if restart.is_empty() || run.failed() {
                return Ok(());
            }
            run.info(STAGE, format!("restarting {}: their files changed", restart.join(", ")));
            on_project(core, run, "restart", &restart).await?;
            match run.failed() {
                true => Ok(()),
                false => note_restarted(core, id, latest.contents).await,
            }
        }
    }
}

/// After a restart the running services have read the files as they are now.
async fn note_restarted(
    core: &Core,
    id: &str,
    contents: Vec<StackRemoteFileContents>,
) -> Result<()> {
    let contents: Vec<_> = contents
        .into_iter()
        .map(|file| FileContents { path: file.path, contents: file.contents })
        .collect();
    resource::note_info::<Stacks>(core, id, |info| info.deployed_contents = Some(contents.clone()))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_name_cannot_be_an_option_or_a_command() {
        for bad in ["--rm", "-v", "a b", "a;b", "$(a)", "", "a&&b", "../x"] {
            assert!(check_names(&[bad.to_owned()]).is_err(), "{bad}");
        }
        assert!(check_names(&["web-1".into(), "db_2.x".into(), "9".into()]).is_ok());
    }
}
