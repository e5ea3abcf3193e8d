//! The server.

use crate::ErrorBody;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::entity::schedule::{MaintenanceWindow, Timelength};
use crate::entity::stats::MinimalSystemStats;
use crate::lenient::StringList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole server.
pub type Server = Resource<ServerConfig, ServerInfo>;

/// An entry of a list of servers.
pub type ServerListItem = ResourceListItem<ServerListItemInfo>;

/// What a list shows of a server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerListItemInfo {
    pub state: ServerState,
    #[serde(default)]
    pub err: Option<ErrorBody>,
    /// Unix milliseconds since when it does not answer (not in Komodo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable_since: Option<i64>,
    #[serde(default)]
    pub stats: Option<MinimalSystemStats>,
    pub alerting_thresholds: ServerAlertingThresholds,
    #[serde(default)]
    pub core_count: Option<u32>,
    #[serde(default)]
    pub logical_core_count: Option<u32>,
    pub region: String,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub external_address: Option<String>,
    #[serde(default)]
    pub public_ip: Option<String>,
    pub send_unreachable_alerts: bool,
    pub send_cpu_alerts: bool,
    pub send_mem_alerts: bool,
    pub send_disk_alerts: bool,
    pub send_version_mismatch_alerts: bool,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub public_key: Option<String>,
    #[serde(default)]
    pub attempted_public_key: Option<String>,
    pub terminals_disabled: bool,
    pub container_terminals_disabled: bool,
}

/// A server info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerInfo {
    #[serde(default)]
    pub attempted_public_key: String,
    #[serde(default)]
    pub public_key: String,
}

config! {
    /// What a person configures of a server; every field has a default.
    pub struct ServerConfig, partial PartialServerConfig {
        address: String = Default::default(),
        insecure_tls: bool = true,
        external_address: String = Default::default(),
        region: String = Default::default(),
        enabled: bool = Default::default(),
        auto_rotate_keys: bool = true,
        passkey: String = Default::default(),
        ignore_mounts: StringList = Default::default(),
        auto_prune: bool = true,
        links: StringList = Default::default(),
        stats_monitoring: bool = true,
        send_unreachable_alerts: bool = true,
        send_cpu_alerts: bool = true,
        send_mem_alerts: bool = true,
        send_disk_alerts: bool = true,
        send_version_mismatch_alerts: bool = true,
        cpu_warning: f32 = 90.0,
        cpu_critical: f32 = 99.0,
        mem_warning: f64 = 75.0,
        mem_critical: f64 = 95.0,
        disk_warning: f64 = 75.0,
        disk_critical: f64 = 95.0,
        maintenance_windows: Vec<MaintenanceWindow> = Default::default(),
    }
}

/// A server alerting thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerAlertingThresholds {
    #[serde(default = "crate::default::percent_90_0")]
    pub cpu_warning: f32,
    #[serde(default = "crate::default::percent_99_0")]
    pub cpu_critical: f32,
    #[serde(default = "crate::default::percent_75_0")]
    pub mem_warning: f64,
    #[serde(default = "crate::default::percent_95_0")]
    pub mem_critical: f64,
    #[serde(default = "crate::default::percent_75_0")]
    pub disk_warning: f64,
    #[serde(default = "crate::default::percent_95_0")]
    pub disk_critical: f64,
}

impl Default for ServerAlertingThresholds {
    fn default() -> Self {
        Self {
            cpu_warning: 90.0,
            cpu_critical: 99.0,
            mem_warning: 75.0,
            mem_critical: 95.0,
            disk_warning: 75.0,
            disk_critical: 95.0,
        }
    }
}

/// A periphery information.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeripheryInformation {
    pub version: String,
    pub public_key: String,
    pub terminals_disabled: bool,
    pub container_terminals_disabled: bool,
    pub stats_polling_rate: Timelength,
    pub docker_connected: bool,
    #[serde(default)]
    pub public_ip: Option<String>,
}

/// The state a server action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerActionState {
    pub pruning_networks: bool,
    pub pruning_containers: bool,
    pub pruning_images: bool,
    pub pruning_volumes: bool,
    pub pruning_builders: bool,
    pub pruning_buildx: bool,
    pub pruning_system: bool,
    pub starting_containers: u32,
    pub restarting_containers: u32,
    pub pausing_containers: u32,
    pub unpausing_containers: u32,
    pub stopping_containers: u32,
    pub destroying_containers: u32,
}

named_enum! {
    /// The state a server is in.
    pub enum ServerState {
        Ok = "Ok",
        #[default]
        NotOk = "NotOk",
        Disabled = "Disabled",
    }
}

/// A query for servers.
pub type ServerQuery = ResourceQuery<ServerQuerySpecifics>;

named_enum! {
    /// What a list of servers is sorted by.
    pub enum ServerSortBy {
        #[default]
        Name = "Name",
        Region = "Region",
        Version = "Version",
        State = "State",
        Cpu = "Cpu",
        Memory = "Memory",
        Disk = "Disk",
        LoadAverage = "LoadAverage",
        Network = "Network",
    }
}

/// What only a query for servers can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerQuerySpecifics {
    #[serde(default)]
    pub states: Vec<ServerState>,
}
