//! The machine's load, measured at an interval: a few small files of `/proc`, for
//! this is done all the time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sysinfo::{DiskRefreshKind, Disks, ProcessesToUpdate, System};
use tokio::time::{MissedTickBehavior, interval};
use varanus_proto::entity::stats::{
    SingleDiskUsage, SystemInformation, SystemLoadAverage, SystemProcess, SystemStats,
};
use varanus_proto::{Error, Result};

use crate::agent::Agent;
use crate::config::PeripheryConfig;
use crate::work::now;

/// One GB, as Komodo 2.3 counts it.
const GB: f64 = (1_u64 << 30) as f64;

/// How often disks are looked at.
const DISKS: Duration = Duration::from_secs(60);

/// The last measurement.
#[derive(Default)]
pub struct Stats {
    last: Mutex<(SystemInformation, SystemStats)>,
    processes: Arc<Mutex<Option<System>>>,
}

struct Meter {
    disks: Option<Disks>,
    /// When the disks were read: it takes a call for each mount, and there are as
    /// many as containers.
    disks_read: Option<(Instant, i64)>,
    /// Busy and all time of the processors, at the last measurement.
    cpu: (u64, u64),
    /// Bytes received and sent, at the last measurement.
    network: Option<(u64, u64)>,
}

impl Meter {
    fn new() -> Self {
        Self { disks: Disks::new().ok(), disks_read: None, cpu: cpu(), network: None }
    }

    fn measure(&mut self, config: &PeripheryConfig) -> SystemStats {
        let memory = memory();
        let bytes = |name: &str| memory.get(name).copied().unwrap_or(0) as f64 * 1024.0;
        let arc = zfs_arc();
        let buff_cache =
            bytes("Cached") + bytes("SReclaimable") + bytes("Buffers") - bytes("Shmem");
        let (busy, all) = std::mem::replace(&mut self.cpu, cpu());
        let (busy, all) = (self.cpu.0.saturating_sub(busy), self.cpu.1.saturating_sub(all));
        let network = network();
        let before = self.network.replace(network).unwrap_or(network);
        let ts = now();
        let (read, refresh_list_ts) = self.disks_read.unwrap_or((Instant::now(), 0));
        if refresh_list_ts == 0 || read.elapsed() >= DISKS {
            let storage = DiskRefreshKind::nothing().with_storage();
            if let Some(disks) = &mut self.disks {
                disks.refresh_specifics(true, storage);
            }
            self.disks_read = Some((Instant::now(), ts));
        }
        SystemStats {
            cpu_perc: if all > 0 { (busy as f64 / all as f64 * 100.0) as f32 } else { 0.0 },
            load_average: load_average(),
            mem_free_gb: bytes("MemFree") / GB,
            mem_used_gb: (bytes("MemTotal") - bytes("MemAvailable") - arc).max(0.0) / GB,
            mem_total_gb: bytes("MemTotal") / GB,
            mem_buff_cache_gb: buff_cache.max(0.0) / GB,
            mem_zfs_arc_gb: arc / GB,
            swap_total_gb: bytes("SwapTotal") / GB,
            swap_used_gb: (bytes("SwapTotal") - bytes("SwapFree")).max(0.0) / GB,
            disks: self.disks(config),
            network_ingress_bytes: network.0.saturating_sub(before.0) as f64,
            network_egress_bytes: network.1.saturating_sub(before.1) as f64,
            polling_rate: config.stats_polling_rate.to_string().parse().unwrap_or_default(),
            refresh_ts: ts,
            refresh_list_ts: self.disks_read.map_or(ts, |(_, at)| at),
        }
    }

    fn disks(&self, config: &PeripheryConfig) -> Vec<SingleDiskUsage> {
        let wanted = |disk: &&sysinfo::Disk| {
            let mount = disk.mount_point();
            let included = config.include_disk_mounts.is_empty()
                || config.include_disk_mounts.iter().any(|known| known == mount);
            let excluded = config.exclude_disk_mounts.iter().any(|known| known == mount);
            included && !excluded && disk.file_system() != "overlay"
        };
        let usage = |disk: &sysinfo::Disk| SingleDiskUsage {
            mount: disk.mount_point().display().to_string(),
            file_system: disk.file_system().to_string_lossy().into_owned(),
            used_gb: disk.total_space().saturating_sub(disk.available_space()) as f64 / GB,
            total_gb: disk.total_space() as f64 / GB,
        };
        self.disks.iter().flat_map(|disks| disks.iter()).filter(wanted).map(usage).collect()
    }
}

impl Stats {
    /// Measures as often as configured, until the agent is gone.
    pub fn watch(&self, agent: &Arc<Agent>) {
        tokio::spawn(machine(Arc::downgrade(agent)));
    }

    fn lock(&self) -> MutexGuard<'_, (SystemInformation, SystemStats)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What machine this is.
    pub fn information(&self) -> SystemInformation {
        self.lock().0.clone()
    }

    /// The last measurement.
    pub fn latest(&self) -> SystemStats {
        self.lock().1.clone()
    }

    /// What runs on this machine.
    pub async fn processes(&self) -> Result<Vec<SystemProcess>> {
        let system = self.processes.clone();
        tokio::task::spawn_blocking(move || {
            // Kept between calls: the load of a process is that since the last one.
            let mut kept = system.lock().unwrap_or_else(PoisonError::into_inner);
            let mut system = match kept.take() {
                Some(system) => system,
                None => System::new().map_err(unreadable)?,
            };
            system.refresh_processes(ProcessesToUpdate::All, true);
            let processes = system.processes().values().map(process).collect();
            *kept = Some(system);
            Ok(processes)
        })
        .await
        .map_err(unreadable)?
    }
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::internal("the processes cannot be read").cause(error)
}

fn process(process: &sysinfo::Process) -> SystemProcess {
    let disk = process.disk_usage();
    SystemProcess {
        pid: process.pid().as_u32(),
        name: process.name().to_string_lossy().into_owned(),
        exe: process.exe().map(|exe| exe.display().to_string()).unwrap_or_default(),
        cmd: process.cmd().iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        start_time: process.start_time() as f64 * 1000.0,
        cpu_perc: process.cpu_usage(),
        mem_mb: process.memory() as f64 / (1 << 20) as f64,
        disk_read_kb: disk.read_bytes as f64 / 1024.0,
        disk_write_kb: disk.written_bytes as f64 / 1024.0,
    }
}

async fn machine(agent: Weak<Agent>) {
    let Some(rate) = agent.upgrade().map(|agent| agent.config.stats_polling_rate.duration()) else {
        return;
    };
    let mut ticks = interval(rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut meter = Meter::new();
    // What machine this is does not change while it runs.
    match tokio::task::spawn_blocking(information).await {
        Ok(information) => match agent.upgrade() {
            Some(agent) => agent.stats.lock().0 = information,
            None => return,
        },
        Err(error) => tracing::warn!(%error, "nothing is known of this machine"),
    }
    loop {
        ticks.tick().await;
        let Some(agent) = agent.upgrade() else { return };
        // A mount that does not answer must not hold up others.
        let measured = tokio::task::spawn_blocking(move || {
            agent.stats.lock().1 = meter.measure(&agent.config);
            meter
        });
        match measured.await {
            Ok(same) => meter = same,
            Err(error) => return tracing::warn!(%error, "measuring this machine met a fault"),
        }
    }
}

fn information() -> SystemInformation {
    let mut system = System::new().ok();
    if let Some(system) = &mut system {
        system.refresh_cpu_usage();
    }
    let cpus = system.as_ref().map(System::cpus).unwrap_or_default();
    let count = |n: usize| u32::try_from(n).ok();
    SystemInformation {
        name: System::name().ok(),
        os: System::long_os_version().ok(),
        kernel: System::kernel_version().ok(),
        core_count: System::physical_core_count().ok().and_then(count),
        logical_core_count: count(cpus.len()),
        host_name: System::host_name().ok(),
        cpu_brand: cpus
            .first()
            .map(|cpu| cpu.brand().split_whitespace().collect::<Vec<_>>().join(" "))
            .unwrap_or_default(),
        cpu_arch: System::cpu_arch(),
    }
}

/// Busy and all time of all processors, in ticks, from `/proc/stat`.
fn cpu() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; what follows is counted in
    // user and nice already.
    let times: Vec<u64> =
        line.split_whitespace().skip(1).take(8).filter_map(|time| time.parse().ok()).collect();
    let all: u64 = times.iter().sum();
    let idle: u64 = times.iter().skip(3).take(2).sum();
    (all - idle, all)
}

/// Bytes received and sent through all interfaces, from `/proc/net/dev`.
fn network() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let interfaces = text.lines().filter_map(|line| {
        let counts: Vec<u64> =
            line.split_once(':')?.1.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        Some((*counts.first()?, *counts.get(8)?))
    });
    interfaces.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
}

fn load_average() -> SystemLoadAverage {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut loads = text.split_whitespace().map(|load| load.parse().unwrap_or(0.0));
    let mut next = || loads.next().unwrap_or(0.0);
    SystemLoadAverage { one: next(), five: next(), fifteen: next() }
}

/// `/proc/meminfo`, in kilobytes.
fn memory() -> HashMap<String, u64> {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let pairs = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        Some((name.to_owned(), rest.split_whitespace().next()?.parse().ok()?))
    });
    pairs.collect()
}

/// What ZFS keeps in memory and gives back when asked, in bytes.
fn zfs_arc() -> f64 {
    let text = std::fs::read_to_string("/proc/spl/kstat/zfs/arcstats").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("size "))
        .and_then(|rest| rest.split_whitespace().last()?.parse().ok())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_measured() {
        let mut meter = Meter::new();
        let stats = meter.measure(&PeripheryConfig::default());
        assert!(stats.mem_total_gb > 0.0 && stats.mem_used_gb <= stats.mem_total_gb);
        assert!((0.0..=100.0).contains(&stats.cpu_perc));
        assert!(information().logical_core_count.unwrap_or(0) > 0);
    }
}
