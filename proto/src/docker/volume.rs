//! Shapes of the Docker API, as the public API passes them on: volume.

use crate::docker::swarm::{ObjectVersion, Topology};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A volume list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeListItem {
    pub name: String,
    pub driver: String,
    pub mountpoint: String,
    #[serde(default)]
    pub created: Option<String>,
    pub scope: VolumeScopeEnum,
    #[serde(default)]
    pub size: Option<i64>,
    pub in_use: bool,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Driver")]
    pub driver: String,
    #[serde(rename = "Mountpoint")]
    pub mountpoint: String,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "Status", default)]
    pub status: Option<Vec<String>>,
    #[serde(rename = "Labels", default, deserialize_with = "crate::lenient::null_default")]
    pub labels: IndexMap<String, String>,
    #[serde(rename = "Scope", default)]
    pub scope: VolumeScopeEnum,
    #[serde(rename = "ClusterVolume", default)]
    pub cluster_volume: Option<ClusterVolume>,
    #[serde(rename = "Options", default, deserialize_with = "crate::lenient::null_default")]
    pub options: IndexMap<String, String>,
    #[serde(rename = "UsageData", default)]
    pub usage_data: Option<VolumeUsageData>,
}

named_enum! {
    /// A volume scope enum.
    pub enum VolumeScopeEnum {
        #[default]
        Unspecified = "",
        Local = "local",
        Global = "global",
    }
}

/// A cluster volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolume {
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    #[serde(rename = "Version", default)]
    pub version: Option<ObjectVersion>,
    #[serde(rename = "CreatedAt", default)]
    pub created_at: Option<String>,
    #[serde(rename = "UpdatedAt", default)]
    pub updated_at: Option<String>,
    #[serde(rename = "Spec", default)]
    pub spec: Option<ClusterVolumeSpec>,
    #[serde(rename = "Info", default)]
    pub info: Option<ClusterVolumeInfo>,
    #[serde(rename = "PublishStatus", default, deserialize_with = "crate::lenient::null_default")]
    pub publish_status: Vec<ClusterVolumePublishStatus>,
}

/// A cluster volume info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeInfo {
    #[serde(rename = "CapacityBytes", default)]
    pub capacity_bytes: Option<i64>,
    #[serde(rename = "VolumeContext", default, deserialize_with = "crate::lenient::null_default")]
    pub volume_context: IndexMap<String, String>,
    #[serde(rename = "VolumeID", default)]
    pub volume_id: Option<String>,
    #[serde(rename = "AccessibleTopology", default)]
    pub accessible_topology: Option<Vec<Topology>>,
}

/// A cluster volume publish status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumePublishStatus {
    #[serde(rename = "NodeID", default)]
    pub node_id: Option<String>,
    #[serde(rename = "State", default)]
    pub state: ClusterVolumePublishStatusStateEnum,
    #[serde(rename = "PublishContext", default, deserialize_with = "crate::lenient::null_default")]
    pub publish_context: IndexMap<String, String>,
}

named_enum! {
    /// A cluster volume publish status state enum.
    pub enum ClusterVolumePublishStatusStateEnum {
        #[default]
        Unspecified = "",
        PendingPublish = "pending-publish",
        Published = "published",
        PendingNodeUnpublish = "pending-node-unpublish",
        PendingControllerUnpublish = "pending-controller-unpublish",
    }
}

/// A cluster volume spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeSpec {
    #[serde(rename = "Group", default)]
    pub group: Option<String>,
    #[serde(rename = "AccessMode", default)]
    pub access_mode: Option<ClusterVolumeSpecAccessMode>,
}

/// A cluster volume spec access mode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeSpecAccessMode {
    #[serde(rename = "Scope", default)]
    pub scope: ClusterVolumeSpecAccessModeScopeEnum,
    #[serde(rename = "Sharing", default)]
    pub sharing: ClusterVolumeSpecAccessModeSharingEnum,
    #[serde(rename = "Secrets", default, deserialize_with = "crate::lenient::null_default")]
    pub secrets: Vec<ClusterVolumeSpecAccessModeSecrets>,
    #[serde(rename = "AccessibilityRequirements", default)]
    pub accessibility_requirements: Option<ClusterVolumeSpecAccessModeAccessibilityRequirements>,
    #[serde(rename = "CapacityRange", default)]
    pub capacity_range: Option<ClusterVolumeSpecAccessModeCapacityRange>,
    #[serde(rename = "Availability", default)]
    pub availability: ClusterVolumeSpecAccessModeAvailabilityEnum,
}

named_enum! {
    /// A cluster volume spec access mode scope enum.
    pub enum ClusterVolumeSpecAccessModeScopeEnum {
        #[default]
        Unspecified = "",
        Single = "single",
        Multi = "multi",
    }
}

named_enum! {
    /// A cluster volume spec access mode sharing enum.
    pub enum ClusterVolumeSpecAccessModeSharingEnum {
        #[default]
        Unspecified = "",
        None = "none",
        Readonly = "readonly",
        Onewriter = "onewriter",
        All = "all",
    }
}

/// A cluster volume spec access mode secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeSpecAccessModeSecrets {
    #[serde(rename = "Key", default)]
    pub key: Option<String>,
    #[serde(rename = "Secret", default)]
    pub secret: Option<String>,
}

/// A cluster volume spec access mode accessibility requirements.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeSpecAccessModeAccessibilityRequirements {
    #[serde(rename = "Requisite", default)]
    pub requisite: Option<Vec<Topology>>,
    #[serde(rename = "Preferred", default)]
    pub preferred: Option<Vec<Topology>>,
}

/// A cluster volume spec access mode capacity range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterVolumeSpecAccessModeCapacityRange {
    #[serde(rename = "RequiredBytes", default)]
    pub required_bytes: Option<i64>,
    #[serde(rename = "LimitBytes", default)]
    pub limit_bytes: Option<i64>,
}

named_enum! {
    /// A cluster volume spec access mode availability enum.
    pub enum ClusterVolumeSpecAccessModeAvailabilityEnum {
        #[default]
        Unspecified = "",
        Active = "active",
        Pause = "pause",
        Drain = "drain",
    }
}

/// A volume usage data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeUsageData {
    #[serde(rename = "Size")]
    pub size: i64,
    #[serde(rename = "RefCount")]
    pub ref_count: i64,
}
