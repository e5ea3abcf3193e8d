//! The alert.

use crate::entity::deployment::DeploymentState;
use crate::entity::resource::{ResourceTarget, ResourceTargetVariant};
use crate::entity::stack::StackState;
use crate::{ErrorBody, MongoId, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub ts: i64,
    pub resolved: bool,
    pub level: SeverityLevel,
    pub target: ResourceTarget,
    pub data: AlertData,
    #[serde(default)]
    pub resolved_ts: Option<i64>,
}

/// An alert data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum AlertData {
    None {},
    Test {
        id: String,
        name: String,
    },
    SwarmUnhealthy {
        id: String,
        name: String,
        #[serde(default)]
        err: Option<ErrorBody>,
    },
    ServerUnreachable {
        id: String,
        name: String,
        #[serde(default)]
        region: Option<String>,
        #[serde(default)]
        err: Option<ErrorBody>,
    },
    ServerCpu {
        id: String,
        name: String,
        #[serde(default)]
        region: Option<String>,
        percentage: f64,
    },
    ServerMem {
        id: String,
        name: String,
        #[serde(default)]
        region: Option<String>,
        used_gb: f64,
        total_gb: f64,
    },
    ServerDisk {
        id: String,
        name: String,
        #[serde(default)]
        region: Option<String>,
        path: String,
        used_gb: f64,
        total_gb: f64,
    },
    ServerVersionMismatch {
        id: String,
        name: String,
        #[serde(default)]
        region: Option<String>,
        server_version: String,
        core_version: String,
    },
    ContainerStateChange {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        from: DeploymentState,
        to: DeploymentState,
    },
    DeploymentImageUpdateAvailable {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        image: String,
    },
    DeploymentAutoUpdated {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        image: String,
    },
    StackStateChange {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        from: StackState,
        to: StackState,
    },
    StackImageUpdateAvailable {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        service: String,
        image: String,
    },
    StackAutoUpdated {
        id: String,
        name: String,
        #[serde(default)]
        server_id: Option<String>,
        #[serde(default)]
        server_name: Option<String>,
        #[serde(default)]
        swarm_id: Option<String>,
        #[serde(default)]
        swarm_name: Option<String>,
        images: Vec<String>,
    },
    AwsBuilderTerminationFailed {
        instance_id: String,
        message: String,
    },
    ResourceSyncPendingUpdates {
        id: String,
        name: String,
    },
    BuildFailed {
        id: String,
        name: String,
        version: Version,
    },
    RepoBuildFailed {
        id: String,
        name: String,
    },
    ProcedureFailed {
        id: String,
        name: String,
    },
    ActionFailed {
        id: String,
        name: String,
    },
    ScheduleRun {
        resource_type: ResourceTargetVariant,
        id: String,
        name: String,
    },
    Custom {
        message: String,
        #[serde(default)]
        details: String,
    },
}

named_enum_without_default! {
    /// An alert data variant.
    pub enum AlertDataVariant {
        None = "None",
        Test = "Test",
        SwarmUnhealthy = "SwarmUnhealthy",
        ServerUnreachable = "ServerUnreachable",
        ServerCpu = "ServerCpu",
        ServerMem = "ServerMem",
        ServerDisk = "ServerDisk",
        ServerVersionMismatch = "ServerVersionMismatch",
        ContainerStateChange = "ContainerStateChange",
        DeploymentImageUpdateAvailable = "DeploymentImageUpdateAvailable",
        DeploymentAutoUpdated = "DeploymentAutoUpdated",
        StackStateChange = "StackStateChange",
        StackImageUpdateAvailable = "StackImageUpdateAvailable",
        StackAutoUpdated = "StackAutoUpdated",
        AwsBuilderTerminationFailed = "AwsBuilderTerminationFailed",
        ResourceSyncPendingUpdates = "ResourceSyncPendingUpdates",
        BuildFailed = "BuildFailed",
        RepoBuildFailed = "RepoBuildFailed",
        ProcedureFailed = "ProcedureFailed",
        ActionFailed = "ActionFailed",
        ScheduleRun = "ScheduleRun",
        Custom = "Custom",
    }
}

named_enum! {
    /// A severity level.
    pub enum SeverityLevel {
        #[default]
        Ok = "OK",
        Warning = "WARNING",
        Critical = "CRITICAL",
    }
}
