//! Shapes of the Docker API, as the public API passes them on: stats.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A container stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerStats {
    #[serde(alias = "Name")]
    pub name: String,
    #[serde(alias = "CPUPerc")]
    pub cpu_perc: String,
    #[serde(alias = "MemPerc")]
    pub mem_perc: String,
    #[serde(alias = "MemUsage")]
    pub mem_usage: String,
    #[serde(alias = "NetIO")]
    pub net_io: String,
    #[serde(alias = "BlockIO")]
    pub block_io: String,
    #[serde(alias = "PIDs")]
    pub pids: String,
}

/// A full container stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FullContainerStats {
    pub name: String,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub read: Option<String>,
    #[serde(default)]
    pub preread: Option<String>,
    #[serde(default)]
    pub pids_stats: Option<ContainerPidsStats>,
    #[serde(default)]
    pub blkio_stats: Option<ContainerBlkioStats>,
    #[serde(default)]
    pub num_procs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_stats: Option<ContainerStorageStats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_stats: Option<ContainerCpuStats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precpu_stats: Option<ContainerCpuStats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_stats: Option<ContainerMemoryStats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<IndexMap<String, ContainerNetworkStats>>,
}

/// A container pids stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerPidsStats {
    #[serde(default)]
    pub current: Option<u64>,
    #[serde(default)]
    pub limit: Option<u64>,
}

/// A container blkio stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerBlkioStats {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_service_bytes_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_serviced_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_queue_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_service_time_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_wait_time_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_merged_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_time_recursive: Option<Vec<ContainerBlkioStatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sectors_recursive: Option<Vec<ContainerBlkioStatEntry>>,
}

/// A container blkio stat entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerBlkioStatEntry {
    #[serde(default)]
    pub major: Option<u64>,
    #[serde(default)]
    pub minor: Option<u64>,
    #[serde(default)]
    pub op: Option<String>,
    #[serde(default)]
    pub value: Option<u64>,
}

/// A container storage stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerStorageStats {
    #[serde(default)]
    pub read_count_normalized: Option<u64>,
    #[serde(default)]
    pub read_size_bytes: Option<u64>,
    #[serde(default)]
    pub write_count_normalized: Option<u64>,
    #[serde(default)]
    pub write_size_bytes: Option<u64>,
}

/// A container cpu stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerCpuStats {
    #[serde(default)]
    pub cpu_usage: Option<ContainerCpuUsage>,
    #[serde(default)]
    pub system_cpu_usage: Option<u64>,
    #[serde(default)]
    pub online_cpus: Option<u32>,
    #[serde(default)]
    pub throttling_data: Option<ContainerThrottlingData>,
}

/// A container cpu usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerCpuUsage {
    #[serde(default)]
    pub total_usage: Option<u64>,
    #[serde(default)]
    pub percpu_usage: Option<Vec<u64>>,
    #[serde(default)]
    pub usage_in_kernelmode: Option<u64>,
    #[serde(default)]
    pub usage_in_usermode: Option<u64>,
}

/// A container throttling data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerThrottlingData {
    #[serde(default)]
    pub periods: Option<u64>,
    #[serde(default)]
    pub throttled_periods: Option<u64>,
    #[serde(default)]
    pub throttled_time: Option<u64>,
}

/// A container memory stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerMemoryStats {
    #[serde(default)]
    pub usage: Option<u64>,
    #[serde(default)]
    pub max_usage: Option<u64>,
    #[serde(default)]
    pub stats: Option<IndexMap<String, u64>>,
    #[serde(default)]
    pub failcnt: Option<u64>,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub commitbytes: Option<u64>,
    #[serde(default)]
    pub commitpeakbytes: Option<u64>,
    #[serde(default)]
    pub privateworkingset: Option<u64>,
}

/// A container network stats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerNetworkStats {
    #[serde(default)]
    pub rx_bytes: Option<u64>,
    #[serde(default)]
    pub rx_packets: Option<u64>,
    #[serde(default)]
    pub rx_errors: Option<u64>,
    #[serde(default)]
    pub rx_dropped: Option<u64>,
    #[serde(default)]
    pub tx_bytes: Option<u64>,
    #[serde(default)]
    pub tx_packets: Option<u64>,
    #[serde(default)]
    pub tx_errors: Option<u64>,
    #[serde(default)]
    pub tx_dropped: Option<u64>,
    #[serde(default)]
    pub endpoint_id: Option<String>,
    #[serde(default)]
    pub instance_id: Option<String>,
}
