//! The stats.

use crate::entity::schedule::Timelength;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A system information.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemInformation {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub os: Option<String>,
    #[serde(default)]
    pub kernel: Option<String>,
    #[serde(default)]
    pub core_count: Option<u32>,
    #[serde(default)]
    pub logical_core_count: Option<u32>,
    #[serde(default)]
    pub host_name: Option<String>,
    #[serde(default)]
    pub cpu_brand: String,
    #[serde(default)]
    pub cpu_arch: String,
}

/// A system stats record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemStatsRecord {
    pub ts: i64,
    pub sid: String,
    pub cpu_perc: f32,
    #[serde(default)]
    pub load_average: SystemLoadAverage,
    pub mem_used_gb: f64,
    pub mem_total_gb: f64,
    #[serde(default)]
    pub mem_buff_cache_gb: f64,
    #[serde(default)]
    pub mem_zfs_arc_gb: f64,
    #[serde(default)]
    pub swap_total_gb: f64,
    #[serde(default)]
    pub swap_used_gb: f64,
    pub disk_used_gb: f64,
    pub disk_total_gb: f64,
    pub disks: Vec<SingleDiskUsage>,
    #[serde(default)]
    pub network_ingress_bytes: f64,
    #[serde(default)]
    pub network_egress_bytes: f64,
}

/// A system stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemStats {
    pub cpu_perc: f32,
    #[serde(default)]
    pub load_average: SystemLoadAverage,
    #[serde(default)]
    pub mem_free_gb: f64,
    pub mem_used_gb: f64,
    pub mem_total_gb: f64,
    #[serde(default)]
    pub mem_buff_cache_gb: f64,
    #[serde(default)]
    pub mem_zfs_arc_gb: f64,
    #[serde(default)]
    pub swap_total_gb: f64,
    #[serde(default)]
    pub swap_used_gb: f64,
    pub disks: Vec<SingleDiskUsage>,
    #[serde(default)]
    pub network_ingress_bytes: f64,
    #[serde(default)]
    pub network_egress_bytes: f64,
    pub polling_rate: Timelength,
    pub refresh_ts: i64,
    pub refresh_list_ts: i64,
}

/// A minimal system stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MinimalSystemStats {
    pub cpu_perc: f32,
    pub load_average: SystemLoadAverage,
    pub mem_free_gb: f64,
    pub mem_used_gb: f64,
    pub mem_total_gb: f64,
    pub mem_buff_cache_gb: f64,
    pub mem_zfs_arc_gb: f64,
    pub swap_total_gb: f64,
    pub swap_used_gb: f64,
    pub disk_total_gb: f64,
    pub disk_used_gb: f64,
    pub network_ingress_bytes: f64,
    pub network_egress_bytes: f64,
    pub polling_rate: Timelength,
    pub refresh_ts: i64,
    pub refresh_list_ts: i64,
}

/// A single disk usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SingleDiskUsage {
    pub mount: String,
    pub file_system: String,
    pub used_gb: f64,
    pub total_gb: f64,
}

/// A system process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemProcess {
    pub pid: u32,
    pub name: String,
    #[serde(default)]
    pub exe: String,
    pub cmd: Vec<String>,
    #[serde(default)]
    pub start_time: f64,
    pub cpu_perc: f32,
    pub mem_mb: f64,
    pub disk_read_kb: f64,
    pub disk_write_kb: f64,
}

/// A system load average.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemLoadAverage {
    pub one: f64,
    pub five: f64,
    pub fifteen: f64,
}
