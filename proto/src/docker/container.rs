//! Shapes of the Docker API, as the public API passes them on: container.
// tidy: long, because it is a list of another API's shapes.

use crate::docker::stats::ContainerStats;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A container list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerListItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_rw: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_root_fs: Option<i64>,
    pub state: ContainerStateStatusEnum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<String>,
    #[serde(
        default,
        deserialize_with = "crate::lenient::null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub networks: Vec<String>,
    #[serde(
        default,
        deserialize_with = "crate::lenient::null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub ports: Vec<Port>,
    #[serde(
        default,
        deserialize_with = "crate::lenient::null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub volumes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<ContainerStats>,
    #[serde(default, deserialize_with = "crate::lenient::null_default", skip_serializing)]
    pub labels: IndexMap<String, String>,
}

/// A port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Port {
    #[serde(rename = "IP", default)]
    pub ip: Option<String>,
    #[serde(rename = "PrivatePort", default)]
    pub private_port: u16,
    #[serde(rename = "PublicPort", default)]
    pub public_port: Option<u16>,
    #[serde(rename = "Type", default)]
    pub r#type: PortTypeEnum,
}

named_enum! {
    /// A port type enum.
    pub enum PortTypeEnum {
        #[default]
        Unspecified = "",
        Tcp = "tcp",
        Udp = "udp",
        Sctp = "sctp",
    }
}

/// The state a container is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerState {
    #[serde(rename = "Status", default)]
    pub status: ContainerStateStatusEnum,
    #[serde(rename = "Running", default)]
    pub running: Option<bool>,
    #[serde(rename = "Paused", default)]
    pub paused: Option<bool>,
    #[serde(rename = "Restarting", default)]
    pub restarting: Option<bool>,
    #[serde(rename = "OOMKilled", default)]
    pub oom_killed: Option<bool>,
    #[serde(rename = "Dead", default)]
    pub dead: Option<bool>,
    #[serde(rename = "Pid", default)]
    pub pid: Option<i64>,
    #[serde(rename = "ExitCode", default)]
    pub exit_code: Option<i64>,
    #[serde(rename = "Error", default)]
    pub error: Option<String>,
    #[serde(rename = "StartedAt", default)]
    pub started_at: Option<String>,
    #[serde(rename = "FinishedAt", default)]
    pub finished_at: Option<String>,
    #[serde(rename = "Health", default)]
    pub health: Option<ContainerHealth>,
}

named_enum! {
    /// What a list of containers is sorted by.
    pub enum ContainerSortBy {
        #[default]
        Name = "Name",
        Server = "Server",
        State = "State",
        Image = "Image",
        Networks = "Networks",
        Ports = "Ports",
        Volumes = "Volumes",
    }
}

named_enum! {
    /// A container state status enum.
    pub enum ContainerStateStatusEnum {
        Running = "running",
        Created = "created",
        Restarting = "restarting",
        Stopping = "stopping",
        Removing = "removing",
        Paused = "paused",
        Exited = "exited",
        Dead = "dead",
        #[default]
        Unspecified = "",
    }
}

/// A container health.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerHealth {
    #[serde(rename = "Status", default)]
    pub status: HealthStatusEnum,
    #[serde(rename = "FailingStreak", default)]
    pub failing_streak: Option<i64>,
    #[serde(rename = "Log", default, deserialize_with = "crate::lenient::null_default")]
    pub log: Vec<HealthcheckResult>,
}

named_enum! {
    /// A health status enum.
    pub enum HealthStatusEnum {
        #[default]
        Unspecified = "",
        None = "none",
        Starting = "starting",
        Healthy = "healthy",
        Unhealthy = "unhealthy",
    }
}

/// A healthcheck result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthcheckResult {
    #[serde(rename = "Start", default)]
    pub start: Option<String>,
    #[serde(rename = "End", default)]
    pub end: Option<String>,
    #[serde(rename = "ExitCode", default)]
    pub exit_code: Option<i64>,
    #[serde(rename = "Output", default)]
    pub output: Option<String>,
}

/// A host config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostConfig {
    #[serde(rename = "CpuShares", default)]
    pub cpu_shares: Option<i64>,
    #[serde(rename = "Memory", default)]
    pub memory: Option<i64>,
    #[serde(rename = "CgroupParent", default)]
    pub cgroup_parent: Option<String>,
    #[serde(rename = "BlkioWeight", default)]
    pub blkio_weight: Option<u16>,
    #[serde(
        rename = "BlkioWeightDevice",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub blkio_weight_device: Vec<ResourcesBlkioWeightDevice>,
    #[serde(
        rename = "BlkioDeviceReadBps",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub blkio_device_read_bps: Vec<ThrottleDevice>,
    #[serde(
        rename = "BlkioDeviceWriteBps",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub blkio_device_write_bps: Vec<ThrottleDevice>,
    #[serde(
        rename = "BlkioDeviceReadIOps",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub blkio_device_read_iops: Vec<ThrottleDevice>,
    #[serde(
        rename = "BlkioDeviceWriteIOps",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub blkio_device_write_iops: Vec<ThrottleDevice>,
    #[serde(rename = "CpuPeriod", default)]
    pub cpu_period: Option<i64>,
    #[serde(rename = "CpuQuota", default)]
    pub cpu_quota: Option<i64>,
    #[serde(rename = "CpuRealtimePeriod", default)]
    pub cpu_realtime_period: Option<i64>,
    #[serde(rename = "CpuRealtimeRuntime", default)]
    pub cpu_realtime_runtime: Option<i64>,
    #[serde(rename = "CpusetCpus", default)]
    pub cpuset_cpus: Option<String>,
    #[serde(rename = "CpusetMems", default)]
    pub cpuset_mems: Option<String>,
    #[serde(rename = "Devices", default, deserialize_with = "crate::lenient::null_default")]
    pub devices: Vec<DeviceMapping>,
    #[serde(
        rename = "DeviceCgroupRules",
        default,
        deserialize_with = "crate::lenient::null_default"
    )]
    pub device_cgroup_rules: Vec<String>,
    #[serde(rename = "DeviceRequests", default, deserialize_with = "crate::lenient::null_default")]
    pub device_requests: Vec<DeviceRequest>,
    #[serde(rename = "MemoryReservation", default)]
    pub memory_reservation: Option<i64>,
    #[serde(rename = "MemorySwap", default)]
    pub memory_swap: Option<i64>,
    #[serde(rename = "MemorySwappiness", default)]
    pub memory_swappiness: Option<i64>,
    #[serde(rename = "NanoCpus", default)]
    pub nano_cpus: Option<i64>,
    #[serde(rename = "OomKillDisable", default)]
    pub oom_kill_disable: Option<bool>,
    #[serde(rename = "Init", default)]
    pub init: Option<bool>,
    #[serde(rename = "PidsLimit", default)]
    pub pids_limit: Option<i64>,
    #[serde(rename = "Ulimits", default, deserialize_with = "crate::lenient::null_default")]
    pub ulimits: Vec<ResourcesUlimits>,
    #[serde(rename = "CpuCount", default)]
    pub cpu_count: Option<i64>,
    #[serde(rename = "CpuPercent", default)]
    pub cpu_percent: Option<i64>,
    #[serde(rename = "IOMaximumIOps", default)]
    pub io_maximum_iops: Option<i64>,
    #[serde(rename = "IOMaximumBandwidth", default)]
    pub io_maximum_bandwidth: Option<i64>,
    #[serde(rename = "Binds", default, deserialize_with = "crate::lenient::null_default")]
    pub binds: Vec<String>,
    #[serde(rename = "ContainerIDFile", default)]
    pub container_id_file: Option<String>,
    #[serde(rename = "LogConfig", default)]
    pub log_config: Option<HostConfigLogConfig>,
    #[serde(rename = "NetworkMode", default)]
    pub network_mode: Option<String>,
    #[serde(rename = "PortBindings", default, deserialize_with = "crate::lenient::null_default")]
    pub port_bindings: IndexMap<String, Vec<PortBinding>>,
    #[serde(rename = "RestartPolicy", default)]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(rename = "AutoRemove", default)]
    pub auto_remove: Option<bool>,
    #[serde(rename = "VolumeDriver", default)]
    pub volume_driver: Option<String>,
    #[serde(rename = "VolumesFrom", default, deserialize_with = "crate::lenient::null_default")]
    pub volumes_from: Vec<String>,
    #[serde(rename = "Mounts", default, deserialize_with = "crate::lenient::null_default")]
    pub mounts: Vec<Mount>,
    #[serde(rename = "ConsoleSize", default, deserialize_with = "crate::lenient::null_default")]
    pub console_size: Vec<i32>,
    #[serde(rename = "Annotations", default, deserialize_with = "crate::lenient::null_default")]
    pub annotations: IndexMap<String, String>,
    #[serde(rename = "CapAdd", default, deserialize_with = "crate::lenient::null_default")]
    pub cap_add: Vec<String>,
    #[serde(rename = "CapDrop", default, deserialize_with = "crate::lenient::null_default")]
    pub cap_drop: Vec<String>,
    #[serde(rename = "CgroupnsMode", default)]
    pub cgroupns_mode: Option<HostConfigCgroupnsModeEnum>,
    #[serde(rename = "Dns", default, deserialize_with = "crate::lenient::null_default")]
    pub dns: Vec<String>,
    #[serde(rename = "DnsOptions", default, deserialize_with = "crate::lenient::null_default")]
    pub dns_options: Vec<String>,
    #[serde(rename = "DnsSearch", default, deserialize_with = "crate::lenient::null_default")]
    pub dns_search: Vec<String>,
    #[serde(rename = "ExtraHosts", default, deserialize_with = "crate::lenient::null_default")]
    pub extra_hosts: Vec<String>,
    #[serde(rename = "GroupAdd", default, deserialize_with = "crate::lenient::null_default")]
    pub group_add: Vec<String>,
    #[serde(rename = "IpcMode", default)]
    pub ipc_mode: Option<String>,
    #[serde(rename = "Cgroup", default)]
    pub cgroup: Option<String>,
    #[serde(rename = "Links", default, deserialize_with = "crate::lenient::null_default")]
    pub links: Vec<String>,
    #[serde(rename = "OomScoreAdj", default)]
    pub oom_score_adj: Option<i64>,
    #[serde(rename = "PidMode", default)]
    pub pid_mode: Option<String>,
    #[serde(rename = "Privileged", default)]
    pub privileged: Option<bool>,
    #[serde(rename = "PublishAllPorts", default)]
    pub publish_all_ports: Option<bool>,
    #[serde(rename = "ReadonlyRootfs", default)]
    pub readonly_rootfs: Option<bool>,
    #[serde(rename = "SecurityOpt", default, deserialize_with = "crate::lenient::null_default")]
    pub security_opt: Vec<String>,
    #[serde(rename = "StorageOpt", default, deserialize_with = "crate::lenient::null_default")]
    pub storage_opt: IndexMap<String, String>,
    #[serde(rename = "Tmpfs", default, deserialize_with = "crate::lenient::null_default")]
    pub tmpfs: IndexMap<String, String>,
    #[serde(rename = "UTSMode", default)]
    pub uts_mode: Option<String>,
    #[serde(rename = "UsernsMode", default)]
    pub userns_mode: Option<String>,
    #[serde(rename = "ShmSize", default)]
    pub shm_size: Option<i64>,
    #[serde(rename = "Sysctls", default, deserialize_with = "crate::lenient::null_default")]
    pub sysctls: IndexMap<String, String>,
    #[serde(rename = "Runtime", default)]
    pub runtime: Option<String>,
    #[serde(rename = "Isolation", default)]
    pub isolation: HostConfigIsolationEnum,
    #[serde(rename = "MaskedPaths", default, deserialize_with = "crate::lenient::null_default")]
    pub masked_paths: Vec<String>,
    #[serde(rename = "ReadonlyPaths", default, deserialize_with = "crate::lenient::null_default")]
    pub readonly_paths: Vec<String>,
}

/// A resources blkio weight device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourcesBlkioWeightDevice {
    #[serde(rename = "Path", default)]
    pub path: Option<String>,
    #[serde(rename = "Weight", default)]
    pub weight: Option<usize>,
}

/// A throttle device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThrottleDevice {
    #[serde(rename = "Path", default)]
    pub path: Option<String>,
    #[serde(rename = "Rate", default)]
    pub rate: Option<i64>,
}

/// A device mapping.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceMapping {
    #[serde(rename = "PathOnHost", default)]
    pub path_on_host: Option<String>,
    #[serde(rename = "PathInContainer", default)]
    pub path_in_container: Option<String>,
    #[serde(rename = "CgroupPermissions", default)]
    pub cgroup_permissions: Option<String>,
}

/// A device request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceRequest {
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "Count", default)]
    pub count: Option<i64>,
    #[serde(rename = "DeviceIDs", default, deserialize_with = "crate::lenient::null_default")]
    pub device_ids: Vec<String>,
    #[serde(rename = "Capabilities", default, deserialize_with = "crate::lenient::null_default")]
    pub capabilities: Vec<Vec<String>>,
    #[serde(rename = "Options", default, deserialize_with = "crate::lenient::null_default")]
    pub options: IndexMap<String, String>,
}

named_enum! {
    /// A host config isolation enum.
    pub enum HostConfigIsolationEnum {
        #[default]
        Unspecified = "",
        Default = "default",
        Process = "process",
        Hyperv = "hyperv",
    }
}

/// A host config log config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostConfigLogConfig {
    #[serde(rename = "Type", default)]
    pub r#type: Option<String>,
    #[serde(rename = "Config", default, deserialize_with = "crate::lenient::null_default")]
    pub config: IndexMap<String, String>,
}

/// A restart policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartPolicy {
    #[serde(rename = "Name", default)]
    pub name: RestartPolicyNameEnum,
    #[serde(rename = "MaximumRetryCount", default)]
    pub maximum_retry_count: Option<i64>,
}

named_enum! {
    /// A restart policy name enum.
    pub enum RestartPolicyNameEnum {
        #[default]
        Unspecified = "",
        No = "no",
        Always = "always",
        UnlessStopped = "unless-stopped",
        OnFailure = "on-failure",
    }
}

named_enum! {
    /// A host config cgroupns mode enum.
    pub enum HostConfigCgroupnsModeEnum {
        #[default]
        Unspecified = "",
        Private = "private",
        Host = "host",
    }
}

/// A mount point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MountPoint {
    #[serde(rename = "Type", default)]
    pub r#type: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Source", default)]
    pub source: Option<String>,
    #[serde(rename = "Destination", default)]
    pub destination: Option<String>,
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<String>,
    #[serde(rename = "RW", default)]
    pub rw: Option<bool>,
    #[serde(rename = "Propagation", default)]
    pub propagation: Option<String>,
}

/// A network settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkSettings {
    #[serde(rename = "SandboxID", default)]
    pub sandbox_id: Option<String>,
    #[serde(rename = "Ports", default, deserialize_with = "crate::lenient::null_default")]
    pub ports: IndexMap<String, Vec<PortBinding>>,
    #[serde(rename = "SandboxKey", default)]
    pub sandbox_key: Option<String>,
    #[serde(rename = "Networks", default, deserialize_with = "crate::lenient::null_default")]
    pub networks: IndexMap<String, EndpointSettings>,
}

/// An endpoint settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointSettings {
    #[serde(rename = "IPAMConfig", default)]
    pub ipam_config: Option<EndpointIpamConfig>,
    #[serde(rename = "Links", default, deserialize_with = "crate::lenient::null_default")]
    pub links: Vec<String>,
    #[serde(rename = "MacAddress", default)]
    pub mac_address: Option<String>,
    #[serde(rename = "Aliases", default, deserialize_with = "crate::lenient::null_default")]
    pub aliases: Vec<String>,
    #[serde(rename = "NetworkID", default)]
    pub network_id: Option<String>,
    #[serde(rename = "EndpointID", default)]
    pub endpoint_id: Option<String>,
    #[serde(rename = "Gateway", default)]
    pub gateway: Option<String>,
    #[serde(rename = "IPAddress", default)]
    pub ip_address: Option<String>,
    #[serde(rename = "IPPrefixLen", default)]
    pub ip_prefix_len: Option<i64>,
    #[serde(rename = "IPv6Gateway", default)]
    pub ipv6_gateway: Option<String>,
    #[serde(rename = "GlobalIPv6Address", default)]
    pub global_ipv6_address: Option<String>,
    #[serde(rename = "GlobalIPv6PrefixLen", default)]
    pub global_ipv6_prefix_len: Option<i64>,
    #[serde(rename = "DriverOpts", default, deserialize_with = "crate::lenient::null_default")]
    pub driver_opts: IndexMap<String, String>,
    #[serde(rename = "DNSNames", default, deserialize_with = "crate::lenient::null_default")]
    pub dns_names: Vec<String>,
}

/// An endpoint ipam config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointIpamConfig {
    #[serde(rename = "IPv4Address", default)]
    pub ipv4_address: Option<String>,
    #[serde(rename = "IPv6Address", default)]
    pub ipv6_address: Option<String>,
    #[serde(rename = "LinkLocalIPs", default, deserialize_with = "crate::lenient::null_default")]
    pub link_local_ips: Vec<String>,
}

/// A port binding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PortBinding {
    #[serde(rename = "HostIp", default)]
    pub host_ip: Option<String>,
    #[serde(rename = "HostPort", default)]
    pub host_port: Option<String>,
}

/// A graph driver data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphDriverData {
    #[serde(rename = "Name", default, deserialize_with = "crate::lenient::null_default")]
    pub name: String,
    #[serde(rename = "Data", default, deserialize_with = "crate::lenient::null_default")]
    pub data: IndexMap<String, String>,
}

/// A container config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerConfig {
    #[serde(rename = "Hostname", default)]
    pub hostname: Option<String>,
    #[serde(rename = "Domainname", default)]
    pub domainname: Option<String>,
    #[serde(rename = "User", default)]
    pub user: Option<String>,
    #[serde(rename = "AttachStdin", default)]
    pub attach_stdin: Option<bool>,
    #[serde(rename = "AttachStdout", default)]
    pub attach_stdout: Option<bool>,
    #[serde(rename = "AttachStderr", default)]
    pub attach_stderr: Option<bool>,
    #[serde(rename = "ExposedPorts", default, deserialize_with = "crate::lenient::keys")]
    pub exposed_ports: Vec<String>,
    #[serde(rename = "Tty", default)]
    pub tty: Option<bool>,
    #[serde(rename = "OpenStdin", default)]
    pub open_stdin: Option<bool>,
    #[serde(rename = "StdinOnce", default)]
    pub stdin_once: Option<bool>,
    #[serde(rename = "Env", default, deserialize_with = "crate::lenient::null_default")]
    pub env: Vec<String>,
    #[serde(rename = "Cmd", default, deserialize_with = "crate::lenient::null_default")]
    pub cmd: Vec<String>,
    #[serde(rename = "Healthcheck", default)]
    pub healthcheck: Option<HealthConfig>,
    #[serde(rename = "ArgsEscaped", default)]
    pub args_escaped: Option<bool>,
    #[serde(rename = "Image", default)]
    pub image: Option<String>,
    #[serde(rename = "Volumes", default, deserialize_with = "crate::lenient::keys")]
    pub volumes: Vec<String>,
    #[serde(rename = "WorkingDir", default)]
    pub working_dir: Option<String>,
    #[serde(rename = "Entrypoint", default, deserialize_with = "crate::lenient::null_default")]
    pub entrypoint: Vec<String>,
    #[serde(rename = "NetworkDisabled", default)]
    pub network_disabled: Option<bool>,
    #[serde(rename = "OnBuild", default, deserialize_with = "crate::lenient::null_default")]
    pub on_build: Vec<String>,
    #[serde(rename = "Labels", default, deserialize_with = "crate::lenient::null_default")]
    pub labels: IndexMap<String, String>,
    #[serde(rename = "StopSignal", default)]
    pub stop_signal: Option<String>,
    #[serde(rename = "StopTimeout", default)]
    pub stop_timeout: Option<i64>,
    #[serde(rename = "Shell", default, deserialize_with = "crate::lenient::null_default")]
    pub shell: Vec<String>,
}

/// A health config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthConfig {
    #[serde(rename = "Test", default, deserialize_with = "crate::lenient::null_default")]
    pub test: Vec<String>,
    #[serde(rename = "Interval", default)]
    pub interval: Option<i64>,
    #[serde(rename = "Timeout", default)]
    pub timeout: Option<i64>,
    #[serde(rename = "Retries", default)]
    pub retries: Option<i64>,
    #[serde(rename = "StartPeriod", default)]
    pub start_period: Option<i64>,
    #[serde(rename = "StartInterval", default)]
    pub start_interval: Option<i64>,
}

/// A mount.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mount {
    #[serde(rename = "Target", default)]
    pub target: Option<String>,
    #[serde(rename = "Source", default)]
    pub source: Option<String>,
    #[serde(rename = "Type", default)]
    pub r#type: MountType,
    #[serde(rename = "ReadOnly", default)]
    pub read_only: Option<bool>,
    #[serde(rename = "Consistency", default)]
    pub consistency: Option<String>,
    #[serde(rename = "BindOptions", default)]
    pub bind_options: Option<MountBindOptions>,
    #[serde(rename = "VolumeOptions", default)]
    pub volume_options: Option<MountVolumeOptions>,
    #[serde(rename = "TmpfsOptions", default)]
    pub tmpfs_options: Option<MountTmpfsOptions>,
}

named_enum! {
    /// A mount type.
    pub enum MountType {
        #[default]
        Bind = "bind",
        Volume = "volume",
        Image = "image",
        Tmpfs = "tmpfs",
        Npipe = "npipe",
        Cluster = "cluster",
    }
}

/// A mount bind options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MountBindOptions {
    #[serde(rename = "Propagation", default)]
    pub propagation: MountBindOptionsPropagationEnum,
    #[serde(rename = "NonRecursive", default)]
    pub non_recursive: Option<bool>,
    #[serde(rename = "CreateMountpoint", default)]
    pub create_mountpoint: Option<bool>,
    #[serde(rename = "ReadOnlyNonRecursive", default)]
    pub read_only_non_recursive: Option<bool>,
    #[serde(rename = "ReadOnlyForceRecursive", default)]
    pub read_only_force_recursive: Option<bool>,
}

named_enum! {
    /// A mount bind options propagation enum.
    pub enum MountBindOptionsPropagationEnum {
        #[default]
        Unspecified = "",
        Private = "private",
        Rprivate = "rprivate",
        Shared = "shared",
        Rshared = "rshared",
        Slave = "slave",
        Rslave = "rslave",
    }
}

/// A mount volume options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MountVolumeOptions {
    #[serde(rename = "NoCopy", default)]
    pub no_copy: Option<bool>,
    #[serde(rename = "Labels", default, deserialize_with = "crate::lenient::null_default")]
    pub labels: IndexMap<String, String>,
    #[serde(rename = "DriverConfig", default)]
    pub driver_config: Option<MountVolumeOptionsDriverConfig>,
    #[serde(rename = "Subpath", default)]
    pub subpath: Option<String>,
}

/// A mount volume options driver config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MountVolumeOptionsDriverConfig {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Options", default, deserialize_with = "crate::lenient::null_default")]
    pub options: IndexMap<String, String>,
}

/// A mount tmpfs options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MountTmpfsOptions {
    #[serde(rename = "SizeBytes", default)]
    pub size_bytes: Option<i64>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<i64>,
}

/// A resources ulimits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourcesUlimits {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Soft", default)]
    pub soft: Option<i64>,
    #[serde(rename = "Hard", default)]
    pub hard: Option<i64>,
}

/// A container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    #[serde(rename = "Id", default)]
    pub id: Option<String>,
    #[serde(rename = "Created", default)]
    pub created: Option<String>,
    #[serde(rename = "Path", default)]
    pub path: Option<String>,
    #[serde(rename = "Args", default, deserialize_with = "crate::lenient::null_default")]
    pub args: Vec<String>,
    #[serde(rename = "State", default)]
    pub state: Option<ContainerState>,
    #[serde(rename = "Image", default)]
    pub image: Option<String>,
    #[serde(rename = "ResolvConfPath", default)]
    pub resolv_conf_path: Option<String>,
    #[serde(rename = "HostnamePath", default)]
    pub hostname_path: Option<String>,
    #[serde(rename = "HostsPath", default)]
    pub hosts_path: Option<String>,
    #[serde(rename = "LogPath", default)]
    pub log_path: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "RestartCount", default)]
    pub restart_count: Option<i64>,
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "Platform", default)]
    pub platform: Option<String>,
    #[serde(rename = "MountLabel", default)]
    pub mount_label: Option<String>,
    #[serde(rename = "ProcessLabel", default)]
    pub process_label: Option<String>,
    #[serde(rename = "AppArmorProfile", default)]
    pub app_armor_profile: Option<String>,
    #[serde(rename = "ExecIDs", default, deserialize_with = "crate::lenient::null_default")]
    pub exec_ids: Vec<String>,
    #[serde(rename = "HostConfig", default)]
    pub host_config: Option<HostConfig>,
    #[serde(rename = "GraphDriver", default)]
    pub graph_driver: Option<GraphDriverData>,
    #[serde(rename = "SizeRw", default)]
    pub size_rw: Option<i64>,
    #[serde(rename = "SizeRootFs", default)]
    pub size_root_fs: Option<i64>,
    #[serde(rename = "Mounts", default, deserialize_with = "crate::lenient::null_default")]
    pub mounts: Vec<MountPoint>,
    #[serde(rename = "Config", default)]
    pub config: Option<ContainerConfig>,
    #[serde(rename = "NetworkSettings", default)]
    pub network_settings: Option<NetworkSettings>,
}
