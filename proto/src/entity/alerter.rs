//! The alerter.

use crate::entity::alert::AlertDataVariant;
use crate::entity::resource::{Resource, ResourceListItem, ResourceQuery, ResourceTarget};
use crate::entity::schedule::MaintenanceWindow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole alerter.
pub type Alerter = Resource<AlerterConfig, ()>;

/// An entry of a list of alerters.
pub type AlerterListItem = ResourceListItem<AlerterListItemInfo>;

/// What a list shows of a alerter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlerterListItemInfo {
    pub enabled: bool,
    pub endpoint_type: AlerterEndpointVariant,
}

config! {
    /// What a person configures of a alerter; every field has a default.
    pub struct AlerterConfig, partial PartialAlerterConfig {
        enabled: bool = Default::default(),
        endpoint: AlerterEndpoint = Default::default(),
        alert_types: Vec<AlertDataVariant> = Default::default(),
        resources: Vec<ResourceTarget> = Default::default(),
        except_resources: Vec<ResourceTarget> = Default::default(),
        maintenance_windows: Vec<MaintenanceWindow> = Default::default(),
    }
}

/// An alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum AlerterEndpoint {
    Custom(CustomAlerterEndpoint),
    Slack(SlackAlerterEndpoint),
    Discord(DiscordAlerterEndpoint),
    Ntfy(NtfyAlerterEndpoint),
    Pushover(PushoverAlerterEndpoint),
}

named_enum_without_default! {
    /// An alerter endpoint variant.
    pub enum AlerterEndpointVariant {
        Custom = "Custom",
        Slack = "Slack",
        Discord = "Discord",
        Ntfy = "Ntfy",
        Pushover = "Pushover",
    }
}

/// A custom alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomAlerterEndpoint {
    #[serde(default = "crate::default::http_localhost_7000")]
    pub url: String,
}

impl Default for CustomAlerterEndpoint {
    fn default() -> Self {
        Self { url: "http://localhost:7000".into() }
    }
}

/// A slack alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlackAlerterEndpoint {
    #[serde(
        default = "crate::default::https_hooks_slack_com_services_t00000000_b00000000_xxxxxxxxxxxxxxxxxxxxxxxx"
    )]
    pub url: String,
}

impl Default for SlackAlerterEndpoint {
    fn default() -> Self {
        Self {
            url: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
                .into(),
        }
    }
}

/// A discord alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiscordAlerterEndpoint {
    #[serde(
        default = "crate::default::https_discord_com_api_webhooks_xxxxxxxxxxxx_xxxx_xxxxxxxxxx"
    )]
    pub url: String,
}

impl Default for DiscordAlerterEndpoint {
    fn default() -> Self {
        Self { url: "https://discord.com/api/webhooks/XXXXXXXXXXXX/XXXX-XXXXXXXXXX".into() }
    }
}

/// A ntfy alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NtfyAlerterEndpoint {
    #[serde(default = "crate::default::http_localhost_8080_komodo")]
    pub url: String,
    #[serde(default)]
    pub email: Option<String>,
}

impl Default for NtfyAlerterEndpoint {
    fn default() -> Self {
        Self { url: "http://localhost:8080/komodo".into(), email: Default::default() }
    }
}

/// A pushover alerter endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushoverAlerterEndpoint {
    #[serde(
        default = "crate::default::https_api_pushover_net_1_messages_json_token_xxxxxxxxxxxxx_user_xxxxxxxxxxxxx"
    )]
    pub url: String,
}

impl Default for PushoverAlerterEndpoint {
    fn default() -> Self {
        Self {
            url: "https://api.pushover.net/1/messages.json?token=XXXXXXXXXXXXX&user=XXXXXXXXXXXXX"
                .into(),
        }
    }
}

/// A query for alerters.
pub type AlerterQuery = ResourceQuery<AlerterQuerySpecifics>;

named_enum! {
    /// What a list of alerters is sorted by.
    pub enum AlerterSortBy {
        #[default]
        Name = "Name",
        Type = "Type",
        Enabled = "Enabled",
    }
}

/// What only a query for alerters can ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlerterQuerySpecifics {
    #[serde(default)]
    pub enabled: Option<bool>,
    pub types: Vec<AlerterEndpointVariant>,
}

impl Default for AlerterEndpoint {
    fn default() -> Self {
        Self::Custom(CustomAlerterEndpoint::default())
    }
}
