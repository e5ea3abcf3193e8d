//! A machine's load, as lists show it and as history keeps it.

use varanus_proto::entity::stats::{MinimalSystemStats, SystemStats};

/// What a list shows: disks summed up.
pub fn minimal(stats: &SystemStats) -> MinimalSystemStats {
    MinimalSystemStats {
        cpu_perc: stats.cpu_perc,
        load_average: stats.load_average.clone(),
        mem_free_gb: stats.mem_free_gb,
        mem_used_gb: stats.mem_used_gb,
        mem_total_gb: stats.mem_total_gb,
        mem_buff_cache_gb: stats.mem_buff_cache_gb,
        mem_zfs_arc_gb: stats.mem_zfs_arc_gb,
        swap_total_gb: stats.swap_total_gb,
        swap_used_gb: stats.swap_used_gb,
        disk_total_gb: stats.disks.iter().map(|disk| disk.total_gb).sum(),
        disk_used_gb: stats.disks.iter().map(|disk| disk.used_gb).sum(),
        network_ingress_bytes: stats.network_ingress_bytes,
        network_egress_bytes: stats.network_egress_bytes,
        polling_rate: stats.polling_rate,
        refresh_ts: stats.refresh_ts,
        refresh_list_ts: stats.refresh_list_ts,
    }
}
