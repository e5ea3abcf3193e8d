//! The machine's load, measured at an interval.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sysinfo::{Disks, Networks, ProcessesToUpdate, System};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use varanus_proto::entity::stats::{
    SingleDiskUsage, SystemInformation, SystemLoadAverage, SystemProcess, SystemStats,
};
use varanus_proto::{Error, Result};

use crate::agent::Agent;
use crate::config::PeripheryConfig;
use crate::work::{Silent, now};

/// One GB, as Komodo 2.3 counts it.
const GB: f64 = (1_u64 << 30) as f64;

/// The last measurement.
#[derive(Default)]
pub struct Stats {
    last: Mutex<(SystemInformation, SystemStats)>,
    processes: Arc<Mutex<Option<System>>>,
}

struct Meter {
    system: System,
    disks: Disks,
    networks: Networks,
}

impl Meter {
    fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self {
            system: System::new()?,
            disks: Disks::new_with_refreshed_list()?,
            networks: Networks::new_with_refreshed_list()?,
        })
    }

    fn measure(&mut self, config: &PeripheryConfig) -> SystemStats {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.disks.refresh(true);
        self.networks.refresh(true);
        let memory = memory();
        let kilobytes = |name: &str| memory.get(name).copied().unwrap_or(0) as f64 * 1024.0;
        let arc = zfs_arc();
        let total = self.system.total_memory() as f64;
        let available = self.system.available_memory() as f64;
        let load = System::load_average().unwrap_or_default();
        let buff_cache = kilobytes("Cached") + kilobytes("SReclaimable") + kilobytes("Buffers")
            - kilobytes("Shmem");
        let ts = now();
        SystemStats {
            cpu_perc: self.system.global_cpu_usage(),
            load_average: SystemLoadAverage {
                one: load.one,
                five: load.five,
                fifteen: load.fifteen,
            },
            mem_free_gb: self.system.free_memory() as f64 / GB,
            mem_used_gb: (total - available - arc).max(0.0) / GB,
            mem_total_gb: total / GB,
            mem_buff_cache_gb: buff_cache.max(0.0) / GB,
            mem_zfs_arc_gb: arc / GB,
            swap_total_gb: self.system.total_swap() as f64 / GB,
            swap_used_gb: self.system.used_swap() as f64 / GB,
            disks: self.disks(config),
            network_ingress_bytes: self.networks.values().map(|n| n.received() as f64).sum(),
            network_egress_bytes: self.networks.values().map(|n| n.transmitted() as f64).sum(),
            polling_rate: config.stats_polling_rate.to_string().parse().unwrap_or_default(),
            refresh_ts: ts,
            refresh_list_ts: ts,
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
        self.disks.iter().filter(wanted).map(usage).collect()
    }
}

impl Stats {
    /// Measures as often as configured, until the agent is gone.
    pub fn watch(&self, agent: &Arc<Agent>) {
        tokio::spawn(machine(Arc::downgrade(agent)));
        tokio::spawn(containers(Arc::downgrade(agent)));
    }

    /// What machine this is.
    pub fn information(&self) -> SystemInformation {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The last measurement.
    pub fn latest(&self) -> SystemStats {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
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
    let mut meter = match tokio::task::spawn_blocking(Meter::new).await {
        Ok(Ok(meter)) => meter,
        Ok(Err(error)) => return tracing::warn!(%error, "this machine cannot be measured"),
        Err(error) => return tracing::warn!(%error, "this machine cannot be measured"),
    };
    loop {
        ticks.tick().await;
        let Some(agent) = agent.upgrade() else { return };
        let measured = tokio::task::spawn_blocking(move || {
            let stats = meter.measure(&agent.config);
            let information = information(&mut meter.system);
            *agent.stats.last.lock().unwrap_or_else(PoisonError::into_inner) = (information, stats);
            meter
        });
        match measured.await {
            Ok(same) => meter = same,
            Err(error) => return tracing::warn!(%error, "measuring this machine met a fault"),
        }
    }
}

async fn containers(agent: Weak<Agent>) {
    let Some(rate) =
        agent.upgrade().map(|agent| agent.config.container_stats_polling_rate.duration())
    else {
        return;
    };
    let mut ticks = interval(rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(agent) = agent.upgrade() else { return };
        let work = agent.work(Arc::new(Silent), CancellationToken::new(), &[]);
        if let Err(error) = agent.docker.measure(&work).await {
            tracing::debug!(%error, "containers cannot be measured");
        }
    }
}

fn information(system: &mut System) -> SystemInformation {
    if system.cpus().is_empty() {
        system.refresh_cpu_usage();
    }
    let count = |n: usize| u32::try_from(n).ok();
    SystemInformation {
        name: System::name().ok(),
        os: System::long_os_version().ok(),
        kernel: System::kernel_version().ok(),
        core_count: System::physical_core_count().ok().and_then(count),
        logical_core_count: count(system.cpus().len()),
        host_name: System::host_name().ok(),
        cpu_brand: system
            .cpus()
            .first()
            .map(|cpu| cpu.brand().split_whitespace().collect::<Vec<_>>().join(" "))
            .unwrap_or_default(),
        cpu_arch: System::cpu_arch(),
    }
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
        let mut meter = Meter::new().unwrap();
        let stats = meter.measure(&PeripheryConfig::default());
        assert!(stats.mem_total_gb > 0.0 && stats.mem_used_gb <= stats.mem_total_gb);
        assert!(information(&mut meter.system).logical_core_count.unwrap_or(0) > 0);
    }
}
