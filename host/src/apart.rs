//! What may wait for a file system, in threads of its own.
//!
//! A folder that a person chose may be on a mount that hangs, and whoever asks for
//! something in it then waits for as long. The agent has one thread for all else.

use std::path::Path;

use varanus_proto::{Error, Result};

/// Does something that may wait for a file system.
///
/// Errors: `Internal` where it panicked.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("work on files ended early").cause(error))
}

/// Whether there is something at a path, links followed.
pub async fn exists(path: &Path) -> bool {
    tokio::fs::metadata(path).await.is_ok()
}

/// Whether there is a folder, links followed.
pub async fn is_folder(path: &Path) -> bool {
    tokio::fs::metadata(path).await.is_ok_and(|about| about.is_dir())
}
