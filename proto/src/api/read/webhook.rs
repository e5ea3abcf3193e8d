//! Read requests about webhooks (not in the Komodo 2.3 API).

use crate::entity::resource::ResourceTarget;
use crate::entity::webhook::WebhookDelivery;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists webhook deliveries, newest first. Needs Read permission on the target;
/// without a target, an admin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListWebhookDeliveries {
    /// Whose deliveries, by id or name; all when missing.
    #[serde(default)]
    pub target: Option<ResourceTarget>,
    /// How many at most: 100 when missing, no more than 1000.
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListWebhookDeliveries => Vec<WebhookDelivery>);
