//! The requests about servers themselves.

use std::cmp::Ordering;
use std::sync::Arc;

use varanus_proto::api::read::server::*;
use varanus_proto::api::write::server::*;
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::entity::server::{
    PeripheryInformation, ServerActionState, ServerInfo, ServerListItem, ServerSortBy, ServerState,
};
use varanus_proto::entity::stats::{SystemInformation, SystemStats, SystemStatsRecord};
use varanus_proto::entity::update::{Operation, Update};
use varanus_proto::{Error, Result};

use super::{Servers, docker, execute, state};
use crate::agent::Ask;
use crate::auth::access::need;
use crate::catalog::Commit;
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{self, Doc, kind_api};
use crate::run::Audit;
use crate::store::{Collection, Filter, Order, Query};

/// Records on a page of a server's history (Komodo 2.3 API).
const PAGE: u64 = 200;

/// Every request about servers.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Servers, server,
        get GetServer, list ListServers, full ListFullServers, copy CopyServer,
        delete DeleteServer, update UpdateServer, rename RenameServer,
        sort order
    );
    api.on(|call: Call, request: CreateServer| async move {
        let info = ServerInfo {
            public_key: request.public_key.unwrap_or_default(),
            ..ServerInfo::default()
        };
        let CreateServer { name, config, .. } = request;
        let made =
            resource::create::<Servers>(&call.core, &call.caller, &name, config, info).await?;
        Ok((*made).clone())
    });
    api.on(|call: Call, _: GetServersSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetServerState| async move {
        let server = read(&call, &request.server)?;
        Ok(GetServerStateResponse { status: state(&call.core, &server) })
    });
    api.on(|call: Call, request: GetServerActionState| async move {
        let server = read(&call, &request.server)?;
        Ok(action_state(&call, &server))
    });
    api.on(|call: Call, request: GetPeripheryInformation| async move {
        let server = read(&call, &request.server)?;
        heard::<PeripheryInformation>(&call, &server, |status| status.agent.clone())
    });
    api.on(|call: Call, request: GetSystemInformation| async move {
        let server = read(&call, &request.server)?;
        heard::<SystemInformation>(&call, &server, |status| status.system.clone())
    });
    api.on(|call: Call, request: GetSystemStats| async move {
        let server = read(&call, &request.server)?;
        heard::<SystemStats>(&call, &server, |status| status.stats.clone())
    });
    api.on(|call: Call, request: ListSystemProcesses| async move {
        let needed = need(PermissionLevel::Read, &[SpecificPermission::Processes]);
        let server =
            resource::get_with::<Servers>(&call.core, &call.caller, &request.server, &needed)?;
        let ask = varanus_proto::agent::poll::GetSystemProcesses {};
        call.core.agents.request(server.id.as_str(), ask, Ask::default()).await
    });
    api.on(|call: Call, request: GetHistoricalServerStats| async move {
        history(&call, request).await
    });
    api.on(|call: Call, request: UpdateServerPublicKey| async move {
        set_public_key(&call, &request.server, &request.public_key).await
    });
    docker::api(api);
    execute::api(api);
}

/// A server that the caller may see.
pub(super) fn read(call: &Call, id_or_name: &str) -> Result<Arc<Doc<Servers>>> {
    resource::get::<Servers>(&call.core, &call.caller, id_or_name, PermissionLevel::Read)
}

fn order(by: ServerSortBy, a: &ServerListItem, b: &ServerListItem) -> Ordering {
    let number = |f: &dyn Fn(&ServerListItem) -> f64| f(a).total_cmp(&f(b));
    let share = |used: f64, total: f64| if total > 0.0 { used / total } else { 0.0 };
    match by {
        ServerSortBy::Name => Ordering::Equal,
        ServerSortBy::Region => a.info.region.cmp(&b.info.region),
        ServerSortBy::Version => a.info.version.cmp(&b.info.version),
        ServerSortBy::State => a.info.state.cmp(&b.info.state),
        ServerSortBy::Cpu => number(&|s| s.info.stats.as_ref().map_or(0.0, |s| s.cpu_perc.into())),
        ServerSortBy::Memory => {
            number(&|s| s.info.stats.as_ref().map_or(0.0, |s| share(s.mem_used_gb, s.mem_total_gb)))
        }
        ServerSortBy::Disk => number(&|s| {
            s.info.stats.as_ref().map_or(0.0, |s| share(s.disk_used_gb, s.disk_total_gb))
        }),
        ServerSortBy::LoadAverage => {
            number(&|s| s.info.stats.as_ref().map_or(0.0, |s| s.load_average.one))
        }
        ServerSortBy::Network => number(&|s| {
            s.info.stats.as_ref().map_or(0.0, |s| s.network_ingress_bytes + s.network_egress_bytes)
        }),
    }
}

fn summary(call: &Call) -> Result<GetServersSummaryResponse> {
    let servers = resource::query::<Servers>(&call.core, &call.caller, &Default::default())?;
    let mut summary = GetServersSummaryResponse {
        total: i64::try_from(servers.len()).unwrap_or(i64::MAX),
        ..Default::default()
    };
    for server in &servers {
        match state(&call.core, server) {
            ServerState::Ok if mismatched(call, server) => summary.warning += 1,
            ServerState::Ok => summary.healthy += 1,
            ServerState::NotOk => summary.unhealthy += 1,
            ServerState::Disabled => summary.disabled += 1,
        }
    }
    Ok(summary)
}

fn mismatched(call: &Call, server: &Doc<Servers>) -> bool {
    let status = call.core.observed.server(server.id.as_str());
    status.agent.as_ref().is_some_and(|agent| agent.version != crate::COMPATIBLE_VERSION)
}

fn heard<T>(
    call: &Call,
    server: &Doc<Servers>,
    part: impl FnOnce(&crate::observe::ServerStatus) -> Option<T>,
) -> Result<T> {
    let status = call.core.observed.server(server.id.as_str());
    part(&status).ok_or_else(|| {
        let reason = match (&status.error, server.config.enabled) {
            (_, false) => "the server is disabled".to_owned(),
            (Some(error), _) => error.error.clone(),
            (None, _) => "its agent was not heard of yet".to_owned(),
        };
        Error::unreachable(format!("nothing is known of server {:?}: {reason}", server.name))
    })
}

fn action_state(call: &Call, server: &Doc<Servers>) -> ServerActionState {
    let target = varanus_proto::entity::resource::ResourceTarget::Server(server.id.to_string());
    let mut state = ServerActionState::default();
    for operation in call.core.runs.working_on(&target) {
        match operation {
            Operation::PruneNetworks => state.pruning_networks = true,
            Operation::PruneContainers => state.pruning_containers = true,
            Operation::PruneImages => state.pruning_images = true,
            Operation::PruneVolumes => state.pruning_volumes = true,
            Operation::PruneDockerBuilders => state.pruning_builders = true,
            Operation::PruneBuildx => state.pruning_buildx = true,
            Operation::PruneSystem => state.pruning_system = true,
            Operation::StartContainer | Operation::StartAllContainers => {
                state.starting_containers += 1;
            }
            Operation::RestartContainer | Operation::RestartAllContainers => {
                state.restarting_containers += 1;
            }
            Operation::PauseContainer | Operation::PauseAllContainers => {
                state.pausing_containers += 1;
            }
            Operation::UnpauseContainer | Operation::UnpauseAllContainers => {
                state.unpausing_containers += 1;
            }
            Operation::StopContainer | Operation::StopAllContainers => {
                state.stopping_containers += 1;
            }
            Operation::DestroyContainer => state.destroying_containers += 1,
            _ => {}
        }
    }
    state
}

/// Records of a server's load, newest first, at multiples of the granularity.
async fn history(
    call: &Call,
    request: GetHistoricalServerStats,
) -> Result<GetHistoricalServerStatsResponse> {
    let server = read(call, &request.server)?;
    let step = crate::observe::milliseconds(request.granularity);
    let newest = now() - now() % step;
    let page = i64::from(request.page);
    let per_page = PAGE as i64;
    let times: Vec<i64> = (0..per_page).map(|at| newest - (page * per_page + at) * step).collect();
    let filter = Filter::eq("sid", server.id.as_str()).and(Filter::one_of("ts", times));
    let query = Query::new(filter).sort("ts", Order::Desc).limit(PAGE);
    let documents = call.core.store.find(Collection::Stats, &query).await?;
    let stats: Vec<SystemStatsRecord> = documents
        .into_iter()
        .filter_map(|document| serde_json::from_value(document.into()).ok())
        .collect();
    let next_page = (stats.len() as u64 == PAGE).then_some(request.page + 1);
    Ok(GetHistoricalServerStatsResponse { stats, next_page })
}

async fn set_public_key(call: &Call, id_or_name: &str, public_key: &str) -> Result<Update> {
    let edit = call.core.edit().await;
    let level = PermissionLevel::Write;
    let server = resource::get::<Servers>(&call.core, &call.caller, id_or_name, level)?;
    let mut after = (*server).clone();
    after.info.public_key = public_key.trim().to_owned();
    after.info.attempted_public_key.clear();
    after.updated_at = now();
    let id = server.id.as_str();
    let mut commit = Commit::new();
    commit.put(&call.core.catalog.servers, id, after)?;
    let target = varanus_proto::entity::resource::ResourceTarget::Server(id.to_owned());
    let mut audit = Audit::new(&call.caller, Operation::UpdateServerKey, target);
    audit.log("Update Server Key", format!("the agent's public key is now {public_key}"));
    let update = audit.add_to(&call.core, &mut commit)?;
    commit.commit(&*call.core.store).await?;
    drop(edit);
    crate::agent::refresh(&call.core, id);
    Ok(update)
}
