//! The builder.

use crate::entity::provider::{GitProvider, ImageRegistry};
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery};
use crate::lenient::StringList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole builder.
pub type Builder = Resource<BuilderConfig, ()>;

/// An entry of a list of builders.
pub type BuilderListItem = ResourceListItem<BuilderListItemInfo>;

/// What a list shows of a builder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuilderListItemInfo {
    pub builder_type: String,
    #[serde(default)]
    pub instance_type: Option<String>,
}

config! {
    /// What a person configures of a urlbuilder; every field has a default.
    pub struct UrlBuilderConfig, partial PartialUrlBuilderConfig {
        address: String = "https://periphery:8120".into(),
        periphery_public_key: String = Default::default(),
        insecure_tls: bool = true,
        passkey: String = Default::default(),
    }
}

config! {
    /// What a person configures of a serverbuilder; every field has a default.
    pub struct ServerBuilderConfig, partial PartialServerBuilderConfig {
        #[serde(alias = "server", alias = "server_id", alias = "servers")]
        server_ids: StringList = Default::default(),
    }
}

config! {
    /// What a person configures of a awsbuilder; every field has a default.
    pub struct AwsBuilderConfig, partial PartialAwsBuilderConfig {
        region: String = "us-east-1".into(),
        instance_type: String = "c5.2xlarge".into(),
        volume_gb: i32 = 20,
        ami_id: String = Default::default(),
        subnet_id: String = Default::default(),
        key_pair_name: String = Default::default(),
        assign_public_ip: bool = Default::default(),
        use_public_ip: bool = Default::default(),
        security_group_ids: StringList = Default::default(),
        user_data: String = Default::default(),
        port: i32 = 8120,
        use_https: bool = true,
        periphery_public_key: String = Default::default(),
        insecure_tls: bool = true,
        git_providers: Vec<GitProvider> = Default::default(),
        image_registries: Vec<ImageRegistry> = Default::default(),
        secrets: StringList = Default::default(),
    }
}

/// A query for builders.
pub type BuilderQuery = ResourceQuery<BuilderQuerySpecifics>;

named_enum! {
    /// What a list of builders is sorted by.
    pub enum BuilderSortBy {
        #[default]
        Name = "Name",
        Provider = "Provider",
        InstanceType = "InstanceType",
    }
}

/// What only a query for builders can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuilderQuerySpecifics {}

/// Where images are built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum BuilderConfig {
    /// An agent at an address of its own.
    Url(UrlBuilderConfig),
    /// The servers that Core already knows.
    Server(ServerBuilderConfig),
    /// A machine that is started for each build.
    Aws(AwsBuilderConfig),
}

impl Default for BuilderConfig {
    fn default() -> Self {
        Self::Url(UrlBuilderConfig::default())
    }
}

/// The fields of a [`BuilderConfig`] that are to be set.
#[allow(clippy::large_enum_variant)] // a handful exist at a time
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
#[allow(missing_docs)] // as in `BuilderConfig`
pub enum PartialBuilderConfig {
    Url(PartialUrlBuilderConfig),
    Server(PartialServerBuilderConfig),
    Aws(PartialAwsBuilderConfig),
}

impl Default for PartialBuilderConfig {
    fn default() -> Self {
        Self::Url(PartialUrlBuilderConfig::default())
    }
}

impl crate::Config for BuilderConfig {
    type Partial = PartialBuilderConfig;

    fn apply(&mut self, partial: PartialBuilderConfig) -> Vec<&'static str> {
        match (&mut *self, partial) {
            (Self::Url(config), PartialBuilderConfig::Url(partial)) => config.apply(partial),
            (Self::Server(config), PartialBuilderConfig::Server(partial)) => config.apply(partial),
            (Self::Aws(config), PartialBuilderConfig::Aws(partial)) => config.apply(partial),
            // Another variant starts from that variant's defaults.
            (_, partial) => {
                *self = match &partial {
                    PartialBuilderConfig::Url(_) => Self::Url(Default::default()),
                    PartialBuilderConfig::Server(_) => Self::Server(Default::default()),
                    PartialBuilderConfig::Aws(_) => Self::Aws(Default::default()),
                };
                self.apply(partial);
                vec!["type"]
            }
        }
    }

    fn minimize(&self) -> PartialBuilderConfig {
        match self {
            Self::Url(config) => PartialBuilderConfig::Url(config.minimize()),
            Self::Server(config) => PartialBuilderConfig::Server(config.minimize()),
            Self::Aws(config) => PartialBuilderConfig::Aws(config.minimize()),
        }
    }
}
