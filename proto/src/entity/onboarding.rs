//! The onboarding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An onboarding key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OnboardingKey {
    pub public_key: String,
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub expires: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub onboarded: Vec<String>,
    #[serde(default)]
    pub created_at: i64,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub privileged: bool,
    #[serde(default)]
    pub copy_server: String,
    #[serde(default)]
    pub create_builder: bool,
}
