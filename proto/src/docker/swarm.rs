//! Shapes of the Docker API, as the public API passes them on: swarm.
// tidy: long, because it is a list of another API's shapes.

use crate::NoData;
use crate::docker::container::{HealthConfig, Mount, ResourcesUlimits};
use crate::entity::swarm::SwarmState;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A swarm config list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmConfigListItem {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "InUse", default, deserialize_with = "crate::lenient::null_default")]
    pub in_use: bool,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<String>,
}

/// A swarm config details.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmConfigDetails {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<ConfigSpec>,
}

/// A config spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Data", default)]
    pub data: Option<String>,
    #[serde(rename = "Templating", default)]
    pub templating: Option<Driver>,
}

/// A swarm lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmLists {
    pub nodes: Vec<SwarmNodeListItem>,
    pub stacks: Vec<SwarmStackListItem>,
    pub services: Vec<SwarmServiceListItem>,
    pub tasks: Vec<SwarmTaskListItem>,
    pub configs: Vec<SwarmConfigListItem>,
    pub secrets: Vec<SwarmSecretListItem>,
}

/// An object version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectVersion {
    #[serde(rename = "Index", default)]
    pub index: Option<u64>,
}

/// A driver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Driver {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Options", default)]
    pub options: Option<IndexMap<String, String>>,
}

/// A resource object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceObject {
    #[serde(rename = "NanoCPUs", default)]
    pub nano_cp_us: Option<i64>,
    #[serde(rename = "MemoryBytes", default)]
    pub memory_bytes: Option<i64>,
    #[serde(rename = "GenericResources", default)]
    pub generic_resources: Option<GenericResources>,
}

/// An entry of a list of generic resourcess.
pub type GenericResources = Vec<GenericResourcesInner>;

/// A generic resources inner.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GenericResourcesInner {
    #[serde(rename = "NamedResourceSpec", default)]
    pub named_resource_spec: Option<GenericResourcesInnerNamedResourceSpec>,
    #[serde(rename = "DiscreteResourceSpec", default)]
    pub discrete_resource_spec: Option<GenericResourcesInnerDiscreteResourceSpec>,
}

/// A generic resources inner discrete resource spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GenericResourcesInnerDiscreteResourceSpec {
    #[serde(rename = "Kind", default)]
    pub kind: Option<String>,
    #[serde(rename = "Value", default)]
    pub value: Option<i64>,
}

/// A generic resources inner named resource spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GenericResourcesInnerNamedResourceSpec {
    #[serde(rename = "Kind", default)]
    pub kind: Option<String>,
    #[serde(rename = "Value", default)]
    pub value: Option<String>,
}

/// A platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Platform {
    #[serde(rename = "Architecture", default)]
    pub architecture: Option<String>,
    #[serde(rename = "OS", default)]
    pub os: Option<String>,
}

/// A network attachment config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkAttachmentConfig {
    #[serde(rename = "Target", default)]
    pub target: Option<String>,
    #[serde(rename = "Aliases", default)]
    pub aliases: Option<Vec<String>>,
    #[serde(rename = "DriverOpts", default)]
    pub driver_opts: Option<IndexMap<String, String>>,
}

/// An endpoint port config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointPortConfig {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Protocol", default)]
    pub protocol: Option<EndpointPortConfigProtocolEnum>,
    #[serde(rename = "TargetPort", default)]
    pub target_port: Option<i64>,
    #[serde(rename = "PublishedPort", default)]
    pub published_port: Option<i64>,
    #[serde(rename = "PublishMode", default)]
    pub publish_mode: Option<EndpointPortConfigPublishModeEnum>,
}

named_enum! {
    /// An endpoint port config protocol enum.
    pub enum EndpointPortConfigProtocolEnum {
        #[default]
        Unspecified = "",
        Tcp = "tcp",
        Udp = "udp",
        Sctp = "sctp",
    }
}

named_enum! {
    /// An endpoint port config publish mode enum.
    pub enum EndpointPortConfigPublishModeEnum {
        #[default]
        Unspecified = "",
        Ingress = "ingress",
        Host = "host",
    }
}

/// A tls info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsInfo {
    #[serde(rename = "TrustRoot", default)]
    pub trust_root: Option<String>,
    #[serde(rename = "CertIssuerSubject", default)]
    pub cert_issuer_subject: Option<String>,
    #[serde(rename = "CertIssuerPublicKey", default)]
    pub cert_issuer_public_key: Option<String>,
}

/// A topology.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Topology {
    #[serde(rename = "Segments", default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<IndexMap<String, String>>,
}

/// A swarm node list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmNodeListItem {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Hostname", default)]
    pub hostname: Option<String>,
    #[serde(rename = "Role", default)]
    pub role: Option<NodeSpecRoleEnum>,
    #[serde(rename = "Availability", default)]
    pub availability: Option<NodeSpecAvailabilityEnum>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "State", default)]
    pub state: Option<NodeState>,
    #[serde(rename = "ManagerAddr", default)]
    pub manager_addr: Option<String>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
}

/// A swarm node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmNode {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<NodeSpec>,
    #[serde(rename = "Description", default)]
    pub description: Option<NodeDescription>,
    #[serde(rename = "Status", default)]
    pub status: Option<NodeStatus>,
    #[serde(rename = "ManagerStatus", default)]
    pub manager_status: Option<ManagerStatus>,
}

/// A node spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Role", default)]
    pub role: Option<NodeSpecRoleEnum>,
    #[serde(rename = "Availability", default)]
    pub availability: Option<NodeSpecAvailabilityEnum>,
}

named_enum! {
    /// A node spec role enum.
    pub enum NodeSpecRoleEnum {
        #[default]
        Unspecified = "",
        Worker = "worker",
        Manager = "manager",
    }
}

named_enum! {
    /// A node spec availability enum.
    pub enum NodeSpecAvailabilityEnum {
        #[default]
        Unspecified = "",
        Active = "active",
        Pause = "pause",
        Drain = "drain",
    }
}

/// A node description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeDescription {
    #[serde(rename = "Hostname", default)]
    pub hostname: Option<String>,
    #[serde(rename = "Platform", default)]
    pub platform: Option<Platform>,
    #[serde(rename = "Resources", default)]
    pub resources: Option<ResourceObject>,
    #[serde(rename = "Engine", default)]
    pub engine: Option<EngineDescription>,
    #[serde(rename = "TLSInfo", default)]
    pub tls_info: Option<TlsInfo>,
}

/// An engine description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineDescription {
    #[serde(rename = "EngineVersion", default)]
    pub engine_version: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Plugins", default)]
    pub plugins: Option<Vec<EngineDescriptionPlugins>>,
}

/// An engine description plugins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineDescriptionPlugins {
    #[serde(rename = "Type", default)]
    pub r#type: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
}

/// A node status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeStatus {
    #[serde(rename = "State", default)]
    pub state: Option<NodeState>,
    #[serde(rename = "Message", default)]
    pub message: Option<String>,
    #[serde(rename = "Addr", default)]
    pub addr: Option<String>,
}

named_enum! {
    /// The state a node is in.
    pub enum NodeState {
        #[default]
        Unknown = "unknown",
        Down = "down",
        Ready = "ready",
        Disconnected = "disconnected",
    }
}

/// A manager status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ManagerStatus {
    #[serde(rename = "Leader", default)]
    pub leader: Option<bool>,
    #[serde(rename = "Reachability", default)]
    pub reachability: Option<NodeReachability>,
    #[serde(rename = "Addr", default)]
    pub addr: Option<String>,
}

named_enum! {
    /// A node reachability.
    pub enum NodeReachability {
        #[default]
        Unknown = "unknown",
        Unreachable = "unreachable",
        Reachable = "reachable",
    }
}

/// A swarm secret list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSecretListItem {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "Templating", default)]
    pub templating: Option<String>,
    #[serde(rename = "InUse")]
    pub in_use: bool,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
}

/// A swarm secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSecret {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<SecretSpec>,
}

/// A secret spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecretSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Data", default)]
    pub data: Option<String>,
    #[serde(rename = "Driver", default)]
    pub driver: Option<Driver>,
    #[serde(rename = "Templating", default)]
    pub templating: Option<Driver>,
}

/// A swarm service list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmServiceListItem {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Image", default)]
    pub image: Option<String>,
    #[serde(rename = "Runtime", default)]
    pub runtime: Option<String>,
    #[serde(rename = "Restart", default)]
    pub restart: Option<TaskSpecRestartPolicyConditionEnum>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<SwarmServiceMode>,
    #[serde(rename = "Replicas", default)]
    pub replicas: Option<i64>,
    #[serde(rename = "MaxConcurrent", default)]
    pub max_concurrent: Option<i64>,
    #[serde(rename = "Configs")]
    pub configs: Vec<String>,
    #[serde(rename = "Secrets")]
    pub secrets: Vec<String>,
    #[serde(rename = "RunningTasks", default)]
    pub running_tasks: Option<u64>,
    #[serde(rename = "DesiredTasks", default)]
    pub desired_tasks: Option<u64>,
    #[serde(rename = "CompletedTasks", default)]
    pub completed_tasks: Option<u64>,
    #[serde(rename = "State")]
    pub state: SwarmState,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
}

named_enum_without_default! {
    /// A swarm service mode.
    pub enum SwarmServiceMode {
        Replicated = "Replicated",
        Global = "Global",
        ReplicatedJob = "ReplicatedJob",
        GlobalJob = "GlobalJob",
    }
}

/// A swarm service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmService {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<SwarmServiceMode>,
    #[serde(rename = "Replicas", default)]
    pub replicas: Option<i64>,
    #[serde(rename = "MaxConcurrent", default)]
    pub max_concurrent: Option<i64>,
    #[serde(rename = "State")]
    pub state: SwarmState,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<ServiceSpec>,
    #[serde(rename = "Endpoint", default)]
    pub endpoint: Option<ServiceEndpoint>,
    #[serde(rename = "UpdateStatus", default)]
    pub update_status: Option<ServiceUpdateStatus>,
    #[serde(rename = "ServiceStatus", default)]
    pub service_status: Option<ServiceServiceStatus>,
    #[serde(rename = "JobStatus", default)]
    pub job_status: Option<ServiceJobStatus>,
}

/// A service spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "TaskTemplate", default)]
    pub task_template: Option<TaskSpec>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<ServiceSpecMode>,
    #[serde(rename = "UpdateConfig", default)]
    pub update_config: Option<ServiceSpecUpdateConfig>,
    #[serde(rename = "RollbackConfig", default)]
    pub rollback_config: Option<ServiceSpecRollbackConfig>,
    #[serde(rename = "Networks", default)]
    pub networks: Option<Vec<NetworkAttachmentConfig>>,
    #[serde(rename = "EndpointSpec", default)]
    pub endpoint_spec: Option<EndpointSpec>,
}

/// A service spec mode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpecMode {
    #[serde(rename = "Replicated", default)]
    pub replicated: Option<ServiceSpecModeReplicated>,
    #[serde(rename = "Global", default)]
    pub global: Option<NoData>,
    #[serde(rename = "ReplicatedJob", default)]
    pub replicated_job: Option<ServiceSpecModeReplicatedJob>,
    #[serde(rename = "GlobalJob", default)]
    pub global_job: Option<NoData>,
}

/// A service spec mode replicated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpecModeReplicated {
    #[serde(rename = "Replicas", default)]
    pub replicas: Option<i64>,
}

/// A service spec mode replicated job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpecModeReplicatedJob {
    #[serde(rename = "MaxConcurrent", default)]
    pub max_concurrent: Option<i64>,
    #[serde(rename = "TotalCompletions", default)]
    pub total_completions: Option<i64>,
}

/// A service spec update config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpecUpdateConfig {
    #[serde(rename = "Parallelism", default)]
    pub parallelism: Option<i64>,
    #[serde(rename = "Delay", default)]
    pub delay: Option<i64>,
    #[serde(rename = "FailureAction", default)]
    pub failure_action: Option<ServiceSpecUpdateConfigFailureActionEnum>,
    #[serde(rename = "Monitor", default)]
    pub monitor: Option<i64>,
    #[serde(rename = "MaxFailureRatio", default)]
    pub max_failure_ratio: Option<f64>,
    #[serde(rename = "Order", default)]
    pub order: Option<ServiceSpecUpdateConfigOrderEnum>,
}

named_enum! {
    /// A service spec update config failure action enum.
    pub enum ServiceSpecUpdateConfigFailureActionEnum {
        #[default]
        Unspecified = "",
        Continue = "continue",
        Pause = "pause",
        Rollback = "rollback",
    }
}

named_enum! {
    /// A service spec update config order enum.
    pub enum ServiceSpecUpdateConfigOrderEnum {
        #[default]
        Unspecified = "",
        StopFirst = "stop-first",
        StartFirst = "start-first",
    }
}

/// A service spec rollback config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSpecRollbackConfig {
    #[serde(rename = "Parallelism", default)]
    pub parallelism: Option<i64>,
    #[serde(rename = "Delay", default)]
    pub delay: Option<i64>,
    #[serde(rename = "FailureAction", default)]
    pub failure_action: Option<ServiceSpecRollbackConfigFailureActionEnum>,
    #[serde(rename = "Monitor", default)]
    pub monitor: Option<i64>,
    #[serde(rename = "MaxFailureRatio", default)]
    pub max_failure_ratio: Option<f64>,
    #[serde(rename = "Order", default)]
    pub order: Option<ServiceSpecRollbackConfigOrderEnum>,
}

named_enum! {
    /// A service spec rollback config failure action enum.
    pub enum ServiceSpecRollbackConfigFailureActionEnum {
        #[default]
        Unspecified = "",
        Continue = "continue",
        Pause = "pause",
    }
}

named_enum! {
    /// A service spec rollback config order enum.
    pub enum ServiceSpecRollbackConfigOrderEnum {
        #[default]
        Unspecified = "",
        StopFirst = "stop-first",
        StartFirst = "start-first",
    }
}

/// An endpoint spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointSpec {
    #[serde(rename = "Mode", default)]
    pub mode: Option<EndpointSpecModeEnum>,
    #[serde(rename = "Ports", default)]
    pub ports: Option<Vec<EndpointPortConfig>>,
}

named_enum! {
    /// An endpoint spec mode enum.
    pub enum EndpointSpecModeEnum {
        #[default]
        Unspecified = "",
        Vip = "vip",
        Dnsrr = "dnsrr",
    }
}

/// A service endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceEndpoint {
    #[serde(rename = "Spec", default)]
    pub spec: Option<EndpointSpec>,
    #[serde(rename = "Ports", default)]
    pub ports: Option<Vec<EndpointPortConfig>>,
    #[serde(rename = "VirtualIPs", default)]
    pub virtual_ips: Option<Vec<ServiceEndpointVirtualIps>>,
}

/// A service endpoint virtual ips.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceEndpointVirtualIps {
    #[serde(rename = "NetworkID", default)]
    pub network_id: Option<String>,
    #[serde(rename = "Addr", default)]
    pub addr: Option<String>,
}

/// A service update status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceUpdateStatus {
    #[serde(rename = "State", default)]
    pub state: Option<ServiceUpdateStatusStateEnum>,
    #[serde(rename = "StartedAt", default)]
    pub started_at: Option<String>,
    #[serde(rename = "CompletedAt", default)]
    pub completed_at: Option<String>,
    #[serde(rename = "Message", default)]
    pub message: Option<String>,
}

named_enum! {
    /// A service update status state enum.
    pub enum ServiceUpdateStatusStateEnum {
        #[default]
        Unspecified = "",
        Updating = "updating",
        Paused = "paused",
        Completed = "completed",
        RollbackStarted = "rollback_started",
        RollbackPaused = "rollback_paused",
        RollbackCompleted = "rollback_completed",
    }
}

/// A service service status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceServiceStatus {
    #[serde(rename = "RunningTasks", default)]
    pub running_tasks: Option<u64>,
    #[serde(rename = "DesiredTasks", default)]
    pub desired_tasks: Option<u64>,
    #[serde(rename = "CompletedTasks", default)]
    pub completed_tasks: Option<u64>,
}

/// A service job status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceJobStatus {
    #[serde(rename = "JobIteration", default)]
    pub job_iteration: Option<ObjectVersion>,
    #[serde(rename = "LastExecution", default)]
    pub last_execution: Option<String>,
}

/// A swarm stack list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmStackListItem {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "State", default)]
    pub state: Option<SwarmState>,
    #[serde(rename = "Services", default)]
    pub services: Option<String>,
    #[serde(rename = "Orchestrator", default)]
    pub orchestrator: Option<String>,
    #[serde(rename = "Namespace", default)]
    pub namespace: Option<String>,
}

/// A swarm stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmStack {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "State")]
    pub state: SwarmState,
    #[serde(rename = "Services")]
    pub services: Vec<SwarmServiceListItem>,
    #[serde(rename = "Tasks")]
    pub tasks: Vec<SwarmTaskListItem>,
}

/// A swarm inspect info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmInspectInfo {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<SwarmSpec>,
    #[serde(rename = "TLSInfo", default)]
    pub tls_info: Option<TlsInfo>,
    #[serde(rename = "RootRotationInProgress", default)]
    pub root_rotation_in_progress: Option<bool>,
    #[serde(rename = "DataPathPort", default)]
    pub data_path_port: Option<u32>,
    #[serde(rename = "DefaultAddrPool", default)]
    pub default_addr_pool: Option<Vec<String>>,
    #[serde(rename = "SubnetSize", default)]
    pub subnet_size: Option<u32>,
    #[serde(rename = "JoinTokens", default)]
    pub join_tokens: Option<JoinTokens>,
}

/// A swarm spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Orchestration", default)]
    pub orchestration: Option<SwarmSpecOrchestration>,
    #[serde(rename = "Raft", default)]
    pub raft: Option<SwarmSpecRaft>,
    #[serde(rename = "Dispatcher", default)]
    pub dispatcher: Option<SwarmSpecDispatcher>,
    #[serde(rename = "CAConfig", default)]
    pub ca_config: Option<SwarmSpecCaConfig>,
    #[serde(rename = "EncryptionConfig", default)]
    pub encryption_config: Option<SwarmSpecEncryptionConfig>,
    #[serde(rename = "TaskDefaults", default)]
    pub task_defaults: Option<SwarmSpecTaskDefaults>,
}

/// A swarm spec orchestration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecOrchestration {
    #[serde(rename = "TaskHistoryRetentionLimit", default)]
    pub task_history_retention_limit: Option<i64>,
}

/// A swarm spec raft.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecRaft {
    #[serde(rename = "SnapshotInterval", default)]
    pub snapshot_interval: Option<u64>,
    #[serde(rename = "KeepOldSnapshots", default)]
    pub keep_old_snapshots: Option<u64>,
    #[serde(rename = "LogEntriesForSlowFollowers", default)]
    pub log_entries_for_slow_followers: Option<u64>,
    #[serde(rename = "ElectionTick", default)]
    pub election_tick: Option<i64>,
    #[serde(rename = "HeartbeatTick", default)]
    pub heartbeat_tick: Option<i64>,
}

/// A swarm spec dispatcher.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecDispatcher {
    #[serde(rename = "HeartbeatPeriod", default)]
    pub heartbeat_period: Option<i64>,
}

/// A swarm spec ca config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecCaConfig {
    #[serde(rename = "NodeCertExpiry", default)]
    pub node_cert_expiry: Option<i64>,
    #[serde(rename = "ExternalCAs", default)]
    pub external_c_as: Option<Vec<SwarmSpecCaConfigExternalCas>>,
    #[serde(rename = "SigningCACert", default)]
    pub signing_ca_cert: Option<String>,
    #[serde(rename = "SigningCAKey", default)]
    pub signing_ca_key: Option<String>,
    #[serde(rename = "ForceRotate", default)]
    pub force_rotate: Option<u64>,
}

/// A swarm spec ca config external cas.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecCaConfigExternalCas {
    #[serde(rename = "Protocol", default)]
    pub protocol: Option<SwarmSpecCaConfigExternalCasProtocolEnum>,
    #[serde(rename = "URL", default)]
    pub url: Option<String>,
    #[serde(rename = "Options", default)]
    pub options: Option<IndexMap<String, String>>,
    #[serde(rename = "CACert", default)]
    pub ca_cert: Option<String>,
}

named_enum! {
    /// A swarm spec ca config external cas protocol enum.
    pub enum SwarmSpecCaConfigExternalCasProtocolEnum {
        #[default]
        Unspecified = "",
        Cfssl = "cfssl",
    }
}

/// A swarm spec encryption config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecEncryptionConfig {
    #[serde(rename = "AutoLockManagers", default)]
    pub auto_lock_managers: Option<bool>,
}

/// A swarm spec task defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecTaskDefaults {
    #[serde(rename = "LogDriver", default)]
    pub log_driver: Option<SwarmSpecTaskDefaultsLogDriver>,
}

/// A swarm spec task defaults log driver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpecTaskDefaultsLogDriver {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Options", default)]
    pub options: Option<IndexMap<String, String>>,
}

/// A join tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokens {
    #[serde(rename = "Worker", default)]
    pub worker: Option<String>,
    #[serde(rename = "Manager", default)]
    pub manager: Option<String>,
}

/// A swarm task list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmTaskListItem {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "NodeID", default)]
    pub node_id: Option<String>,
    #[serde(rename = "ServiceID", default)]
    pub service_id: Option<String>,
    #[serde(rename = "ContainerID", default)]
    pub container_id: Option<String>,
    #[serde(rename = "State", default)]
    pub state: Option<TaskState>,
    #[serde(rename = "DesiredState", default)]
    pub desired_state: Option<TaskState>,
    #[serde(rename = "Configs")]
    pub configs: Vec<String>,
    #[serde(rename = "Secrets")]
    pub secrets: Vec<String>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
}

/// A swarm task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmTask {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<TaskSpec>,
    #[serde(rename = "ServiceID", default)]
    pub service_id: Option<String>,
    #[serde(rename = "Slot", default)]
    pub slot: Option<i64>,
    #[serde(rename = "NodeID", default)]
    pub node_id: Option<String>,
    #[serde(rename = "AssignedGenericResources", default)]
    pub assigned_generic_resources: Option<GenericResources>,
    #[serde(rename = "Status", default)]
    pub status: Option<TaskStatus>,
    #[serde(rename = "DesiredState", default)]
    pub desired_state: Option<TaskState>,
    #[serde(rename = "JobIteration", default)]
    pub job_iteration: Option<ObjectVersion>,
}

/// A task spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpec {
    #[serde(rename = "PluginSpec", default)]
    pub plugin_spec: Option<TaskSpecPluginSpec>,
    #[serde(rename = "ContainerSpec", default)]
    pub container_spec: Option<TaskSpecContainerSpec>,
    #[serde(rename = "NetworkAttachmentSpec", default)]
    pub network_attachment_spec: Option<TaskSpecNetworkAttachmentSpec>,
    #[serde(rename = "Resources", default)]
    pub resources: Option<TaskSpecResources>,
    #[serde(rename = "RestartPolicy", default)]
    pub restart_policy: Option<TaskSpecRestartPolicy>,
    #[serde(rename = "Placement", default)]
    pub placement: Option<TaskSpecPlacement>,
    #[serde(rename = "ForceUpdate", default)]
    pub force_update: Option<u64>,
    #[serde(rename = "Runtime", default)]
    pub runtime: Option<String>,
    #[serde(rename = "Networks", default)]
    pub networks: Option<Vec<NetworkAttachmentConfig>>,
    #[serde(rename = "LogDriver", default)]
    pub log_driver: Option<TaskSpecLogDriver>,
}

/// A task spec plugin spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecPluginSpec {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Remote", default)]
    pub remote: Option<String>,
    #[serde(rename = "Disabled", default)]
    pub disabled: Option<bool>,
    #[serde(rename = "PluginPrivilege", default)]
    pub plugin_privilege: Option<Vec<PluginPrivilege>>,
}

/// A plugin privilege.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginPrivilege {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Description", default)]
    pub description: Option<String>,
    #[serde(rename = "Value", default)]
    pub value: Option<Vec<String>>,
}

/// A task spec container spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpec {
    #[serde(rename = "Image", default)]
    pub image: Option<String>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "Command", default)]
    pub command: Option<Vec<String>>,
    #[serde(rename = "Args", default)]
    pub args: Option<Vec<String>>,
    #[serde(rename = "Hostname", default)]
    pub hostname: Option<String>,
    #[serde(rename = "Env", default)]
    pub env: Option<Vec<String>>,
    #[serde(rename = "Dir", default)]
    pub dir: Option<String>,
    #[serde(rename = "User", default)]
    pub user: Option<String>,
    #[serde(rename = "Groups", default)]
    pub groups: Option<Vec<String>>,
    #[serde(rename = "Privileges", default)]
    pub privileges: Option<TaskSpecContainerSpecPrivileges>,
    #[serde(rename = "TTY", default)]
    pub tty: Option<bool>,
    #[serde(rename = "OpenStdin", default)]
    pub open_stdin: Option<bool>,
    #[serde(rename = "ReadOnly", default)]
    pub read_only: Option<bool>,
    #[serde(rename = "Mounts", default)]
    pub mounts: Option<Vec<Mount>>,
    #[serde(rename = "StopSignal", default)]
    pub stop_signal: Option<String>,
    #[serde(rename = "StopGracePeriod", default)]
    pub stop_grace_period: Option<i64>,
    #[serde(rename = "HealthCheck", default)]
    pub health_check: Option<HealthConfig>,
    #[serde(rename = "Hosts", default)]
    pub hosts: Option<Vec<String>>,
    #[serde(rename = "DNSConfig", default)]
    pub dns_config: Option<TaskSpecContainerSpecDnsConfig>,
    #[serde(rename = "Secrets", default)]
    pub secrets: Option<Vec<TaskSpecContainerSpecSecrets>>,
    #[serde(rename = "OomScoreAdj", default)]
    pub oom_score_adj: Option<i64>,
    #[serde(rename = "Configs", default)]
    pub configs: Option<Vec<TaskSpecContainerSpecConfigs>>,
    #[serde(rename = "Isolation", default)]
    pub isolation: Option<TaskSpecContainerSpecIsolationEnum>,
    #[serde(rename = "Init", default)]
    pub init: Option<bool>,
    #[serde(rename = "Sysctls", default)]
    pub sysctls: Option<IndexMap<String, String>>,
    #[serde(rename = "CapabilityAdd", default)]
    pub capability_add: Option<Vec<String>>,
    #[serde(rename = "CapabilityDrop", default)]
    pub capability_drop: Option<Vec<String>>,
    #[serde(rename = "Ulimits", default)]
    pub ulimits: Option<Vec<ResourcesUlimits>>,
}

/// A task spec container spec privileges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecPrivileges {
    #[serde(rename = "CredentialSpec", default)]
    pub credential_spec: Option<TaskSpecContainerSpecPrivilegesCredentialSpec>,
    #[serde(rename = "SELinuxContext", default)]
    pub se_linux_context: Option<TaskSpecContainerSpecPrivilegesSeLinuxContext>,
    #[serde(rename = "Seccomp", default)]
    pub seccomp: Option<TaskSpecContainerSpecPrivilegesSeccomp>,
    #[serde(rename = "AppArmor", default)]
    pub app_armor: Option<TaskSpecContainerSpecPrivilegesAppArmor>,
    #[serde(rename = "NoNewPrivileges", default)]
    pub no_new_privileges: Option<bool>,
}

/// A task spec container spec privileges credential spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecPrivilegesCredentialSpec {
    #[serde(rename = "Config", default)]
    pub config: Option<String>,
    #[serde(rename = "File", default)]
    pub file: Option<String>,
    #[serde(rename = "Registry", default)]
    pub registry: Option<String>,
}

/// A task spec container spec privileges se linux context.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecPrivilegesSeLinuxContext {
    #[serde(rename = "Disable", default)]
    pub disable: Option<bool>,
    #[serde(rename = "User", default)]
    pub user: Option<String>,
    #[serde(rename = "Role", default)]
    pub role: Option<String>,
    #[serde(rename = "Type", default)]
    pub r#type: Option<String>,
    #[serde(rename = "Level", default)]
    pub level: Option<String>,
}

/// A task spec container spec privileges seccomp.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecPrivilegesSeccomp {
    #[serde(rename = "Mode", default)]
    pub mode: Option<TaskSpecContainerSpecPrivilegesSeccompModeEnum>,
    #[serde(rename = "Profile", default)]
    pub profile: Option<String>,
}

named_enum! {
    /// A task spec container spec privileges seccomp mode enum.
    pub enum TaskSpecContainerSpecPrivilegesSeccompModeEnum {
        #[default]
        Unspecified = "",
        Default = "default",
        Unconfined = "unconfined",
        Custom = "custom",
    }
}

/// A task spec container spec privileges app armor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecPrivilegesAppArmor {
    #[serde(rename = "Mode", default)]
    pub mode: Option<TaskSpecContainerSpecPrivilegesAppArmorModeEnum>,
}

named_enum! {
    /// A task spec container spec privileges app armor mode enum.
    pub enum TaskSpecContainerSpecPrivilegesAppArmorModeEnum {
        #[default]
        Unspecified = "",
        Default = "default",
        Disabled = "disabled",
    }
}

/// A task spec container spec dns config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecDnsConfig {
    #[serde(rename = "Nameservers", default)]
    pub nameservers: Option<Vec<String>>,
    #[serde(rename = "Search", default)]
    pub search: Option<Vec<String>>,
    #[serde(rename = "Options", default)]
    pub options: Option<Vec<String>>,
}

/// A task spec container spec secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecSecrets {
    #[serde(rename = "File", default)]
    pub file: Option<TaskSpecContainerSpecFile>,
    #[serde(rename = "SecretID", default)]
    pub secret_id: Option<String>,
    #[serde(rename = "SecretName", default)]
    pub secret_name: Option<String>,
}

/// A task spec container spec file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecFile {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "UID", default)]
    pub uid: Option<String>,
    #[serde(rename = "GID", default)]
    pub gid: Option<String>,
    #[serde(rename = "Mode", default)]
    pub mode: Option<u32>,
}

/// A task spec container spec configs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecContainerSpecConfigs {
    #[serde(rename = "File", default)]
    pub file: Option<TaskSpecContainerSpecFile>,
    #[serde(rename = "ConfigID", default)]
    pub config_id: Option<String>,
    #[serde(rename = "ConfigName", default)]
    pub config_name: Option<String>,
}

named_enum! {
    /// A task spec container spec isolation enum.
    pub enum TaskSpecContainerSpecIsolationEnum {
        Default = "default",
        Process = "process",
        Hyperv = "hyperv",
        #[default]
        Unspecified = "",
    }
}

/// A task spec network attachment spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecNetworkAttachmentSpec {
    #[serde(rename = "ContainerID", default)]
    pub container_id: Option<String>,
}

/// A task spec resources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecResources {
    #[serde(rename = "Limits", default)]
    pub limits: Option<Limit>,
    #[serde(rename = "Reservations", default)]
    pub reservations: Option<ResourceObject>,
}

/// A limit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    #[serde(rename = "NanoCPUs", default)]
    pub nano_cp_us: Option<i64>,
    #[serde(rename = "MemoryBytes", default)]
    pub memory_bytes: Option<i64>,
    #[serde(rename = "Pids", default)]
    pub pids: Option<i64>,
}

/// A task spec restart policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecRestartPolicy {
    #[serde(rename = "Condition", default)]
    pub condition: Option<TaskSpecRestartPolicyConditionEnum>,
    #[serde(rename = "Delay", default)]
    pub delay: Option<i64>,
    #[serde(rename = "MaxAttempts", default)]
    pub max_attempts: Option<i64>,
    #[serde(rename = "Window", default)]
    pub window: Option<i64>,
}

named_enum! {
    /// A task spec restart policy condition enum.
    pub enum TaskSpecRestartPolicyConditionEnum {
        #[default]
        Unspecified = "",
        None = "none",
        OnFailure = "on-failure",
        Any = "any",
    }
}

/// A task spec placement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecPlacement {
    #[serde(rename = "Constraints", default)]
    pub constraints: Option<Vec<String>>,
    #[serde(rename = "Preferences", default)]
    pub preferences: Option<Vec<TaskSpecPlacementPreferences>>,
    #[serde(rename = "MaxReplicas", default)]
    pub max_replicas: Option<i64>,
    #[serde(rename = "Platforms", default)]
    pub platforms: Option<Vec<Platform>>,
}

/// A task spec placement preferences.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecPlacementPreferences {
    #[serde(rename = "Spread", default)]
    pub spread: Option<TaskSpecPlacementSpread>,
}

/// A task spec placement spread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecPlacementSpread {
    #[serde(rename = "SpreadDescriptor", default)]
    pub spread_descriptor: Option<String>,
}

/// A task spec log driver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpecLogDriver {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Options", default)]
    pub options: Option<IndexMap<String, String>>,
}

/// A task status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskStatus {
    #[serde(rename = "Timestamp", default)]
    pub timestamp: Option<String>,
    #[serde(rename = "State", default)]
    pub state: Option<TaskState>,
    #[serde(rename = "Message", default)]
    pub message: Option<String>,
    #[serde(rename = "Err", default)]
    pub err: Option<String>,
    #[serde(rename = "ContainerStatus", default)]
    pub container_status: Option<ContainerStatus>,
    #[serde(rename = "PortStatus", default)]
    pub port_status: Option<PortStatus>,
}

named_enum_without_default! {
    /// The state a task is in.
    pub enum TaskState {
        New = "new",
        Allocated = "allocated",
        Pending = "pending",
        Assigned = "assigned",
        Accepted = "accepted",
        Preparing = "preparing",
        Ready = "ready",
        Starting = "starting",
        Running = "running",
        Complete = "complete",
        Shutdown = "shutdown",
        Failed = "failed",
        Rejected = "rejected",
        Remove = "remove",
        Orphaned = "orphaned",
    }
}

/// A container status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerStatus {
    #[serde(rename = "ContainerID", default)]
    pub container_id: Option<String>,
    #[serde(rename = "PID", default)]
    pub pid: Option<i64>,
    #[serde(rename = "ExitCode", default)]
    pub exit_code: Option<i64>,
}

/// A port status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PortStatus {
    #[serde(rename = "Ports", default)]
    pub ports: Option<Vec<EndpointPortConfig>>,
}
