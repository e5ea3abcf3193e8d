//! Write requests about deployment.

use crate::entity::deployment::{Deployment, PartialDeploymentConfig};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateDeployment {
    pub name: String,
    #[serde(default)]
    pub config: PartialDeploymentConfig,
}

request!(Write, CreateDeployment => Deployment);

/// A new deployment with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyDeployment {
    pub name: String,
    pub id: String,
}

request!(Write, CopyDeployment => Deployment);

/// Creates deployment from container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateDeploymentFromContainer {
    pub name: String,
    pub server: String,
}

request!(Write, CreateDeploymentFromContainer => Deployment);

/// Deletes deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteDeployment {
    pub id: String,
}

request!(Write, DeleteDeployment => Deployment);

/// Changes deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateDeployment {
    pub id: String,
    pub config: PartialDeploymentConfig,
}

request!(Write, UpdateDeployment => Deployment);

/// Gives a deployment another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameDeployment {
    pub id: String,
    pub name: String,
}

request!(Write, RenameDeployment => Update);

/// Checks deployment for update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDeploymentForUpdate {
    pub deployment: String,
    #[serde(default)]
    pub skip_auto_update: bool,
    #[serde(default)]
    pub wait_for_auto_update: bool,
}

request!(Write, CheckDeploymentForUpdate => CheckDeploymentForUpdateResponse);

/// The answer to [`CheckDeploymentForUpdate`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDeploymentForUpdateResponse {
    pub deployment: String,
    pub update_available: bool,
}

/// The same for every deployment whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchCheckDeploymentForUpdate {
    pub pattern: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub skip_auto_update: bool,
    #[serde(default)]
    pub wait_for_auto_update: bool,
}

request!(Write, BatchCheckDeploymentForUpdate => Vec<CheckDeploymentForUpdateResponse>);
