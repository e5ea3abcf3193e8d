//! Execute requests about alerter.

use crate::entity::alert::SeverityLevel;
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tests alerter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestAlerter {
    pub alerter: String,
}

request!(Execute, TestAlerter => Update);

/// Sends alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SendAlert {
    #[serde(default)]
    pub level: SeverityLevel,
    pub message: String,
    #[serde(default)]
    pub details: String,
    #[serde(default)]
    pub alerters: Vec<String>,
}

request!(Execute, SendAlert => Update);
