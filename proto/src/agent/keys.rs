//! What Core asks an agent: keys.

use crate::NoData;
use serde::{Deserialize, Serialize};

/// An agent's answer: rotate private key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RotatePrivateKeyResponse {
    pub public_key: String,
}

/// Asks the agent: rotate private key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RotatePrivateKey {}

agent_request!(RotatePrivateKey => RotatePrivateKeyResponse);

/// Asks the agent: rotate core public key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RotateCorePublicKey {
    pub public_key: String,
}

agent_request!(RotateCorePublicKey => NoData);
