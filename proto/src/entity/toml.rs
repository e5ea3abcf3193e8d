//! The toml.

use crate::entity::action::PartialActionConfig;
use crate::entity::alerter::PartialAlerterConfig;
use crate::entity::build::PartialBuildConfig;
use crate::entity::builder::PartialBuilderConfig;
use crate::entity::deployment::PartialDeploymentConfig;
use crate::entity::permission::{PermissionLevel, PermissionLevelAndSpecifics, SpecificPermission};
use crate::entity::procedure::PartialProcedureConfig;
use crate::entity::repo::PartialRepoConfig;
use crate::entity::resource::{ResourceTarget, ResourceTargetVariant};
use crate::entity::resource_sync::PartialResourceSyncConfig;
use crate::entity::server::PartialServerConfig;
use crate::entity::stack::PartialStackConfig;
use crate::entity::swarm::PartialSwarmConfig;
use crate::entity::variable::Variable;
use indexmap::{IndexMap, IndexSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A resources toml.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourcesToml {
    #[serde(alias = "swarm", default, skip_serializing_if = "Vec::is_empty")]
    pub swarms: Vec<ResourceToml<PartialSwarmConfig>>,
    #[serde(alias = "server", default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ResourceToml<PartialServerConfig>>,
    #[serde(alias = "stack", default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<ResourceToml<PartialStackConfig>>,
    #[serde(alias = "deployment", default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<ResourceToml<PartialDeploymentConfig>>,
    #[serde(alias = "build", default, skip_serializing_if = "Vec::is_empty")]
    pub builds: Vec<ResourceToml<PartialBuildConfig>>,
    #[serde(alias = "repo", default, skip_serializing_if = "Vec::is_empty")]
    pub repos: Vec<ResourceToml<PartialRepoConfig>>,
    #[serde(alias = "procedure", default, skip_serializing_if = "Vec::is_empty")]
    pub procedures: Vec<ResourceToml<PartialProcedureConfig>>,
    #[serde(alias = "action", default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ResourceToml<PartialActionConfig>>,
    #[serde(alias = "alerter", default, skip_serializing_if = "Vec::is_empty")]
    pub alerters: Vec<ResourceToml<PartialAlerterConfig>>,
    #[serde(alias = "builder", default, skip_serializing_if = "Vec::is_empty")]
    pub builders: Vec<ResourceToml<PartialBuilderConfig>>,
    #[serde(alias = "resource_sync", default, skip_serializing_if = "Vec::is_empty")]
    pub resource_syncs: Vec<ResourceToml<PartialResourceSyncConfig>>,
    #[serde(alias = "user_group", default, skip_serializing_if = "Vec::is_empty")]
    pub user_groups: Vec<UserGroupToml>,
    #[serde(alias = "variable", default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
}

/// An user group toml.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserGroupToml {
    pub name: String,
    #[serde(default)]
    pub everyone: bool,
    #[serde(default)]
    pub users: Vec<String>,
    #[serde(default)]
    pub all: IndexMap<ResourceTargetVariant, PermissionLevelAndSpecifics>,
    #[serde(alias = "permission", default)]
    pub permissions: Vec<PermissionToml>,
}

/// A permission toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionToml {
    pub target: ResourceTarget,
    #[serde(default)]
    pub level: PermissionLevel,
    #[serde(default, skip_serializing_if = "IndexSet::is_empty")]
    pub specific: IndexSet<SpecificPermission>,
}

/// A resource as a resource file declares it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceToml<P: Default> {
    /// The name.
    pub name: String,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A template is only there to be copied.
    #[serde(default, skip_serializing_if = "crate::default::is_false")]
    pub template: bool,
    /// Names of tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Deploy it when a sync finds it changed (stacks and deployments).
    #[serde(default, skip_serializing_if = "crate::default::is_false")]
    pub deploy: bool,
    /// Names of what must be deployed before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// What differs from the defaults.
    #[serde(default)]
    pub config: P,
}
