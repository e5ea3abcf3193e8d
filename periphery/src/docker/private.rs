//! Where pieces of work have folders of their own, and what a killed agent left of
//! them.

use std::path::Path;

use varanus_proto::{Error, Result};

use crate::private::Private;

/// How the folders begin; then comes the id of the agent's process.
const PREFIX: &str = "varanus-docker-";

/// A new folder among the system's temporary files.
pub fn make() -> Result<Private> {
    make_in(&std::env::temp_dir())
}

pub(super) fn make_in(folder: &Path) -> Result<Private> {
    Private::make(folder.join(format!("{PREFIX}{}-{:016x}", std::process::id(), random()?)))
}

/// Removes what agents left whose process is gone.
pub fn sweep() {
    let entries = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let process = rest.split('-').next().and_then(|id| id.parse::<u32>().ok());
        let own = entry.metadata().is_ok_and(|about| {
            std::os::unix::fs::MetadataExt::uid(&about) == nix::unistd::geteuid().as_raw()
        });
        let alive = |id: u32| {
            id != std::process::id() && std::fs::exists(format!("/proc/{id}")).unwrap_or(true)
        };
        if own && process.is_some_and(|id| !alive(id)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::internal("the system gives no randomness").cause(error))?;
    Ok(u64::from_ne_bytes(bytes))
}
