//! Webhook deliveries (not in the Komodo 2.3 API).

use crate::MongoId;
use crate::entity::resource::ResourceTarget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

named_enum! {
    /// What came of a webhook delivery.
    pub enum WebhookOutcome {
        /// It was accepted; `update_id` is its run, where it has one.
        Ran = "Ran",
        /// Nothing of the stack that it is for changed since its last deploy.
        Unchanged = "Unchanged",
        /// This delivery was received before and did not run again.
        Duplicate = "Duplicate",
        /// Webhooks are disabled on the resource.
        Disabled = "Disabled",
        /// It was about another branch.
        OtherBranch = "OtherBranch",
        /// The sender only tries whether it gets through.
        Ping = "Ping",
        /// It does not say which branch it is about, or is not JSON.
        #[default]
        Unreadable = "Unreadable",
        /// The signature or token is missing or wrong.
        BadSignature = "BadSignature",
        /// Neither the resource nor Core has a secret, so nobody can be trusted.
        NoSecret = "NoSecret",
        /// The address names no resource, or none that can be run.
        UnknownResource = "UnknownResource",
        /// It was to run, but the run was not accepted.
        Refused = "Refused",
    }
}

/// A webhook delivery and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookDelivery {
    #[serde(rename = "_id", default)]
    pub id: MongoId,
    /// When it came, Unix milliseconds.
    pub ts: i64,
    /// What it is for; the system when the address names nothing.
    pub target: ResourceTarget,
    /// The address behind `/listener/`: `github/procedure/NAME/main`.
    pub path: String,
    /// Where it came from.
    #[serde(default)]
    pub address: String,
    /// The sender's id of it; empty when there is none.
    #[serde(default)]
    pub delivery: String,
    /// The sender's name of the event; empty when there is none.
    #[serde(default)]
    pub event: String,
    /// The branch it is about; known once its signature is.
    #[serde(default)]
    pub branch: Option<String>,
    /// The commit the branch is at now.
    #[serde(default)]
    pub commit: Option<String>,
    pub outcome: WebhookOutcome,
    /// The outcome in words.
    pub message: String,
    /// The run it began, or that the same delivery began before.
    #[serde(default)]
    pub update_id: Option<String>,
}
