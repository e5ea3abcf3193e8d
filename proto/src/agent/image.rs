//! What Core asks an agent: image.

use crate::docker::image::{Image, ImageHistoryResponseItem};
use crate::entity::update::Log;
use serde::{Deserialize, Serialize};

/// An agent's answer: get latest image digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetLatestImageDigestResponse {
    pub digest: String,
}

/// Asks the agent: inspect image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectImage {
    pub name: String,
}

agent_request!(InspectImage => Image);

/// Asks the agent: image history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageHistory {
    pub name: String,
}

agent_request!(ImageHistory => Vec<ImageHistoryResponseItem>);

/// Asks the agent: get latest image digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetLatestImageDigest {
    pub name: String,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
}

agent_request!(GetLatestImageDigest => GetLatestImageDigestResponse);

/// Asks the agent: pull image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullImage {
    pub name: String,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
}

agent_request!(PullImage => Log);

/// Asks the agent: delete image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteImage {
    pub name: String,
}

agent_request!(DeleteImage => Log);

/// Asks the agent: prune images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneImages {}

agent_request!(PruneImages => Log);
