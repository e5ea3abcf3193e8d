//! What is said of servers: one that does not answer, one whose agent is another
//! version, and what [`load`] says.

use std::sync::Arc;

use varanus_proto::entity::alert::{AlertData, AlertDataVariant as Kind, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::server::{Server, ServerState};

use super::load::{self, Checked};
use super::maintenance::in_maintenance;
use super::open::{Found, Subject, note};
use super::state::Moment;
use crate::Core;
use crate::core::now;
use crate::observe::ServerStatus;

/// How long an agent may take to come back after a start of Core, in
/// milliseconds: whoever dials pauses up to half a minute between attempts.
const RETURN: i64 = 45_000;

/// A server was looked at.
pub async fn seen(core: &Arc<Core>, id: &str, look: Moment) {
    let server = core.catalog.servers.get(id);
    let status = core.observed.server(id);
    let target = ResourceTarget::Server(id.to_owned());
    // Of a server that is gone nothing is said any more.
    let quiet = server.as_deref().is_some_and(|server| {
        in_maintenance(&server.config.maintenance_windows, &core.config.timezone)
    });
    let measured = status.stats.as_ref().map_or(0, |stats| stats.refresh_ts);
    for Checked { kind, part, found } in checks(core, &target, server.as_deref(), &status) {
        let found = match found {
            Found::Wrong(..) if quiet => Found::Quiet,
            found => found,
        };
        // A server that does not answer is asked anew each time.
        let measured = match kind {
            Kind::ServerCpu | Kind::ServerMem | Kind::ServerDisk => measured,
            _ => 0,
        };
        note(core, Subject { target: target.clone(), kind, part }, found, measured).await;
    }
    super::state::seen(core, id, look, quiet).await;
}

fn checks(
    core: &Core,
    target: &ResourceTarget,
    server: Option<&Server>,
    status: &ServerStatus,
) -> Vec<Checked> {
    let whole = |kind, found| Checked { kind, part: String::new(), found };
    let mut all = match server {
        Some(server) => {
            let mut all = load::check(server, status);
            all.push(whole(Kind::ServerUnreachable, unreachable(core, server, status)));
            all.push(whole(Kind::ServerVersionMismatch, mismatch(server, status)));
            all
        }
        None => {
            [Kind::ServerUnreachable, Kind::ServerVersionMismatch, Kind::ServerCpu, Kind::ServerMem]
                .map(|kind| whole(kind, Found::Fine))
                .into()
        }
    };
    // A disk that went is full no more.
    if server.is_none_or(|server| load::knows_disks(server, status)) {
        for part in core.alerts.parts(target, Kind::ServerDisk) {
            if !all.iter().any(|known| known.kind == Kind::ServerDisk && known.part == part) {
                all.push(Checked { kind: Kind::ServerDisk, part, found: Found::Fine });
            }
        }
    }
    all
}

/// Resolves what is open about servers that are not there any more.
pub async fn forget_gone(core: &Arc<Core>) {
    for target in core.alerts.targets() {
        if let ResourceTarget::Server(id) = target
            && core.catalog.servers.get(&id).is_none()
        {
            seen(core, &id, Moment { began: now(), fresh: false }).await;
        }
    }
}

pub(super) fn region(server: &Server) -> Option<String> {
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
