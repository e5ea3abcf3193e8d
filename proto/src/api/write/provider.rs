//! Write requests about provider.

use crate::entity::provider::{
    GitProviderAccount, ImageRegistryAccount, PartialGitProviderAccount,
    PartialImageRegistryAccount,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates git provider account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateGitProviderAccount {
    pub account: PartialGitProviderAccount,
}

request!(Write, CreateGitProviderAccount => GitProviderAccount);

/// Changes git provider account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateGitProviderAccount {
    pub id: String,
    pub account: PartialGitProviderAccount,
}

request!(Write, UpdateGitProviderAccount => GitProviderAccount);

/// Deletes git provider account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteGitProviderAccount {
    pub id: String,
}

request!(Write, DeleteGitProviderAccount => GitProviderAccount);

/// Creates image registry account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateImageRegistryAccount {
    pub account: PartialImageRegistryAccount,
}

request!(Write, CreateImageRegistryAccount => ImageRegistryAccount, was "CreateDockerRegistryAccount");

/// Changes image registry account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateImageRegistryAccount {
    pub id: String,
    pub account: PartialImageRegistryAccount,
}

request!(Write, UpdateImageRegistryAccount => ImageRegistryAccount, was "UpdateDockerRegistryAccount");

/// Deletes image registry account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteImageRegistryAccount {
    pub id: String,
}

request!(Write, DeleteImageRegistryAccount => ImageRegistryAccount, was "DeleteDockerRegistryAccount");
