//! The requests about deployments.

use std::cmp::Ordering;
use std::sync::Arc;

use varanus_proto::agent::container as agent;
use varanus_proto::api::read::deployment::*;
use varanus_proto::api::read::swarm::InspectDeploymentSwarmService;
use varanus_proto::api::write::deployment::*;
use varanus_proto::entity::deployment::{
    DeploymentActionState, DeploymentListItem, DeploymentSortBy, DeploymentState as State,
};
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::entity::update::Operation;
use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, Result};

use super::{Deployments, adopt, container, container_name, execute, state};
use crate::Core;
use crate::agent::Ask;
use crate::auth::access::need;
use crate::http::{Api, Call};
use crate::image::{Wish, check_deployment};
use crate::resource::{self, Doc, Kind, kind_api, refer::distinct};
use crate::run::batch::chosen;
use crate::server::MAX_TAIL;

/// Every request about deployments.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Deployments, deployment,
        get GetDeployment, list ListDeployments, full ListFullDeployments, copy CopyDeployment,
        delete DeleteDeployment, update UpdateDeployment, rename RenameDeployment,
        create CreateDeployment,
        sort order
    );
    execute::api(api);
    api.on(|call: Call, _: GetDeploymentsSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetDeploymentActionState| async move {
        let deployment = read(&call, &request.deployment)?;
        Ok(action_state(&call.core, &deployment))
    });
    api.on(|call: Call, request: ListCommonDeploymentExtraArgs| async move {
        let found = resource::query::<Deployments>(&call.core, &call.caller, &request.query)?;
        Ok(distinct(found.iter().flat_map(|deployment| deployment.config.extra_args.iter())))
    });
    api.on(|call: Call, request: GetDeploymentContainer| async move {
        let deployment = read(&call, &request.deployment)?;
        call.core.observed.viewed(&deployment.config.server_id);
        let status = call.core.observed.server(&deployment.config.server_id);
        Ok(GetDeploymentContainerResponse {
            state: state(&call.core, &deployment),
            container: container::observed(&deployment, &status).cloned(),
        })
    });
    api.on(|call: Call, request: GetDeploymentStats| async move {
        let ask = |name| agent::GetContainerStats { name };
        asked(&call, &request.deployment, &[], ask).await
    });
    api.on(|call: Call, request: InspectDeploymentContainer| async move {
        let ask = |name| agent::InspectContainer { name };
        asked(&call, &request.deployment, &[SpecificPermission::Inspect], ask).await
    });
    api.on(|call: Call, request: GetDeploymentLog| async move {
        let GetDeploymentLog { deployment, tail, timestamps } = request;
        let tail = tail.min(MAX_TAIL);
        let ask = |name| agent::GetContainerLog { name, tail, timestamps };
        asked(&call, &deployment, &[SpecificPermission::Logs], ask).await
    });
    api.on(|call: Call, request: SearchDeploymentLog| async move {
        let SearchDeploymentLog { deployment, terms, combinator, invert, timestamps } = request;
        let ask =
            |name| agent::GetContainerLogSearch { name, terms, combinator, invert, timestamps };
        asked(&call, &deployment, &[SpecificPermission::Logs], ask).await
    });
    api.on(|call: Call, request: InspectDeploymentSwarmService| async move {
        let name = &read(&call, &request.deployment)?.name;
        Err(Error::invalid(format!("deployment {name:?} is not on a swarm")))
    });
    api.on(|call: Call, request: CreateDeploymentFromContainer| async move {
        adopt::adopt(&call, request).await
    });
    api.on(|call: Call, request: CheckDeploymentForUpdate| async move {
        let (core, level) = (&call.core, PermissionLevel::Execute);
        let name = &request.deployment;
        let deployment = resource::get::<Deployments>(core, &call.caller, name, level)?;
        let CheckDeploymentForUpdate { skip_auto_update, wait_for_auto_update: wait, .. } = request;
        let wish = Wish { skip_auto_update, wait, whole: None };
        check_deployment(core, &deployment, wish).await
    });
    api.on(|call: Call, request: BatchCheckDeploymentForUpdate| async move {
        let BatchCheckDeploymentForUpdate {
            pattern,
            tags,
            skip_auto_update,
            wait_for_auto_update: wait,
        } = request;
        let wish = Wish { skip_auto_update, wait, whole: None };
        let mut answers = Vec::new();
        for deployment in chosen::<Deployments>(&call.core, &call.caller, &pattern, &tags)? {
            match check_deployment(&call.core, &deployment, wish.clone()).await {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    let name = &deployment.name;
                    tracing::warn!(deployment = name, %error, "an image was not checked");
                }
            }
        }
        Ok(answers)
    });
}

fn read(call: &Call, id_or_name: &str) -> Result<Arc<Doc<Deployments>>> {
    resource::get::<Deployments>(&call.core, &call.caller, id_or_name, PermissionLevel::Read)
}

/// Asks the agent about a deployment's container, by its name.
async fn asked<R: AgentRequest>(
    call: &Call,
    id_or_name: &str,
    specific: &[SpecificPermission],
    ask: impl FnOnce(String) -> R,
) -> Result<R::Response> {
    let (core, needed) = (&call.core, need(PermissionLevel::Read, specific));
    let deployment = resource::get_with::<Deployments>(core, &call.caller, id_or_name, &needed)?;
    let server = server_of(core, &deployment)?;
    core.agents.request(&server, ask(container_name(&deployment)), Ask::default()).await
}

/// The server of a deployment, if it can be asked.
pub(super) fn server_of(core: &Core, deployment: &Doc<Deployments>) -> Result<String> {
    let (name, config) = (&deployment.name, &deployment.config);
    if !config.swarm_id.is_empty() {
        return Err(Error::invalid(format!(
            "deployment {name:?} is on a swarm, which this version cannot deploy to yet"
        )));
    }
    if config.server_id.is_empty() {
        return Err(Error::invalid(format!(
            "deployment {name:?} has no server; set one in its configuration"
        )));
    }
    crate::server::reachable(core, &config.server_id)?;
    Ok(config.server_id.clone())
}

fn order(by: DeploymentSortBy, a: &DeploymentListItem, b: &DeploymentListItem) -> Ordering {
    match by {
        DeploymentSortBy::Name => Ordering::Equal,
        DeploymentSortBy::Image => a.info.image.cmp(&b.info.image),
        DeploymentSortBy::Host => a.info.server_name.cmp(&b.info.server_name),
        DeploymentSortBy::State => a.info.state.cmp(&b.info.state),
    }
}

fn summary(call: &Call) -> Result<GetDeploymentsSummaryResponse> {
    let mut summary = GetDeploymentsSummaryResponse::default();
    let found = resource::query::<Deployments>(&call.core, &call.caller, &Default::default())?;
    for deployment in found {
        summary.total += 1;
        match state(&call.core, &deployment) {
            State::Running | State::Deploying => summary.running += 1,
            State::Created | State::Paused | State::Exited | State::Stopping => {
                summary.stopped += 1;
            }
            State::NotDeployed => summary.not_deployed += 1,
            State::Unknown => summary.unknown += 1,
            State::Restarting | State::Removing | State::Dead | State::Unhealthy => {
                summary.unhealthy += 1;
            }
        }
    }
    Ok(summary)
}

fn action_state(core: &Core, deployment: &Doc<Deployments>) -> DeploymentActionState {
    let mut state = DeploymentActionState::default();
    for operation in core.runs.working_on(&Deployments::target(deployment.id.as_str())) {
        match operation {
            Operation::PullDeployment => state.pulling = true,
            Operation::Deploy => state.deploying = true,
            Operation::StartDeployment => state.starting = true,
            Operation::RestartDeployment => state.restarting = true,
            Operation::PauseDeployment => state.pausing = true,
            Operation::UnpauseDeployment => state.unpausing = true,
            Operation::StopDeployment => state.stopping = true,
            Operation::DestroyDeployment => state.destroying = true,
            _ => {}
        }
    }
    state
}
