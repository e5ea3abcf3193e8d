//! The provider.

use crate::MongoId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A git provider account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GitProviderAccount {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    #[serde(default = "crate::default::github_com")]
    pub domain: String,
    #[serde(default = "crate::default::yes")]
    pub https: bool,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub token: String,
}

impl Default for GitProviderAccount {
    fn default() -> Self {
        Self {
            id: Default::default(),
            domain: "github.com".into(),
            https: true,
            username: Default::default(),
            token: Default::default(),
        }
    }
}

/// An image registry account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRegistryAccount {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    #[serde(default = "crate::default::docker_io")]
    pub domain: String,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub token: String,
}

impl Default for ImageRegistryAccount {
    fn default() -> Self {
        Self {
            id: Default::default(),
            domain: "docker.io".into(),
            username: Default::default(),
            token: Default::default(),
        }
    }
}

/// A git provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GitProvider {
    #[serde(default = "crate::default::github_com")]
    pub domain: String,
    #[serde(default = "crate::default::yes")]
    pub https: bool,
    #[serde(alias = "account")]
    pub accounts: Vec<ProviderAccount>,
}

impl Default for GitProvider {
    fn default() -> Self {
        Self { domain: "github.com".into(), https: true, accounts: Default::default() }
    }
}

/// An image registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRegistry {
    #[serde(default = "crate::default::docker_io")]
    pub domain: String,
    #[serde(alias = "account")]
    pub accounts: Vec<ProviderAccount>,
    #[serde(alias = "organization", default)]
    pub organizations: Vec<String>,
}

impl Default for ImageRegistry {
    fn default() -> Self {
        Self {
            domain: "docker.io".into(),
            accounts: Default::default(),
            organizations: Default::default(),
        }
    }
}

/// A provider account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderAccount {
    #[serde(alias = "account")]
    pub username: String,
    #[serde(default, skip_serializing)]
    pub token: String,
}

/// The fields of a [`GitProviderAccount`] that are to be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PartialGitProviderAccount {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The fields of a [`ImageRegistryAccount`] that are to be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PartialImageRegistryAccount {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The registry of an image: what is before the first `/`, if that is an address.
pub fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_names_its_registry_or_is_of_docker() {
        for (image, registry) in [
            ("nginx", "docker.io"),
            ("nginx:1.2", "docker.io"),
            ("library/nginx", "docker.io"),
            ("ghcr.io/a/b:1", "ghcr.io"),
            ("localhost:5000/a", "localhost:5000"),
            ("localhost/a", "localhost"),
        ] {
            assert_eq!(registry_of(image), registry, "{image}");
        }
    }
}
