//! The stack.

use crate::docker::container::ContainerListItem;
use crate::docker::swarm::SwarmServiceListItem;
use crate::entity::file::{FileContents, ImageDigest, SystemCommand};
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::lenient::{EnvironmentText, FileText, LenientNumber, StringList};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole stack.
pub type Stack = Resource<StackConfig, StackInfo>;

/// An entry of a list of stacks.
pub type StackListItem = ResourceListItem<StackListItemInfo>;

/// What a list shows of a stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackListItemInfo {
    pub swarm_id: String,
    #[serde(default)]
    pub swarm_name: String,
    pub server_id: String,
    #[serde(default)]
    pub server_name: String,
    pub files_on_host: bool,
    pub file_contents: bool,
    pub linked_repo: String,
    #[serde(default)]
    pub linked_repo_name: String,
    pub git_provider: String,
    pub repo: String,
    pub branch: String,
    pub repo_link: String,
    pub state: StackState,
    #[serde(default)]
    pub status: Option<String>,
    pub services: Vec<StackServiceWithUpdate>,
    pub auto_update_all_services: bool,
    pub project_missing: bool,
    pub missing_files: Vec<String>,
    #[serde(default)]
    pub deployed_hash: Option<String>,
    #[serde(default)]
    pub latest_hash: Option<String>,
}

/// A stack service with update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackServiceWithUpdate {
    pub service: String,
    pub image: String,
    #[serde(default)]
    pub latest_image: Option<String>,
    pub update_available: bool,
}

named_enum! {
    /// The state a stack is in.
    pub enum StackState {
        Deploying = "deploying",
        Running = "running",
        Paused = "paused",
        Stopped = "stopped",
        Created = "created",
        Restarting = "restarting",
        Dead = "dead",
        Removing = "removing",
        Unhealthy = "unhealthy",
        Down = "down",
        #[default]
        Unknown = "unknown",
    }
}

/// A stack info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackInfo {
    #[serde(default)]
    pub missing_files: Vec<String>,
    #[serde(default)]
    pub deployed_project_name: Option<String>,
    #[serde(default)]
    pub deployed_hash: Option<String>,
    #[serde(default)]
    pub deployed_message: Option<String>,
    #[serde(default)]
    pub deployed_contents: Option<Vec<FileContents>>,
    #[serde(default)]
    pub deployed_services: Option<Vec<StackServiceNames>>,
    #[serde(default)]
    pub deployed_config: Option<String>,
    #[serde(default)]
    pub latest_services: Vec<StackServiceNames>,
    #[serde(default)]
    pub remote_contents: Option<Vec<StackRemoteFileContents>>,
    #[serde(default)]
    pub remote_errors: Option<Vec<FileContents>>,
    #[serde(default)]
    pub latest_hash: Option<String>,
    #[serde(default)]
    pub latest_message: Option<String>,
    /// The last deploy failed, so that what runs may be neither what was deployed before nor what
    /// was to be. Not in Komodo 2.3.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deploy_failed: bool,
}

config! {
    /// What a person configures of a stack; every field has a default.
    pub struct StackConfig, partial PartialStackConfig {
        #[serde(alias = "swarm")]
        swarm_id: String = Default::default(),
        #[serde(alias = "server")]
        server_id: String = Default::default(),
        links: StringList = Default::default(),
        project_name: String = Default::default(),
        auto_pull: bool = true,
        run_build: bool = Default::default(),
        poll_for_updates: bool = Default::default(),
        auto_update: bool = Default::default(),
        auto_update_all_services: bool = Default::default(),
        auto_update_skip_services: StringList = Default::default(),
        destroy_before_deploy: bool = Default::default(),
        skip_secret_interp: bool = Default::default(),
        linked_repo: String = Default::default(),
        git_provider: String = "github.com".into(),
        git_https: bool = true,
        git_account: String = Default::default(),
        repo: String = Default::default(),
        branch: String = "main".into(),
        commit: String = Default::default(),
        clone_path: String = Default::default(),
        reclone: bool = Default::default(),
        webhook_enabled: bool = true,
        webhook_secret: String = Default::default(),
        webhook_force_deploy: bool = Default::default(),
        files_on_host: bool = Default::default(),
        run_directory: String = Default::default(),
        file_paths: StringList = Default::default(),
        env_file_path: String = ".env".into(),
        additional_env_files: Vec<AdditionalEnvFile> = Default::default(),
        config_files: Vec<StackFileDependency> = Default::default(),
        send_alerts: bool = true,
        registry_provider: String = Default::default(),
        registry_account: String = Default::default(),
        pre_deploy: SystemCommand = Default::default(),
        post_deploy: SystemCommand = Default::default(),
        /// Seconds that a run on it may take; 0 for the deadline of Core's configuration. Not in
        /// Komodo 2.3.
        run_deadline_seconds: u32 = Default::default(),
        /// Every deploy goes its whole way, also where nothing would change. Not in Komodo 2.3.
        force_deploy: bool = Default::default(),
        /// A push that is found by looking at the branch (`resource_poll_interval`) is deployed as
        /// one that a webhook tells. Not in Komodo 2.3.
        deploy_on_poll: bool = Default::default(),
        /// Of a template: for each branch of its repository that matches this pattern, and that no
        /// stack follows, a stack is made of the template, with the name of the branch. Not in
        /// Komodo 2.3.
        stack_per_branch: String = Default::default(),
        /// The stack holds Core, or what leads to it, as a reverse proxy: it is deployed by a
        /// process of its own, which nothing that is deployed can end. The stack that holds the
        /// agent is found without it. Not in Komodo 2.3.
        self_managed: bool = Default::default(),
        extra_args: StringList = Default::default(),
        build_extra_args: StringList = Default::default(),
        compose_cmd_wrapper: String = Default::default(),
        compose_cmd_wrapper_include: StringList = Default::default(),
        ignore_services: StringList = Default::default(),
        file_contents: FileText = Default::default(),
        environment: EnvironmentText = Default::default(),
    }
}

/// A compose project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComposeProject {
    pub name: String,
    #[serde(default)]
    pub status: Option<String>,
    pub compose_files: Vec<String>,
}

/// A stack service names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackServiceNames {
    pub service_name: String,
    pub container_name: String,
    #[serde(default)]
    pub image: String,
    #[serde(default)]
    pub image_digest: Option<ImageDigest>,
}

/// A stack service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackService {
    pub stack_id: String,
    #[serde(default)]
    pub stack_name: String,
    pub service: String,
    pub image: String,
    #[serde(default)]
    pub container: Option<ContainerListItem>,
    #[serde(default)]
    pub swarm_service: Option<SwarmServiceListItem>,
    pub state: StackServiceState,
    #[serde(default)]
    pub image_digests: Option<Vec<ImageDigest>>,
}

named_enum! {
    /// The state a stack service is in.
    pub enum StackServiceState {
        Healthy = "Healthy",
        Unhealthy = "Unhealthy",
        Down = "Down",
        Running = "Running",
        Created = "Created",
        Paused = "Paused",
        Restarting = "Restarting",
        Exited = "Exited",
        Stopping = "Stopping",
        Removing = "Removing",
        Dead = "Dead",
        #[default]
        Unknown = "Unknown",
    }
}

/// The state a stack action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackActionState {
    pub pulling: bool,
    pub deploying: bool,
    pub starting: bool,
    pub restarting: bool,
    pub pausing: bool,
    pub unpausing: bool,
    pub stopping: bool,
    pub destroying: bool,
}

/// A query for stacks.
pub type StackQuery = ResourceQuery<StackQuerySpecifics>;

named_enum! {
    /// What a list of stacks is sorted by.
    pub enum StackSortBy {
        #[default]
        Name = "Name",
        Source = "Source",
        Host = "Host",
        State = "State",
    }
}

/// What only a query for stacks can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackQuerySpecifics {
    #[serde(default)]
    pub server_ids: Vec<String>,
    #[serde(default)]
    pub swarm_ids: Vec<String>,
    #[serde(default)]
    pub linked_repos: Vec<String>,
    #[serde(default)]
    pub repos: Vec<String>,
    #[serde(default)]
    pub update_available: bool,
    #[serde(default)]
    pub states: Vec<StackState>,
}

/// A compose file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComposeFile {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub services: IndexMap<String, ComposeService>,
}

/// A compose service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComposeService {
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub container_name: Option<String>,
    #[serde(default)]
    pub deploy: Option<ComposeServiceDeploy>,
}

/// A compose service deploy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComposeServiceDeploy {
    #[serde(default)]
    pub replicas: Option<LenientNumber>,
}

/// A stack remote file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackRemoteFileContents {
    pub path: String,
    pub contents: String,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub requires: StackFileRequires,
}

named_enum! {
    /// A stack file requires.
    pub enum StackFileRequires {
        Redeploy = "Redeploy" | "redeploy",
        Restart = "Restart" | "restart",
        #[default]
        None = "None" | "none",
    }
}

/// A file beside the compose files that a deploy depends on.
///
/// Read from a bare path too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "FileDependencyForm")]
#[schemars(!from)]
pub struct StackFileDependency {
    /// Relative to the run directory.
    pub path: String,
    /// The services that use it; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// What a change of the file asks for.
    #[serde(default, skip_serializing_if = "StackFileRequires::is_none")]
    pub requires: StackFileRequires,
}

impl StackFileRequires {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FileDependencyForm {
    Path(String),
    Full {
        path: String,
        #[serde(default, alias = "service")]
        services: StringList,
        #[serde(default, alias = "req")]
        requires: StackFileRequires,
    },
}

impl From<FileDependencyForm> for StackFileDependency {
    fn from(form: FileDependencyForm) -> Self {
        match form {
            FileDependencyForm::Path(path) => Self { path, ..Default::default() },
            FileDependencyForm::Full { path, services, requires } => {
                Self { path, services: services.0, requires }
            }
        }
    }
}

/// An env file beside the stack's own.
///
/// Read from a bare path too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "EnvFileForm")]
#[schemars(!from)]
pub struct AdditionalEnvFile {
    /// Relative to the run directory.
    pub path: String,
    /// Whether a change of the file is a change of the stack.
    pub track: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EnvFileForm {
    Path(String),
    Full {
        path: String,
        #[serde(default = "crate::default::yes")]
        track: bool,
    },
}

impl From<EnvFileForm> for AdditionalEnvFile {
    fn from(form: EnvFileForm) -> Self {
        match form {
            EnvFileForm::Path(path) => Self { path, track: true },
            EnvFileForm::Full { path, track } => Self { path, track },
        }
    }
}
