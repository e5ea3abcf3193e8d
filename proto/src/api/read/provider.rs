//! Read requests about provider.

use crate::entity::provider::{GitProviderAccount, ImageRegistryAccount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads git provider account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetGitProviderAccount {
    pub id: String,
}

request!(Read, GetGitProviderAccount => GitProviderAccount);

/// Lists git provider accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListGitProviderAccounts {
    #[serde(default)]
    pub domain: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
}

request!(Read, ListGitProviderAccounts => Vec<GitProviderAccount>);

/// Reads image registry account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetImageRegistryAccount {
    pub id: String,
}

request!(Read, GetImageRegistryAccount => ImageRegistryAccount, was "GetDockerRegistryAccount");

/// Lists image registry accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListImageRegistryAccounts {
    #[serde(default)]
    pub domain: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
}

request!(Read, ListImageRegistryAccounts => Vec<ImageRegistryAccount>, was "ListDockerRegistryAccounts");
