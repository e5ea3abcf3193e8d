//! What is on a server: containers, networks, images, volumes, projects.
//!
//! Lists come from what was last observed; single things are asked of the agent.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::agent;
use varanus_proto::api::read::docker::*;
use varanus_proto::docker::container::{
    ContainerListItem, ContainerSortBy, ContainerStateStatusEnum as State,
};
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::server::ServerState;
use varanus_proto::request::AgentRequest;

use super::{Servers, requests::read, state};
use crate::agent::Ask;
use crate::auth::access::{effective, need};
use crate::http::{Api, Call};
use crate::resource::{self, Doc};

/// The most lines of a log that are asked for (Komodo 2.3 API).
pub const MAX_TAIL: u64 = 5000;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: ListContainers| async move {
        let server = read(&call, &request.server)?;
        call.core.observed.viewed(server.id.as_str());
        Ok(lists(&call, &request.server)?.map(|lists| lists.containers.clone()).unwrap_or_default())
    });
    api.on(|call: Call, request: ListNetworks| async move {
        Ok(lists(&call, &request.server)?.map(|lists| lists.networks.clone()).unwrap_or_default())
    });
    api.on(|call: Call, request: ListImages| async move {
        Ok(lists(&call, &request.server)?.map(|lists| lists.images.clone()).unwrap_or_default())
    });
    api.on(|call: Call, request: ListVolumes| async move {
        Ok(lists(&call, &request.server)?.map(|lists| lists.volumes.clone()).unwrap_or_default())
    });
    api.on(|call: Call, request: ListComposeProjects| async move {
        Ok(lists(&call, &request.server)?.map(|lists| lists.projects.clone()).unwrap_or_default())
    });
    api.on(|call: Call, request: ListAllContainers| async move { all_containers(&call, request) });
    api.on(|call: Call, _: GetContainersSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetResourceMatchingContainer| async move {
        let server = read(&call, &request.server)?;
        Ok(GetResourceMatchingContainerResponse {
            resource: owner(&call, server.id.as_str(), &request.container).filter(|target| {
                effective(&call.core, &call.caller, target).level >= PermissionLevel::Read
            }),
        })
    });
    api.on(|call: Call, request: InspectContainer| async move {
        let name = request.container;
        inspect(&call, &request.server, agent::container::InspectContainer { name }).await
    });
    api.on(|call: Call, request: InspectNetwork| async move {
        let name = request.network;
        inspect(&call, &request.server, agent::docker::InspectNetwork { name }).await
    });
    api.on(|call: Call, request: InspectVolume| async move {
        let name = request.volume;
        inspect(&call, &request.server, agent::docker::InspectVolume { name }).await
    });
    api.on(|call: Call, request: InspectImage| async move {
        let name = request.image;
        inspect(&call, &request.server, agent::image::InspectImage { name }).await
    });
    api.on(|call: Call, request: ListImageHistory| async move {
        let name = request.image;
        inspect(&call, &request.server, agent::image::ImageHistory { name }).await
    });
    api.on(|call: Call, request: GetContainerLog| async move {
        let ask = agent::container::GetContainerLog {
            name: request.container,
            tail: request.tail.min(MAX_TAIL),
            timestamps: request.timestamps,
        };
        logs(&call, &request.server, ask).await
    });
    api.on(|call: Call, request: SearchContainerLog| async move {
        let ask = agent::container::GetContainerLogSearch {
            name: request.container,
            terms: request.terms,
            combinator: request.combinator,
            invert: request.invert,
            timestamps: request.timestamps,
        };
        logs(&call, &request.server, ask).await
    });
}

fn lists(call: &Call, server: &str) -> Result<Option<Arc<DockerLists>>> {
    let server = read(call, server)?;
    Ok(call.core.observed.server(server.id.as_str()).docker.clone())
}

async fn inspect<R: AgentRequest>(call: &Call, server: &str, ask: R) -> Result<R::Response> {
    with_specific(call, server, ask, SpecificPermission::Inspect).await
}

async fn logs<R: AgentRequest>(call: &Call, server: &str, ask: R) -> Result<R::Response> {
    with_specific(call, server, ask, SpecificPermission::Logs).await
}

async fn with_specific<R: AgentRequest>(
    call: &Call,
    server: &str,
    ask: R,
    specific: SpecificPermission,
) -> Result<R::Response> {
    let needed = need(PermissionLevel::Read, &[specific]);
    let server = resource::get_with::<Servers>(&call.core, &call.caller, server, &needed)?;
    super::reachable(&call.core, server.id.as_str())?;
    call.core.agents.request(server.id.as_str(), ask, Ask::default()).await
}

/// The stack or deployment a container belongs to, whoever may see that.
fn owner(call: &Call, server_id: &str, container: &str) -> Option<ResourceTarget> {
    let deployment = call.core.catalog.deployments.find(|deployment| {
        deployment.config.server_id == server_id
            && crate::deployment::container_name(deployment) == container
    });
    if let Some(deployment) = deployment {
        return Some(ResourceTarget::Deployment(deployment.id.to_string()));
    }
    let stack = call.core.catalog.stacks.find(|stack| {
        stack.config.server_id == server_id
            && crate::observe::services(stack)
                .iter()
                .any(|service| crate::observe::is_container_of(container, &service.container_name))
    })?;
    Some(ResourceTarget::Stack(stack.id.to_string()))
}

fn visible_servers(call: &Call) -> Result<Vec<Arc<Doc<Servers>>>> {
    resource::query::<Servers>(&call.core, &call.caller, &Default::default())
}

fn all_containers(call: &Call, request: ListAllContainers) -> Result<Vec<ContainerListItem>> {
    let tags = resource::tag::ids(&call.core, &request.tags)?;
    let terms: Vec<_> = request.terms.iter().map(|term| term.to_lowercase()).collect();
    let mut found = Vec::new();
    for server in visible_servers(call)? {
        let id = server.id.as_str();
        let wanted = request.servers.is_empty()
            || request.servers.iter().any(|wanted| wanted == id || *wanted == server.name);
        if !wanted || !tags.iter().all(|tag| server.tags.contains(tag)) {
            continue;
        }
        call.core.observed.viewed(id);
        let Some(docker) = call.core.observed.server(id).docker.clone() else { continue };
        found.extend(docker.containers.iter().cloned().map(|mut container| {
            container.server_id = Some(id.to_owned());
            container.server_name = Some(server.name.clone());
            container
        }));
    }
    found.retain(|container| {
        let name = container.name.to_lowercase();
        (request.state.is_empty() || request.state.contains(&container.state))
            && terms.iter().all(|term| name.contains(term))
    });
    found.sort_by(|a, b| {
        let first = match request.sort_by {
            ContainerSortBy::Name => a.name.cmp(&b.name),
            ContainerSortBy::Server => a.server_name.cmp(&b.server_name),
            ContainerSortBy::State => a.state.cmp(&b.state),
            ContainerSortBy::Image => a.image.cmp(&b.image),
            ContainerSortBy::Networks => a.networks.cmp(&b.networks),
            ContainerSortBy::Ports => a.ports.len().cmp(&b.ports.len()),
            ContainerSortBy::Volumes => a.volumes.cmp(&b.volumes),
        };
        first.then_with(|| a.name.cmp(&b.name))
    });
    if request.sort_desc {
        found.reverse();
    }
    Ok(resource::page(&call.core, found, request.page, request.limit))
}

fn summary(call: &Call) -> Result<GetContainersSummaryResponse> {
    let mut summary = GetContainersSummaryResponse::default();
    for server in visible_servers(call)? {
        let Some(docker) = call.core.observed.server(server.id.as_str()).docker.clone() else {
            continue;
        };
        let known = state(&call.core, &server) == ServerState::Ok;
        for container in &docker.containers {
            summary.total += 1;
            match container.state {
                _ if !known => summary.unknown += 1,
                State::Running => summary.running += 1,
                State::Created | State::Paused | State::Exited => summary.stopped += 1,
                State::Unspecified => summary.unknown += 1,
                _ => summary.unhealthy += 1,
            }
        }
    }
    Ok(summary)
}
