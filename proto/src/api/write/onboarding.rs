//! Write requests about onboarding.

use crate::entity::onboarding::OnboardingKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates onboarding key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateOnboardingKey {
    pub name: String,
    #[serde(default)]
    pub expires: i64,
    #[serde(default)]
    pub private_key: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub privileged: bool,
    #[serde(default)]
    pub copy_server: String,
    #[serde(default)]
    pub create_builder: bool,
}

request!(Write, CreateOnboardingKey => CreateOnboardingKeyResponse);

/// The answer to [`CreateOnboardingKey`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateOnboardingKeyResponse {
    pub private_key: String,
    pub created: OnboardingKey,
}

/// Changes onboarding key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateOnboardingKey {
    pub public_key: String,
    #[serde(default)]
    pub enabled: Option<bool>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub expires: Option<i64>,
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    pub privileged: Option<bool>,
    #[serde(default)]
    pub copy_server: Option<String>,
    #[serde(default)]
    pub create_builder: Option<bool>,
}

request!(Write, UpdateOnboardingKey => OnboardingKey);

/// Deletes onboarding key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteOnboardingKey {
    pub public_key: String,
}

request!(Write, DeleteOnboardingKey => OnboardingKey);
