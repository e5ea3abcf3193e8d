//! The deployment.

use crate::Version;
use crate::entity::file::{ImageDigest, TerminationSignal};
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::lenient::{ConversionText, EnvironmentText, LabelsText, SignalLabelsText, StringList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole deployment.
pub type Deployment = Resource<DeploymentConfig, DeploymentInfo>;

/// An entry of a list of deployments.
pub type DeploymentListItem = ResourceListItem<DeploymentListItemInfo>;

/// What a list shows of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentListItemInfo {
    pub state: DeploymentState,
    #[serde(default)]
    pub status: Option<String>,
    pub custom_name: String,
    pub image: String,
    pub update_available: bool,
    pub swarm_id: String,
    #[serde(default)]
    pub swarm_name: String,
    pub server_id: String,
    #[serde(default)]
    pub server_name: String,
    #[serde(default)]
    pub build_id: Option<String>,
}

/// A deployment info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentInfo {
    #[serde(default)]
    pub latest_image_digest: ImageDigest,
    #[serde(default)]
    pub deployed_name: String,
}

config! {
    /// What a person configures of a deployment; every field has a default.
    pub struct DeploymentConfig, partial PartialDeploymentConfig {
        #[serde(alias = "swarm")]
        swarm_id: String = Default::default(),
        #[serde(alias = "server")]
        server_id: String = Default::default(),
        custom_name: String = Default::default(),
        image: DeploymentImage = Default::default(),
        image_registry_account: String = Default::default(),
        skip_secret_interp: bool = Default::default(),
        redeploy_on_build: bool = Default::default(),
        poll_for_updates: bool = Default::default(),
        auto_update: bool = Default::default(),
        send_alerts: bool = true,
        links: Vec<String> = Default::default(),
        network: String = "host".into(),
        restart: RestartMode = Default::default(),
        command: String = Default::default(),
        replicas: i32 = 1,
        termination_signal: TerminationSignal = Default::default(),
        termination_timeout: i32 = 10,
        extra_args: StringList = Default::default(),
        term_signal_labels: SignalLabelsText = Default::default(),
        ports: ConversionText = Default::default(),
        volumes: ConversionText = Default::default(),
        environment: EnvironmentText = Default::default(),
        labels: LabelsText = Default::default(),
    }
}

/// A deployment image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum DeploymentImage {
    Image {
        #[serde(default)]
        image: String,
    },
    Build {
        #[serde(alias = "build", default)]
        build_id: String,
        #[serde(default)]
        version: Version,
    },
}

named_enum! {
    /// The state a deployment is in.
    pub enum DeploymentState {
        Deploying = "deploying",
        Running = "running",
        Created = "created",
        Restarting = "restarting",
        Stopping = "stopping",
        Removing = "removing",
        Paused = "paused",
        Exited = "exited",
        Dead = "dead",
        Unhealthy = "unhealthy",
        NotDeployed = "not_deployed",
        #[default]
        Unknown = "unknown",
    }
}

named_enum! {
    /// A restart mode.
    pub enum RestartMode {
        #[default]
        No = "no",
        OnFailure = "on-failure",
        Always = "always",
        UnlessStopped = "unless-stopped",
    }
}

/// The state a deployment action is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentActionState {
    pub pulling: bool,
    pub deploying: bool,
    pub updating: bool,
    pub starting: bool,
    pub restarting: bool,
    pub pausing: bool,
    pub unpausing: bool,
    pub stopping: bool,
    pub destroying: bool,
    pub renaming: bool,
}

/// A query for deployments.
pub type DeploymentQuery = ResourceQuery<DeploymentQuerySpecifics>;

named_enum! {
    /// What a list of deployments is sorted by.
    pub enum DeploymentSortBy {
        #[default]
        Name = "Name",
        Image = "Image",
        Host = "Host",
        State = "State",
    }
}

/// What only a query for deployments can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentQuerySpecifics {
    #[serde(default)]
    pub server_ids: Vec<String>,
    #[serde(default)]
    pub swarm_ids: Vec<String>,
    #[serde(default)]
    pub build_ids: Vec<String>,
    #[serde(default)]
    pub update_available: bool,
    #[serde(default)]
    pub states: Vec<DeploymentState>,
}

impl Default for DeploymentImage {
    fn default() -> Self {
        Self::Image { image: String::new() }
    }
}
