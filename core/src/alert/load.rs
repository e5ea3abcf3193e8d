//! What is said of a server's load: too much of its processor, its memory or a
//! disk is used.

use varanus_proto::entity::alert::{AlertData, AlertDataVariant as Kind, SeverityLevel};
use varanus_proto::entity::server::{Server, ServerState};

use super::open::Found;
use crate::observe::ServerStatus;

/// An alert is over when the value is so far below the warning, in percentage
/// points (Komodo 2.3): what goes up and down around it is one alert.
const CLEAR: f64 = 5.0;

/// What a check of a part of a server found.
pub(super) struct Checked {
    pub kind: Kind,
    /// Which one, where a server has several: the path of a disk.
    pub part: String,
    pub found: Found,
}

/// Checks everything that was measured.
pub(super) fn check(server: &Server, status: &ServerStatus) -> Vec<Checked> {
    let config = &server.config;
    let (id, name) = (server.id.to_string(), server.name.clone());
    let region = super::server::region(server);
    let stats = status.stats.as_ref().filter(|_| status.state == ServerState::Ok);
    let known = |wanted: bool, found: Option<Found>| match (config.enabled && wanted, found) {
        (false, _) => Found::Fine,
        // Nothing is known now.
        (true, None) => Found::Quiet,
        (true, Some(found)) => found,
    };
    let cpu = stats.map(|stats| {
        let percentage = f64::from(stats.cpu_perc);
        let data = AlertData::ServerCpu {
            id: id.clone(),
            name: name.clone(),
            region: region.clone(),
            percentage,
        };
        judge(percentage, f64::from(config.cpu_warning), f64::from(config.cpu_critical), data)
    });
    let mem = stats.map(|stats| {
        let data = AlertData::ServerMem {
            id: id.clone(),
            name: name.clone(),
            region: region.clone(),
            used_gb: stats.mem_used_gb,
            total_gb: stats.mem_total_gb,
        };
        let used = percent(stats.mem_used_gb, stats.mem_total_gb);
        judge(used, config.mem_warning, config.mem_critical, data)
    });
    let mut all = vec![
        Checked {
            kind: Kind::ServerCpu,
            part: String::new(),
            found: known(config.send_cpu_alerts, cpu),
        },
        Checked {
            kind: Kind::ServerMem,
            part: String::new(),
            found: known(config.send_mem_alerts, mem),
        },
    ];
    for disk in stats.iter().flat_map(|stats| &stats.disks) {
        let data = AlertData::ServerDisk {
            id: id.clone(),
            name: name.clone(),
            region: region.clone(),
            path: disk.mount.clone(),
            used_gb: disk.used_gb,
            total_gb: disk.total_gb,
        };
        let used = percent(disk.used_gb, disk.total_gb);
        let found = judge(used, config.disk_warning, config.disk_critical, data);
        all.push(Checked {
            kind: Kind::ServerDisk,
            part: disk.mount.clone(),
            found: known(config.send_disk_alerts, Some(found)),
        });
    }
    all
}

/// Whether a disk that is not among those of a server is gone: of one that does
/// not answer nothing is known.
pub(super) fn knows_disks(server: &Server, status: &ServerStatus) -> bool {
    let config = &server.config;
    let measured = status.state == ServerState::Ok && status.stats.is_some();
    !config.enabled || !config.send_disk_alerts || measured
}

fn percent(used: f64, total: f64) -> f64 {
    if total > 0.0 { used / total * 100.0 } else { 0.0 }
}

fn judge(value: f64, warning: f64, critical: f64, data: AlertData) -> Found {
    if value >= critical {
        Found::Wrong(SeverityLevel::Critical, data)
    } else if value >= warning {
        Found::Wrong(SeverityLevel::Warning, data)
    } else if value >= warning - CLEAR {
        Found::Almost
    } else {
        Found::Fine
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::stats::{SingleDiskUsage, SystemStats};

    use super::*;

    fn server() -> Server {
        let mut server = Server::default();
        server.config.enabled = true;
        server
    }

    fn status(cpu: f32, mem: f64, disk: f64) -> ServerStatus {
        let disk = SingleDiskUsage {
            mount: "/data".into(),
            used_gb: disk,
            total_gb: 100.0,
            ..Default::default()
        };
        let stats = SystemStats {
            cpu_perc: cpu,
            mem_used_gb: mem,
            mem_total_gb: 100.0,
            disks: vec![disk],
            ..SystemStats::default()
        };
        ServerStatus { state: ServerState::Ok, stats: Some(stats), ..ServerStatus::default() }
    }

    fn shown(server: &Server, status: &ServerStatus) -> String {
        let all = check(server, status);
        let all = all.iter().map(|checked| match &checked.found {
            Found::Fine => format!("{} fine", checked.kind),
            Found::Almost => format!("{} almost", checked.kind),
            Found::Quiet => format!("{} quiet", checked.kind),
            Found::Wrong(level, _) => format!("{}{} {level}", checked.kind, checked.part),
        });
        all.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_threshold_has_a_level_and_a_distance_at_which_it_is_over() {
        let server = server();
        let shown = |cpu, mem, disk| shown(&server, &status(cpu, mem, disk));
        assert_eq!(shown(10.0, 10.0, 10.0), "ServerCpu fine, ServerMem fine, ServerDisk fine");
        assert_eq!(
            shown(90.0, 75.0, 94.9),
            "ServerCpu WARNING, ServerMem WARNING, ServerDisk/data WARNING"
        );
        assert_eq!(
            shown(99.0, 95.0, 95.0),
            "ServerCpu CRITICAL, ServerMem CRITICAL, ServerDisk/data CRITICAL"
        );
        assert_eq!(
            shown(85.0, 70.0, 74.9),
            "ServerCpu almost, ServerMem almost, ServerDisk almost"
        );
        assert_eq!(shown(84.9, 69.9, 69.9), "ServerCpu fine, ServerMem fine, ServerDisk fine");
    }

    #[test]
    fn nothing_is_said_of_what_nobody_wants_to_know_or_nobody_knows() {
        let mut server = server();
        let away = ServerStatus { state: ServerState::NotOk, ..status(99.0, 99.0, 99.0) };
        assert_eq!(shown(&server, &away), "ServerCpu quiet, ServerMem quiet");
        assert!(!knows_disks(&server, &away));
        server.config.send_cpu_alerts = false;
        server.config.send_disk_alerts = false;
        assert_eq!(
            shown(&server, &status(99.0, 99.0, 99.0)),
            "ServerCpu fine, ServerMem CRITICAL, ServerDisk fine"
        );
        assert!(knows_disks(&server, &away));
    }
}
