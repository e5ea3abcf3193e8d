//! The history of servers' loads: records that are stored together, a second's at
//! a time, so that a thousand servers do not cost a thousand commits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use varanus_proto::entity::stats::{SystemStats, SystemStatsRecord};

use crate::Core;
use crate::core::now;
use crate::store::{Change, Collection};

/// How long records are collected.
const TOGETHER: Duration = Duration::from_secs(1);

/// Records that wait for a store that is away, at most; the oldest go first.
const WAITING: usize = 20_000;

/// How many records one commit has at most.
const COMMIT: usize = 1000;

/// Records that are not stored yet.
#[derive(Default)]
pub struct History {
    waiting: Mutex<Vec<SystemStatsRecord>>,
}

impl History {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<SystemStatsRecord>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, record: SystemStatsRecord) {
        self.waiting().push(record);
    }

    /// The next ones to store.
    fn next(&self) -> Vec<SystemStatsRecord> {
        let mut waiting = self.waiting();
        let many = waiting.len().min(COMMIT);
        waiting.drain(..many).collect()
    }

    /// What could not be stored waits again, before all others.
    fn give_back(&self, records: Vec<SystemStatsRecord>) {
        let mut waiting = self.waiting();
        waiting.splice(..0, records);
        let too_many = waiting.len().saturating_sub(WAITING);
        waiting.drain(..too_many);
    }
}

/// Stores what is collected, as long as Core lives.
pub(super) fn start(core: &Arc<Core>) {
    let core = Arc::downgrade(core);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TOGETHER).await;
            let Some(core) = core.upgrade() else { return };
            store(&core).await;
        }
    });
}

async fn store(core: &Core) {
    let history = &core.observed.history;
    loop {
        let records = history.next();
        if records.is_empty() {
            return;
        }
        let documents = records.iter().filter_map(|record| match serde_json::to_value(record) {
            Ok(Value::Object(document)) => Some(Change::Insert(Collection::Stats, document)),
            _ => None,
        });
        if let Err(error) = core.store.commit(documents.collect()).await {
            tracing::warn!(%error, records = records.len(), "records of loads are not kept yet");
            return history.give_back(records);
        }
    }
}

/// Keeps a record of a server's load, at a multiple of the interval.
pub(super) fn keep(core: &Core, id: &str, stats: &SystemStats) {
    let step =
        i64::try_from(core.config.monitoring_interval.duration().as_millis()).unwrap_or(15_000);
    let ts = now();
    core.observed.history.add(SystemStatsRecord {
        ts: ts - ts % step.max(1),
        sid: id.to_owned(),
        cpu_perc: stats.cpu_perc,
        load_average: stats.load_average.clone(),
        mem_used_gb: stats.mem_used_gb,
        mem_total_gb: stats.mem_total_gb,
        mem_buff_cache_gb: stats.mem_buff_cache_gb,
        mem_zfs_arc_gb: stats.mem_zfs_arc_gb,
        swap_total_gb: stats.swap_total_gb,
        swap_used_gb: stats.swap_used_gb,
        disk_used_gb: stats.disks.iter().map(|disk| disk.used_gb).sum(),
        disk_total_gb: stats.disks.iter().map(|disk| disk.total_gb).sum(),
        disks: stats.disks.clone(),
        network_ingress_bytes: stats.network_ingress_bytes,
        network_egress_bytes: stats.network_egress_bytes,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(ts: i64) -> SystemStatsRecord {
        SystemStatsRecord { ts, ..SystemStatsRecord::default() }
    }

    #[test]
    fn records_wait_in_order_for_a_store_that_is_away_and_the_oldest_go_first() {
        let history = History::default();
        for ts in 0..10 {
            history.add(record(ts));
        }
        let records = history.next();
        assert_eq!(records.len(), 10);
        history.add(record(10));
        history.give_back(records);
        let order: Vec<_> = history.waiting().iter().map(|record| record.ts).collect();
        assert_eq!(order, (0..=10).collect::<Vec<_>>());
        history.give_back((0..i64::try_from(WAITING).unwrap()).map(record).collect());
        assert_eq!(history.waiting().len(), WAITING);
        assert_eq!(history.waiting().last().map(|record| record.ts), Some(10));
        assert_eq!(history.next().len(), COMMIT);
    }
}
