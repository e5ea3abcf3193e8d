//! Read requests about core.

use crate::entity::provider::{GitProvider, ImageRegistry};
use crate::entity::resource::ResourceTarget;
use crate::entity::schedule::Timelength;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetVersion {}

request!(Read, GetVersion => GetVersionResponse);

/// The answer to [`GetVersion`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetVersionResponse {
    pub version: String,
}

/// Reads core info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetCoreInfo {}

request!(Read, GetCoreInfo => GetCoreInfoResponse);

/// The answer to [`GetCoreInfo`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetCoreInfoResponse {
    pub title: String,
    pub monitoring_interval: Timelength,
    pub webhook_base_url: String,
    pub transparent_mode: bool,
    pub ui_write_disabled: bool,
    pub disable_non_admin_create: bool,
    pub disable_confirm_dialog: bool,
    pub disable_websocket_reconnect: bool,
    pub enable_fancy_toml: bool,
    pub timezone: String,
    pub public_key: String,
    pub default_pagination_limit: u64,
}

/// Lists git providers from config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListGitProvidersFromConfig {
    #[serde(default)]
    pub target: Option<ResourceTarget>,
}

request!(Read, ListGitProvidersFromConfig => Vec<GitProvider>);

/// Lists image registries from config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListImageRegistriesFromConfig {
    #[serde(default)]
    pub target: Option<ResourceTarget>,
}

request!(Read, ListImageRegistriesFromConfig => Vec<ImageRegistry>, was "ListDockerRegistriesFromConfig");

/// Lists secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSecrets {
    #[serde(default)]
    pub target: Option<ResourceTarget>,
}

request!(Read, ListSecrets => Vec<String>);
