//! The door by which `fuzz` comes in: what is made of a delivery before a
//! resource is looked for. No store, nothing started.

use varanus_proto::entity::webhook::WebhookDelivery;

use super::payload::{Payload, describe};
use super::{Incoming, signature};

/// What is made of a delivery.
#[derive(Debug)]
pub struct Understood {
    /// What is recorded before its body is read.
    pub delivery: WebhookDelivery,
    /// Whether it shows that its sender knows the secret.
    pub verified: bool,
    /// Its branch.
    pub branch: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
    /// What the sender would be told if it were refused.
    pub message: String,
}

/// Understands a delivery.
pub fn understand(incoming: &Incoming, secret: &str) -> Understood {
    let (verified, message) = match signature::verify(incoming, secret) {
        Ok(()) => (true, String::new()),
        Err(message) => (false, message),
    };
    let delivery = describe(incoming);
    match Payload::read(incoming) {
        Ok(payload) => Understood {
            delivery,
            verified,
            message: message + &payload.without_branch(),
            branch: payload.branch,
            commit: payload.commit,
        },
        Err(error) => {
            Understood { delivery, verified, branch: None, commit: None, message: message + &error }
        }
    }
}
