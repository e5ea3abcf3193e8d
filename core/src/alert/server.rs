//! What is said of servers: one that does not answer, and one whose agent is
//! another version.

use varanus_proto::entity::alert::{AlertData, AlertDataVariant as Kind, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::server::{Server, ServerState};

use super::maintenance::in_maintenance;
use super::open::{Found, note};
use crate::Core;
use crate::core::now;
use crate::observe::ServerStatus;

/// How long an agent may take to come back after a start of Core, in
/// milliseconds: whoever dials pauses up to half a minute between attempts.
const RETURN: i64 = 45_000;

/// A server was looked at.
pub async fn seen(core: &Core, id: &str) {
    let server = core.catalog.servers.get(id);
    let status = core.observed.server(id);
    let checks = [
        (
            Kind::ServerUnreachable,
            server.as_deref().map(|server| unreachable(core, server, &status)),
        ),
        (Kind::ServerVersionMismatch, server.as_deref().map(|server| mismatch(server, &status))),
    ];
    for (kind, found) in checks {
        // Of a server that is gone nothing is said any more.
        let found = match (found.unwrap_or(Found::Fine), &server) {
            (Found::Wrong(..), Some(server))
                if in_maintenance(&server.config.maintenance_windows, &core.config.timezone) =>
            {
                Found::Quiet
            }
            (found, _) => found,
        };
        note(core, ResourceTarget::Server(id.to_owned()), kind, found).await;
    }
}

/// Resolves what is open about servers that are not there any more.
pub async fn forget_gone(core: &Core) {
    for target in core.alerts.targets() {
        if let ResourceTarget::Server(id) = target
            && core.catalog.servers.get(&id).is_none()
        {
            seen(core, &id).await;
        }
    }
}

fn region(server: &Server) -> Option<String> {
    (!server.config.region.is_empty()).then(|| server.config.region.clone())
}

fn unreachable(core: &Core, server: &Server, status: &ServerStatus) -> Found {
    let config = &server.config;
    let away = config.enabled && status.state == ServerState::NotOk;
    if !away || !config.send_unreachable_alerts {
        return Found::Fine;
    }
    if !status.was_ok && now() - core.started < RETURN {
        return Found::Quiet;
    }
    let data = AlertData::ServerUnreachable {
        id: server.id.to_string(),
        name: server.name.clone(),
        region: region(server),
        err: status.error.clone(),
    };
    Found::Wrong(SeverityLevel::Critical, data)
}

fn mismatch(server: &Server, status: &ServerStatus) -> Found {
    let config = &server.config;
    let agent = status.agent.as_ref().filter(|_| status.state == ServerState::Ok);
    match agent {
        // Nothing is known now.
        None if config.enabled && config.send_version_mismatch_alerts => Found::Quiet,
        Some(agent)
            if config.enabled
                && config.send_version_mismatch_alerts
                && agent.version != crate::COMPATIBLE_VERSION =>
        {
            let data = AlertData::ServerVersionMismatch {
                id: server.id.to_string(),
                name: server.name.clone(),
                region: region(server),
                server_version: agent.version.clone(),
                core_version: crate::COMPATIBLE_VERSION.to_owned(),
            };
            Found::Wrong(SeverityLevel::Warning, data)
        }
        _ => Found::Fine,
    }
}
