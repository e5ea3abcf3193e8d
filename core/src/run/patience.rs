//! What works inside a run waits for a store that is away.

use std::time::Duration;

use varanus_proto::{Kind, Result};

/// How long a run waits before it tries a store again that is away. Short: asking
/// one that is known to be away costs nothing, and people wait for the result.
pub(super) const STORE_PAUSE: Duration = Duration::from_millis(250);

/// Whether something failed only because the store is away, or does not answer in
/// time: then a while has passed, and it is to be tried again. For what works inside a
/// run, whose deadline ends it, and for what may be done twice.
pub async fn try_again<T>(result: &Result<T>, doing: &str) -> bool {
    match result {
        Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Deadline) => {
            tracing::warn!(%error, "{doing} waits for the store");
            tokio::time::sleep(STORE_PAUSE).await;
            true
        }
        _ => false,
    }
}
