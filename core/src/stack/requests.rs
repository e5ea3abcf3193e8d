//! The requests about stacks.

use std::cmp::Ordering;
use std::sync::Arc;

use varanus_proto::agent::compose::{
    GetComposeLog, GetComposeLogSearch, WriteCommitComposeContents, WriteComposeContentsToHost,
};
use varanus_proto::agent::container::InspectContainer;
use varanus_proto::api::read::stack::*;
use varanus_proto::api::read::swarm::InspectStackSwarmService;
use varanus_proto::api::write::stack::*;
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::entity::stack::{
    PartialStackConfig, StackActionState, StackListItem, StackService, StackServiceState,
    StackSortBy, StackState,
};
use varanus_proto::entity::update::{Operation, Update};
use varanus_proto::{Error, NoData, Result};

use super::{Stacks, contents, execute, git_token, project_name, server_of, state};
use crate::Core;
use crate::agent::Ask;
use crate::auth::access::need;
use crate::catalog::Commit;
use crate::http::{Api, Call};
use crate::image::{Wish, check_stack};
use crate::resource::{self, Doc, Kind, kind_api, refer::distinct};
use crate::run::{Audit, batch::chosen, simple_log};
use crate::server::MAX_TAIL;

/// Every request about stacks.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Stacks, stack,
        get GetStack, list ListStacks, full ListFullStacks, copy CopyStack,
        delete DeleteStack, update UpdateStack, rename RenameStack, create CreateStack,
        sort order
    );
    api.on(|call: Call, _: GetStacksSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetStackActionState| async move {
        let stack = read(&call, &request.stack)?;
        Ok(action_state(&call.core, &stack))
    });
    api.on(|call: Call, request: ListStackServices| async move {
        let stack = read(&call, &request.stack)?;
        Ok(services(&call.core, &stack))
    });
    api.on(|call: Call, request: ListAllStackServices| async move { all_services(&call, request) });
    api.on(|call: Call, request: ListCommonStackExtraArgs| async move {
        let stacks = resource::query::<Stacks>(&call.core, &call.caller, &request.query)?;
        Ok(distinct(stacks.iter().flat_map(|stack| stack.config.extra_args.iter())))
    });
    api.on(|call: Call, request: ListCommonStackBuildExtraArgs| async move {
        let stacks = resource::query::<Stacks>(&call.core, &call.caller, &request.query)?;
        Ok(distinct(stacks.iter().flat_map(|stack| stack.config.build_extra_args.iter())))
    });
    api.on(|call: Call, request: GetStackLog| async move {
        let (stack, server) = asked(&call, &request.stack, SpecificPermission::Logs)?;
        let ask = GetComposeLog {
            project: project_name(&stack),
            services: request.services,
            tail: request.tail.min(MAX_TAIL),
            timestamps: request.timestamps,
        };
        call.core.agents.request(&server, ask, Ask::default()).await
    });
    api.on(|call: Call, request: SearchStackLog| async move {
        let (stack, server) = asked(&call, &request.stack, SpecificPermission::Logs)?;
        let ask = GetComposeLogSearch {
            project: project_name(&stack),
            services: request.services,
            terms: request.terms,
            combinator: request.combinator,
            invert: request.invert,
            timestamps: request.timestamps,
        };
        call.core.agents.request(&server, ask, Ask::default()).await
    });
    api.on(|call: Call, request: InspectStackContainer| async move {
        let (stack, server) = asked(&call, &request.stack, SpecificPermission::Inspect)?;
        let found = services(&call.core, &stack).into_iter().find(|s| s.service == request.service);
        let missing =
            || Error::not_found(format!("the stack has no service {:?}", request.service));
        let container = found.ok_or_else(missing)?.container;
        let gone =
            || Error::not_found(format!("the service {:?} has no container", request.service));
        let name = container.ok_or_else(gone)?.name;
        call.core.agents.request(&server, InspectContainer { name }, Ask::default()).await
    });
    api.on(|call: Call, request: InspectStackSwarmService| async move {
        Err(not_on_a_swarm(&read(&call, &request.stack)?.name))
    });
    api.on(|call: Call, request: RefreshStackCache| async move {
        let level = PermissionLevel::Execute;
        let stack = resource::get::<Stacks>(&call.core, &call.caller, &request.stack, level)?;
        contents::refresh(&call.core, stack.id.as_str(), crate::core::now()).await?;
        Ok(NoData {})
    });
    api.on(|call: Call, request: CheckStackForUpdate| async move {
        let level = PermissionLevel::Execute;
        let stack = resource::get::<Stacks>(&call.core, &call.caller, &request.stack, level)?;
        let CheckStackForUpdate { skip_auto_update, wait_for_auto_update: wait, .. } = request;
        let wish = Wish { skip_auto_update, wait, whole: None };
        check_stack(&call.core, &stack, wish).await
    });
    api.on(|call: Call, request: BatchCheckStackForUpdate| async move {
        let BatchCheckStackForUpdate {
            pattern,
            tags,
            skip_auto_update,
            wait_for_auto_update: wait,
            ..
        } = request;
        let wish = Wish { skip_auto_update, wait, whole: None };
        let mut answers = Vec::new();
        for stack in chosen::<Stacks>(&call.core, &call.caller, &pattern, &tags)? {
            match check_stack(&call.core, &stack, wish.clone()).await {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    tracing::warn!(stack = stack.name, %error, "a stack's images were not checked");
                }
            }
        }
        Ok(answers)
    });
    api.on(
        |call: Call, request: WriteStackFileContents| async move { write(&call, request).await },
    );
    execute::api(api);
}

fn read(call: &Call, id_or_name: &str) -> Result<Arc<Doc<Stacks>>> {
    resource::get::<Stacks>(&call.core, &call.caller, id_or_name, PermissionLevel::Read)
}

/// A stack and the server whose agent is to be asked about it.
fn asked(
    call: &Call,
    id_or_name: &str,
    specific: SpecificPermission,
) -> Result<(Arc<Doc<Stacks>>, String)> {
    let needed = need(PermissionLevel::Read, &[specific]);
    let stack = resource::get_with::<Stacks>(&call.core, &call.caller, id_or_name, &needed)?;
    let server = server_of(&call.core, &stack)?;
    Ok((stack, server))
}

fn not_on_a_swarm(name: &str) -> Error {
    Error::invalid(format!("stack {name:?} is not on a swarm"))
}

fn order(by: StackSortBy, a: &StackListItem, b: &StackListItem) -> Ordering {
    match by {
        StackSortBy::Name => Ordering::Equal,
        StackSortBy::Source => a.info.repo.cmp(&b.info.repo),
        StackSortBy::Host => a.info.server_name.cmp(&b.info.server_name),
        StackSortBy::State => a.info.state.cmp(&b.info.state),
    }
}

fn summary(call: &Call) -> Result<GetStacksSummaryResponse> {
    let mut summary = GetStacksSummaryResponse::default();
    for stack in resource::query::<Stacks>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &stack) {
            StackState::Running => summary.running += 1,
            StackState::Stopped | StackState::Paused => summary.stopped += 1,
            StackState::Down => summary.down += 1,
            StackState::Unknown => summary.unknown += 1,
            _ => summary.unhealthy += 1,
        }
    }
    Ok(summary)
}

fn action_state(core: &Core, stack: &Doc<Stacks>) -> StackActionState {
    let mut state = StackActionState::default();
    for operation in core.runs.working_on(&Stacks::target(stack.id.as_str())) {
        match operation {
            Operation::PullStack | Operation::PullStackService => state.pulling = true,
            Operation::DeployStack | Operation::DeployStackService => state.deploying = true,
            Operation::StartStack | Operation::StartStackService => state.starting = true,
            Operation::RestartStack | Operation::RestartStackService => state.restarting = true,
            Operation::PauseStack | Operation::PauseStackService => state.pausing = true,
            Operation::UnpauseStack | Operation::UnpauseStackService => state.unpausing = true,
            Operation::StopStack | Operation::StopStackService => state.stopping = true,
            Operation::DestroyStack | Operation::DestroyStackService => state.destroying = true,
            _ => {}
        }
    }
    state
}

fn services(core: &Core, stack: &Doc<Stacks>) -> Vec<StackService> {
    core.observed.viewed(&stack.config.server_id);
    let status = core.observed.server(&stack.config.server_id);
    crate::observe::services(stack)
        .iter()
        .map(|service| {
            let (state, container) = crate::observe::service_state(&status, service);
            StackService {
                stack_id: stack.id.to_string(),
                stack_name: stack.name.clone(),
                service: service.service_name.clone(),
                image: service.image.clone(),
                container,
                swarm_service: None,
                state,
                image_digests: service.image_digest.clone().map(|digest| vec![digest]),
            }
        })
        .collect()
}

fn all_services(call: &Call, request: ListAllStackServices) -> Result<Vec<StackService>> {
    let query = varanus_proto::entity::stack::StackQuery {
        names: request.stacks.into(),
        tags: request.tags.into(),
        ..Default::default()
    };
    let terms: Vec<_> = request.terms.iter().map(|term| term.to_lowercase()).collect();
    let wanted = |service: &StackService| {
        let text = format!("{} {}", service.stack_name, service.service).to_lowercase();
        let states: &[StackServiceState] = &request.state;
        (states.is_empty() || states.contains(&service.state))
            && terms.iter().all(|term| text.contains(term))
    };
    let found: Vec<_> = resource::query::<Stacks>(&call.core, &call.caller, &query)?
        .iter()
        .flat_map(|stack| services(&call.core, stack))
        .filter(wanted)
        .collect();
    Ok(resource::page(&call.core, found, request.page, request.limit))
}

/// Writes one file of a stack where it lives: in the configuration, on the host,
/// or in the repository, with a commit in the caller's name.
async fn write(call: &Call, request: WriteStackFileContents) -> Result<Update> {
    let core = &call.core;
    let level = PermissionLevel::Write;
    let stack = resource::get::<Stacks>(core, &call.caller, &request.stack, level)?;
    let WriteStackFileContents { file_path, contents: text, .. } = request;
    let id = stack.id.as_str();
    let mut audit = Audit::new(&call.caller, Operation::WriteStackContents, Stacks::target(id));
    if contents::in_configuration(&stack) {
        let config = PartialStackConfig {
            file_contents: Some(text.into()),
            ..PartialStackConfig::default()
        };
        resource::update::<Stacks>(core, &call.caller, id, config).await?;
        audit.push(simple_log("Write File", format!("{file_path} is in the configuration")));
    } else {
        let server = server_of(core, &stack)?;
        if stack.config.files_on_host {
            let ask = WriteComposeContentsToHost {
                name: stack.name.clone(),
                run_directory: stack.config.run_directory.clone(),
                file_path,
                contents: text,
            };
            audit.push(core.agents.request(&server, ask, Ask::default()).await?);
        } else {
            let repo = core.catalog.repos.get(&stack.config.linked_repo);
            let token = match &repo {
                Some(repo) => git_token(core, &repo.config.git_provider, &repo.config.git_account)?,
                None => git_token(core, &stack.config.git_provider, &stack.config.git_account)?,
            };
            let ask = WriteCommitComposeContents {
                stack: (*stack).clone(),
                repo: repo.map(|repo| (*repo).clone()),
                username: Some(call.caller.user.username.clone()),
                file_path,
                contents: text,
                git_token: token,
            };
            for log in core.agents.request(&server, ask, Ask::default()).await?.logs {
                audit.push(log);
            }
        }
        contents::refresh_soon(core, id);
    }
    let mut commit = Commit::new();
    let update = audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    Ok(update)
}
