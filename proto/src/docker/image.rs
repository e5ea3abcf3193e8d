//! Shapes of the Docker API, as the public API passes them on: image.

use crate::docker::container::{GraphDriverData, HealthConfig};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An image list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageListItem {
    pub id: String,
    pub parent_id: String,
    pub name: String,
    #[serde(default, deserialize_with = "crate::lenient::null_default")]
    pub tags: Vec<String>,
    #[serde(default, deserialize_with = "crate::lenient::null_default")]
    pub digests: Vec<String>,
    pub created: i64,
    pub size: i64,
    pub in_use: bool,
}

/// An image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    #[serde(rename = "Id", default)]
    pub id: Option<String>,
    #[serde(rename = "Descriptor", default)]
    pub descriptor: Option<OciDescriptor>,
    #[serde(rename = "Manifests", default)]
    pub manifests: Option<Vec<ImageManifestSummary>>,
    #[serde(rename = "RepoTags", default)]
    pub repo_tags: Option<Vec<String>>,
    #[serde(rename = "RepoDigests", default)]
    pub repo_digests: Option<Vec<String>>,
    #[serde(rename = "Comment", default)]
    pub comment: Option<String>,
    #[serde(rename = "Created", default)]
    pub created: Option<String>,
    #[serde(rename = "Author", default)]
    pub author: Option<String>,
    #[serde(rename = "Config", default)]
    pub config: Option<ImageConfig>,
    #[serde(rename = "Architecture", default)]
    pub architecture: Option<String>,
    #[serde(rename = "Variant", default)]
    pub variant: Option<String>,
    #[serde(rename = "Os", default)]
    pub os: Option<String>,
    #[serde(rename = "OsVersion", default)]
    pub os_version: Option<String>,
    #[serde(rename = "Size", default)]
    pub size: Option<i64>,
    #[serde(rename = "GraphDriver", default)]
    pub graph_driver: Option<GraphDriverData>,
    #[serde(rename = "RootFS", default)]
    pub root_fs: Option<ImageInspectRootFs>,
    #[serde(rename = "Metadata", default)]
    pub metadata: Option<ImageInspectMetadata>,
}

/// An oci descriptor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OciDescriptor {
    #[serde(rename = "mediaType", default)]
    pub media_type: Option<String>,
    #[serde(default)]
    pub digest: Option<String>,
    #[serde(default)]
    pub size: Option<i64>,
    #[serde(default)]
    pub urls: Option<Vec<String>>,
    #[serde(default)]
    pub annotations: Option<IndexMap<String, String>>,
    #[serde(default)]
    pub data: Option<String>,
    #[serde(default)]
    pub platform: Option<OciPlatform>,
    #[serde(rename = "artifactType", default)]
    pub artifact_type: Option<String>,
}

/// An oci platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OciPlatform {
    #[serde(default)]
    pub architecture: Option<String>,
    #[serde(default)]
    pub os: Option<String>,
    #[serde(default)]
    pub os_version: Option<String>,
    #[serde(default)]
    pub os_features: Option<Vec<String>>,
    #[serde(default)]
    pub variant: Option<String>,
}

/// An image manifest summary.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageManifestSummary {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "Descriptor")]
    pub descriptor: OciDescriptor,
    #[serde(rename = "Available")]
    pub available: bool,
    #[serde(rename = "Size")]
    pub size: ImageManifestSummarySize,
    #[serde(rename = "Kind", default)]
    pub kind: Option<ImageManifestSummaryKindEnum>,
    #[serde(rename = "ImageData", default)]
    pub image_data: Option<ImageManifestSummaryImageData>,
    #[serde(rename = "AttestationData", default)]
    pub attestation_data: Option<ImageManifestSummaryAttestationData>,
}

/// An image manifest summary size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageManifestSummarySize {
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "Content")]
    pub content: i64,
}

named_enum! {
    /// An image manifest summary kind enum.
    pub enum ImageManifestSummaryKindEnum {
        #[default]
        Unspecified = "",
        Image = "image",
        Attestation = "attestation",
        Unknown = "unknown",
    }
}

/// An image manifest summary image data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageManifestSummaryImageData {
    #[serde(rename = "Platform")]
    pub platform: OciPlatform,
    #[serde(rename = "Containers")]
    pub containers: Vec<String>,
    #[serde(rename = "Size")]
    pub size: ImageManifestSummaryImageDataSize,
}

/// An image manifest summary image data size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageManifestSummaryImageDataSize {
    #[serde(rename = "Unpacked")]
    pub unpacked: i64,
}

/// An image manifest summary attestation data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageManifestSummaryAttestationData {
    #[serde(rename = "For")]
    pub r#for: String,
}

/// An image config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageConfig {
    #[serde(rename = "User", default)]
    pub user: Option<String>,
    #[serde(rename = "ExposedPorts", default, deserialize_with = "crate::lenient::some_keys")]
    pub exposed_ports: Option<Vec<String>>,
    #[serde(rename = "Env", default)]
    pub env: Option<Vec<String>>,
    #[serde(rename = "Cmd", default)]
    pub cmd: Option<Vec<String>>,
    #[serde(rename = "Healthcheck", default)]
    pub healthcheck: Option<HealthConfig>,
    #[serde(rename = "ArgsEscaped", default)]
    pub args_escaped: Option<bool>,
    #[serde(rename = "Volumes", default, deserialize_with = "crate::lenient::some_keys")]
    pub volumes: Option<Vec<String>>,
    #[serde(rename = "WorkingDir", default)]
    pub working_dir: Option<String>,
    #[serde(rename = "Entrypoint", default)]
    pub entrypoint: Option<Vec<String>>,
    #[serde(rename = "OnBuild", default)]
    pub on_build: Option<Vec<String>>,
    #[serde(rename = "Labels", default)]
    pub labels: Option<IndexMap<String, String>>,
    #[serde(rename = "StopSignal", default)]
    pub stop_signal: Option<String>,
    #[serde(rename = "Shell", default)]
    pub shell: Option<Vec<String>>,
}

/// An image inspect root fs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageInspectRootFs {
    #[serde(rename = "Type", default, deserialize_with = "crate::lenient::null_default")]
    pub r#type: String,
    #[serde(rename = "Layers", default, deserialize_with = "crate::lenient::null_default")]
    pub layers: Vec<String>,
}

/// An image inspect metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageInspectMetadata {
    #[serde(rename = "LastTagTime", default)]
    pub last_tag_time: Option<String>,
}

/// An image history response item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageHistoryResponseItem {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Created")]
    pub created: i64,
    #[serde(rename = "CreatedBy")]
    pub created_by: String,
    #[serde(rename = "Tags", default, deserialize_with = "crate::lenient::null_default")]
    pub tags: Vec<String>,
    #[serde(rename = "Size")]
    pub size: i64,
    #[serde(rename = "Comment")]
    pub comment: String,
}
