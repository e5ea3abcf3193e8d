//! Webhooks in: verify, record, hand to `run`.

use varanus_proto::{Error, Result};

/// Goes on with a webhook secret that is worth something. An empty one means
/// that the configured one of Core is used.
pub fn check_secret(secret: Option<&str>) -> Result<()> {
    match secret {
        Some(secret) if !secret.is_empty() && secret.trim().is_empty() => Err(Error::invalid(
            "webhook_secret consists of white space alone; anybody could guess it",
        )),
        _ => Ok(()),
    }
}
