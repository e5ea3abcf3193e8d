//! Read requests about alert.

use crate::JsonObject;
use crate::entity::alert::Alert;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists alerts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAlerts {
    #[serde(default)]
    pub query: Option<JsonObject>,
    #[serde(default)]
    pub page: u64,
}

request!(Read, ListAlerts => ListAlertsResponse);

/// The answer to [`ListAlerts`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAlertsResponse {
    pub alerts: Vec<Alert>,
    #[serde(default)]
    pub next_page: Option<i64>,
}

/// Reads alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetAlert {
    pub id: String,
}

request!(Read, GetAlert => Alert);
