//! Read requests about onboarding.

use crate::entity::onboarding::OnboardingKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists onboarding keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListOnboardingKeys {}

request!(Read, ListOnboardingKeys => Vec<OnboardingKey>);
