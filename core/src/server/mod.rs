//! Servers: machines with an agent.
//!
//! What is on a server (containers, images, …) is read here too; what is done to
//! it is in [`execute`].

mod docker;
mod execute;
mod first;
mod requests;
mod stats;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::entity::permission::SpecificPermission;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::server::{
    ServerAlertingThresholds, ServerConfig, ServerInfo, ServerListItemInfo, ServerQuerySpecifics,
    ServerState,
};
use varanus_proto::{Error, Result};

pub use docker::MAX_TAIL;
pub use execute::perform;
pub use first::first;
pub use requests::api;

use crate::Core;
use crate::auth::Caller;
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::refer::{blank, clear, id_of};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Servers;

#[async_trait]
impl Kind for Servers {
    type Config = ServerConfig;
    type Info = ServerInfo;
    type ListInfo = ServerListItemInfo;
    type Specifics = ServerQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Server;
    const CREATOR_SPECIFICS: &'static [SpecificPermission] = SpecificPermission::ALL;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.servers
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        let allowed =
            !core.config.disable_non_admin_create && caller.user.create_server_permissions;
        match caller.is_admin() || allowed {
            true => Ok(()),
            false => Err(Error::forbidden(
                "creating servers needs an admin, or the permission to create servers",
            )),
        }
    }

    fn list_info(core: &Core, server: &Doc<Self>) -> ServerListItemInfo {
        let status = core.observed.server(server.id.as_str());
        let config = &server.config;
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let (agent, system) = (status.agent.as_ref(), status.system.as_ref());
        let away = config.enabled && status.state == ServerState::NotOk && status.since > 0;
        ServerListItemInfo {
            state: state(core, server),
            err: status.error.clone().filter(|_| config.enabled),
            unreachable_since: away.then_some(status.since),
            stats: status.stats.as_ref().map(stats::minimal),
            alerting_thresholds: ServerAlertingThresholds {
                cpu_warning: config.cpu_warning,
                cpu_critical: config.cpu_critical,
                mem_warning: config.mem_warning,
                mem_critical: config.mem_critical,
                disk_warning: config.disk_warning,
                disk_critical: config.disk_critical,
            },
            core_count: system.and_then(|system| system.core_count),
            logical_core_count: system.and_then(|system| system.logical_core_count),
            region: config.region.clone(),
            address: some(&config.address),
            external_address: some(&config.external_address),
            public_ip: agent.and_then(|agent| agent.public_ip.clone()),
            send_unreachable_alerts: config.send_unreachable_alerts,
            send_cpu_alerts: config.send_cpu_alerts,
            send_mem_alerts: config.send_mem_alerts,
            send_disk_alerts: config.send_disk_alerts,
            send_version_mismatch_alerts: config.send_version_mismatch_alerts,
            version: agent.map(|agent| agent.version.clone()),
            public_key: some(&server.info.public_key),
            attempted_public_key: some(&server.info.attempted_public_key),
            // Until the agent says otherwise, a terminal is not to be offered.
            terminals_disabled: agent.is_none_or(|agent| agent.terminals_disabled),
            container_terminals_disabled: agent
                .is_none_or(|agent| agent.container_terminals_disabled),
        }
    }

    fn passes(core: &Core, server: &Doc<Self>, specifics: &ServerQuerySpecifics) -> bool {
        specifics.states.is_empty() || specifics.states.contains(&state(core, server))
    }

    fn hide_secrets(config: &mut ServerConfig) {
        config.passkey.clear();
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        crate::agent::refresh(core, id);
        crate::observe::follow(core, id);
    }

    async fn before_delete(
        core: &Arc<Core>,
        server: &Doc<Self>,
        commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let id = server.id.as_str();
        let mut notes = Vec::new();
        // What referred to it stays, without a server.
        blank(commit, &core.catalog.stacks, "server", &mut notes, |stack| {
            clear(&mut stack.config.server_id, id)
        })?;
        blank(commit, &core.catalog.deployments, "server", &mut notes, |deployment| {
            clear(&mut deployment.config.server_id, id)
        })?;
        blank(commit, &core.catalog.repos, "server", &mut notes, |repo| {
            clear(&mut repo.config.server_id, id)
        })?;
        crate::builder::forget_server(core, id, commit, &mut notes)?;
        Ok(notes)
    }

    fn after_delete(core: &Arc<Core>, id: &str) {
        core.observed.forget(id);
        crate::agent::refresh(core, id);
    }
}

/// The state of a server: disabled when it is configured so.
pub fn state(core: &Core, server: &Doc<Servers>) -> ServerState {
    match server.config.enabled {
        true => core.observed.server(server.id.as_str()).state,
        false => ServerState::Disabled,
    }
}

/// The server of an id, if an agent can be asked there.
pub fn reachable(core: &Core, id: &str) -> Result<Arc<Doc<Servers>>> {
    let server = core.catalog.servers.get(id).ok_or_else(|| {
        Error::invalid("the server it is configured for does not exist (any more)")
    })?;
    match server.config.enabled {
        true => Ok(server),
        false => Err(Error::invalid(format!(
            "server {:?} is disabled; enable it in its configuration",
            server.name
        ))),
    }
}

/// The id of a server given by name or id, if the caller may attach resources
/// to it. Empty stays empty.
pub fn attach(core: &Core, caller: &Caller, id_or_name: &str) -> Result<String> {
    let needed = crate::auth::access::need(
        varanus_proto::entity::permission::PermissionLevel::Read,
        &[SpecificPermission::Attach],
    );
    id_of::<Servers>(core, caller, "server", id_or_name, &needed)
}

/// The name of a server for people and resource files; empty where it is gone.
pub fn name(core: &Core, id: &str) -> String {
    core.catalog.servers.get(id).map(|server| server.name.clone()).unwrap_or_default()
}
