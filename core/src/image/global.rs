//! Looking at everything that runs, one after another.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::api::execute::maintenance::GlobalAutoUpdate;
use varanus_proto::entity::deployment::DeploymentState;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::server::ServerState;
use varanus_proto::entity::stack::StackState;

use super::{Wish, check_deployment, check_stack};
use crate::Core;
use crate::http::Api;
use crate::run::{Run, Stream, executions};

const STAGE: &str = "Global Auto Update";

/// The request of this room.
pub fn api(api: &mut Api) {
    executions!(api, GlobalAutoUpdate);
}

/// Does an execution of this room. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    match execution {
        Execution::GlobalAutoUpdate(request) => {
            Some(everything(core, run, request.skip_auto_update).await)
        }
        _ => None,
    }
}

async fn everything(core: &Arc<Core>, run: &Arc<Run>, skip_auto_update: bool) -> Result<()> {
    let wish = Wish { skip_auto_update, wait: true, whole: Some(run.clone()) };
    let answers = |server: &str| core.observed.server(server).state == ServerState::Ok;
    let mut looked = 0;
    let mut tell = |kind: &str, name: &str, told: Result<Vec<String>>| {
        looked += 1;
        match told {
            Ok(newer) if newer.is_empty() => {
                run.line(STAGE, Stream::Stdout, &format!("{kind} {name}: nothing newer"));
            }
            Ok(newer) => {
                let text = format!("{kind} {name}: there is a newer {}", newer.join(", "));
                run.line(STAGE, Stream::Stdout, &text);
            }
            Err(error) => {
                run.line(STAGE, Stream::Stderr, &format!("{kind} {name}: {error}"));
            }
        }
    };
    for stack in core.catalog.stacks.all() {
        let config = &stack.config;
        if (config.poll_for_updates || config.auto_update)
            && !stack.template
            && answers(&config.server_id)
            && crate::stack::state(core, &stack) == StackState::Running
        {
            let checked = check_stack(core, &stack, wish.clone()).await;
            tell(
                "stack",
                &stack.name,
                checked.map(|answer| {
                    let newer = answer.services.iter().filter(|service| service.update_available);
                    newer
                        .map(|service| format!("{} for {}", service.image, service.service))
                        .collect()
                }),
            );
        }
    }
    for deployment in core.catalog.deployments.all() {
        let config = &deployment.config;
        if (config.poll_for_updates || config.auto_update)
            && !deployment.template
            && answers(&config.server_id)
            && crate::deployment::state(core, &deployment) == DeploymentState::Running
        {
            let checked = check_deployment(core, &deployment, wish.clone()).await;
            let checked = checked.map(|answer| match answer.update_available {
                true => vec!["image".to_owned()],
                false => Vec::new(),
            });
            tell("deployment", &deployment.name, checked);
        }
    }
    run.line(STAGE, Stream::Stdout, &format!("{looked} looked at"));
    Ok(())
}
