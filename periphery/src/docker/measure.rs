//! What containers use, measured when somebody asks and not before.
//!
//! The engine counts; the load of a processor comes from two counts. Texts are
//! those of `docker stats`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::query_parameters::{ListContainersOptionsBuilder, StatsOptionsBuilder};
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;
use varanus_proto::docker::container::ContainerListItem;
use varanus_proto::docker::stats::{ContainerStats, FullContainerStats};
use varanus_proto::{Error, Result};

use super::{Docker, inspect::full};

/// Containers measured side by side.
const AT_ONCE: usize = 8;

/// Between the two counts of a container that was not measured before.
const GAP: Duration = Duration::from_secs(1);

/// How old a measurement may be that some containers have no part in.
const SOON: Duration = Duration::from_secs(5);

/// A measurement older than this is not shown with a container.
const OLD: Duration = Duration::from_secs(120);

/// What a processor counted: of a container and of the machine.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    container: u64,
    machine: u64,
}

#[derive(Default)]
struct Last {
    at: Option<Instant>,
    stats: HashMap<String, ContainerStats>,
    counts: HashMap<String, Count>,
}

/// The last measurement of each container.
pub(super) struct Measured {
    /// How old it may be before it is made anew.
    rate: Duration,
    last: Mutex<Last>,
    turn: tokio::sync::Mutex<()>,
}

impl Measured {
    pub(super) fn new(rate: Duration) -> Self {
        Self { rate, last: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    fn is_fresh(&self, rate: Duration) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at.is_some_and(|at| at.elapsed() < rate)
    }
}

impl Docker {
    /// Measures all running containers, unless that was done lately. Whether it
    /// was done now. With `soon`, for containers that had no part in the last
    /// measurement, "lately" is shorter.
    pub async fn measure(&self, soon: bool) -> Result<bool> {
        let rate = if soon { self.measured.rate.min(SOON) } else { self.measured.rate };
        let _turn = self.measured.turn.lock().await;
        if self.measured.is_fresh(rate) {
            return Ok(false);
        }
        let options = ListContainersOptionsBuilder::new().build();
        let running =
            self.ask(|api| async move { api.list_containers(Some(options)).await }).await?;
        let named: Vec<(String, String)> = running
            .into_iter()
            .filter_map(|found| {
                let name = found.names?.into_iter().next()?;
                Some((found.id?, name.trim_start_matches('/').to_owned()))
            })
            .collect();
        let mut counts = {
            let mut last = self.measured.last.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut last.counts)
        };
        let first: Vec<_> =
            named.iter().filter(|(id, _)| !counts.contains_key(id)).cloned().collect();
        if !first.is_empty() {
            for (id, _, found) in self.counted(first).await {
                counts.insert(id, count(&found));
            }
            tokio::time::sleep(GAP).await;
        }
        let mut last = Last { at: Some(Instant::now()), ..Last::default() };
        for (id, name, found) in self.counted(named).await {
            let before = counts.get(&id).copied().unwrap_or_default();
            last.counts.insert(id, count(&found));
            last.stats.insert(name.clone(), shown(name, &found, before));
        }
        *self.measured.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(true)
    }

    /// What the engine counts of containers, given and returned with id and name.
    async fn counted(
        &self,
        named: Vec<(String, String)>,
    ) -> Vec<(String, String, FullContainerStats)> {
        let one = |(id, name): (String, String)| async move {
            let options = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
            let asked = id.clone();
            let found = self
                .ask(|api| async move {
                    let found = api.stats(&asked, Some(options));
                    tokio::pin!(found);
                    found.next().await.transpose()
                })
                .await;
            // One that ended meanwhile is left out.
            let mut found = found.ok()??;
            // A single count comes without it.
            found.name = Some(name.clone());
            Some((id, name, full(found).ok()?))
        };
        stream::iter(named)
            .map(one)
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    /// The last measurements with the containers they are of, while they are fresh.
    pub fn show_measured(&self, containers: &mut [ContainerListItem]) {
        let last = self.measured.last.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = last.at.is_some_and(|at| at.elapsed() < OLD);
        for container in containers {
            container.stats = shown.then(|| last.stats.get(&container.name).cloned()).flatten();
        }
    }

    /// All measurements, made anew when they are old.
    pub async fn measured(&self) -> Result<Vec<ContainerStats>> {
        self.measure(false).await?;
        let last = self.measured.last.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(last.stats.values().cloned().collect())
    }

    /// The measurement of a container, made anew when it is old.
    pub async fn measured_of(&self, name: &str) -> Result<ContainerStats> {
        let all = self.measured().await?;
        all.into_iter().find(|stats| stats.name == name).ok_or_else(|| {
            Error::not_found(format!("container {name:?} was not measured; is it running?"))
        })
    }
}

fn count(found: &FullContainerStats) -> Count {
    let cpu = found.cpu_stats.as_ref();
    let usage = cpu.and_then(|cpu| cpu.cpu_usage.as_ref()).and_then(|usage| usage.total_usage);
    Count {
        container: usage.unwrap_or(0),
        machine: cpu.and_then(|cpu| cpu.system_cpu_usage).unwrap_or(0),
    }
}

/// As `docker stats` writes it.
fn shown(name: String, found: &FullContainerStats, before: Count) -> ContainerStats {
    let now = count(found);
    let cores = found.cpu_stats.as_ref().and_then(|cpu| cpu.online_cpus).unwrap_or(1).max(1);
    let worked = now.container.saturating_sub(before.container) as f64;
    let passed = now.machine.saturating_sub(before.machine) as f64;
    let cpu = match passed > 0.0 && before.machine > 0 {
        true => worked / passed * f64::from(cores) * 100.0,
        false => 0.0,
    };
    let memory = found.memory_stats.clone().unwrap_or_default();
    let detail = memory.stats.unwrap_or_default();
    let usage = memory.usage.unwrap_or(0);
    // What the kernel gives back when asked is not used (cgroups 1, then 2).
    let cache = ["total_inactive_file", "inactive_file"]
        .iter()
        .find_map(|name| detail.get(*name).copied().filter(|cache| *cache < usage));
    let used = (usage - cache.unwrap_or(0)) as f64;
    let limit = memory.limit.unwrap_or(0) as f64;
    let networks = found.networks.iter().flat_map(|networks| networks.values());
    let (received, sent) = networks.fold((0, 0), |(received, sent), network| {
        (received + network.rx_bytes.unwrap_or(0), sent + network.tx_bytes.unwrap_or(0))
    });
    let blocks = found.blkio_stats.iter().flat_map(|blocks| &blocks.io_service_bytes_recursive);
    let (mut read, mut written) = (0, 0);
    for entry in blocks.flatten() {
        match entry.op.as_deref().unwrap_or_default().as_bytes().first() {
            Some(b'r' | b'R') => read += entry.value.unwrap_or(0),
            Some(b'w' | b'W') => written += entry.value.unwrap_or(0),
            _ => {}
        }
    }
    let pids = found.pids_stats.as_ref().and_then(|pids| pids.current).unwrap_or(0);
    ContainerStats {
        name,
        cpu_perc: format!("{cpu:.2}%"),
        mem_perc: format!("{:.2}%", if limit > 0.0 { used / limit * 100.0 } else { 0.0 }),
        mem_usage: format!("{} / {}", binary(used), binary(limit)),
        net_io: format!("{} / {}", decimal(received as f64), decimal(sent as f64)),
        block_io: format!("{} / {}", decimal(read as f64), decimal(written as f64)),
        pids: pids.to_string(),
    }
}

fn binary(bytes: f64) -> String {
    size(bytes, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 4)
}

fn decimal(bytes: f64) -> String {
    size(bytes, 1000.0, &["B", "kB", "MB", "GB", "TB", "PB"], 3)
}

/// A size with so many significant digits.
fn size(mut number: f64, base: f64, units: &[&str], digits: usize) -> String {
    let mut unit = 0;
    while number >= base && unit + 1 < units.len() {
        number /= base;
        unit += 1;
    }
    let whole = (number as u64).to_string().len();
    let mut text = format!("{number:.*}", digits.saturating_sub(whole));
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{text}{}", units.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_docker_writes_them() {
        let shown: Vec<_> = [0.0, 1536.0, 440_320.0, 8_263_491_584.0].map(binary).into();
        assert_eq!(shown, ["0B", "1.5KiB", "430KiB", "7.696GiB"]);
        let shown: Vec<_> = [0.0, 876.0, 1000.0, 12_345.0, 4_560_000.0].map(decimal).into();
        assert_eq!(shown, ["0B", "876B", "1kB", "12.3kB", "4.56MB"]);
    }

    #[test]
    fn the_load_is_the_share_of_all_processors_since_the_last_count() {
        let found = serde_json::json!({
            "name": "a",
            "cpu_stats": {
                "cpu_usage": { "total_usage": 150 }, "system_cpu_usage": 1200, "online_cpus": 4
            },
            "memory_stats": { "usage": 3_145_728, "limit": 104_857_600,
                "stats": { "inactive_file": 1_048_576 } },
            "networks": { "eth0": { "rx_bytes": 1000, "tx_bytes": 2 } },
            "blkio_stats": { "io_service_bytes_recursive": [
                { "op": "read", "value": 4096 }, { "op": "Write", "value": 1 }
            ] },
            "pids_stats": { "current": 3 },
        });
        let found: FullContainerStats = serde_json::from_value(found).unwrap();
        let before = Count { container: 50, machine: 1000 };
        let stats = shown("a".into(), &found, before);
        assert_eq!(stats.cpu_perc, "200.00%");
        assert_eq!((&*stats.mem_usage, &*stats.mem_perc), ("2MiB / 100MiB", "2.00%"));
        assert_eq!((&*stats.net_io, &*stats.block_io), ("1kB / 2B", "4.1kB / 1B"));
        assert_eq!(stats.pids, "3");
    }
}
