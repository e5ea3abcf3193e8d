//! The build.

use crate::Version;
use crate::entity::file::SystemCommand;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::lenient::{EnvironmentText, LabelsText, OneOrMany, StringList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole build.
pub type Build = Resource<BuildConfig, BuildInfo>;

/// An entry of a list of builds.
pub type BuildListItem = ResourceListItem<BuildListItemInfo>;

/// What a list shows of a build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildListItemInfo {
    pub state: BuildState,
    pub last_built_at: i64,
    pub version: Version,
    pub builder_id: String,
    pub files_on_host: bool,
    pub dockerfile_contents: bool,
    pub linked_repo: String,
    #[serde(default)]
    pub linked_repo_name: String,
    pub git_provider: String,
    pub repo: String,
    pub branch: String,
    pub repo_link: String,
    #[serde(default)]
    pub built_hash: Option<String>,
    #[serde(default)]
    pub latest_hash: Option<String>,
    #[serde(default)]
    pub image_registry_domain: Option<String>,
}

named_enum! {
    /// The state a build is in.
    pub enum BuildState {
        Building = "Building",
        Ok = "Ok",
        Failed = "Failed",
        #[default]
        Unknown = "Unknown",
    }
}

/// A build info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildInfo {
    pub last_built_at: i64,
    #[serde(default)]
    pub built_hash: Option<String>,
    #[serde(default)]
    pub built_message: Option<String>,
    #[serde(default)]
    pub built_contents: Option<String>,
    #[serde(default)]
    pub remote_path: Option<String>,
    #[serde(default)]
    pub remote_contents: Option<String>,
    #[serde(default)]
    pub remote_error: Option<String>,
    #[serde(default)]
    pub latest_hash: Option<String>,
    #[serde(default)]
    pub latest_message: Option<String>,
}

config! {
    /// What a person configures of a build; every field has a default.
    pub struct BuildConfig, partial PartialBuildConfig {
        #[serde(alias = "builder")]
        builder_id: String = Default::default(),
        version: Version = Default::default(),
        auto_increment_version: bool = true,
        image_name: String = Default::default(),
        image_tag: String = Default::default(),
        include_latest_tag: bool = true,
        include_version_tags: bool = true,
        include_commit_tag: bool = true,
        links: StringList = Default::default(),
        linked_repo: String = Default::default(),
        git_provider: String = "github.com".into(),
        git_https: bool = true,
        git_account: String = Default::default(),
        repo: String = Default::default(),
        branch: String = "main".into(),
        commit: String = Default::default(),
        webhook_enabled: bool = true,
        webhook_secret: String = Default::default(),
        files_on_host: bool = Default::default(),
        build_path: String = ".".into(),
        dockerfile_path: String = "Dockerfile".into(),
        image_registry: OneOrMany<ImageRegistryConfig> = Default::default(),
        skip_secret_interp: bool = Default::default(),
        use_buildx: bool = Default::default(),
        extra_args: StringList = Default::default(),
        pre_build: SystemCommand = Default::default(),
        dockerfile: String = Default::default(),
        build_args: EnvironmentText = Default::default(),
        secret_args: EnvironmentText = Default::default(),
        labels: LabelsText = Default::default(),
    }
}

/// An image registry config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRegistryConfig {
    #[serde(default)]
    pub domain: String,
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub organization: String,
}

/// The state a build action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildActionState {
    pub building: bool,
}

/// A query for builds.
pub type BuildQuery = ResourceQuery<BuildQuerySpecifics>;

named_enum! {
    /// What a list of builds is sorted by.
    pub enum BuildSortBy {
        #[default]
        Name = "Name",
        Source = "Source",
        State = "State",
    }
}

/// What only a query for builds can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildQuerySpecifics {
    #[serde(default)]
    pub builder_ids: Vec<String>,
    #[serde(default)]
    pub repos: Vec<String>,
    #[serde(default)]
    pub linked_repos: Vec<String>,
    #[serde(default)]
    pub built_since: i64,
    #[serde(default)]
    pub states: Vec<BuildState>,
}
