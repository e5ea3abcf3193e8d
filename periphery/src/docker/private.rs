//! A folder that one piece of work has for itself: nobody else reads it, and it
//! is gone with the work.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use varanus_proto::{Error, Result};

/// How the folders begin; then comes the id of the agent's process.
const PREFIX: &str = "varanus-docker-";

/// The folder, which is removed with this value.
#[derive(Debug)]
pub struct Private(PathBuf);

impl Private {
    /// One among the system's temporary files.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    pub(super) fn within(folder: &Path) -> Result<Self> {
        let path = folder.join(format!("{PREFIX}{}-{:016x}", std::process::id(), random()?));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            Error::failed(format!("the folder {} cannot be made", path.display())).cause(error)
        })?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a file in it.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<PathBuf> {
        let path = self.0.join(name);
        let write = || {
            let mut options = std::fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(contents)
        };
        write().map_err(|error| {
            Error::failed(format!("the file {} cannot be written", path.display())).cause(error)
        })?;
        Ok(path)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a private folder was not removed");
        }
    }
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
        let alive =
            |id: u32| id != std::process::id() && Path::new("/proc").join(id.to_string()).exists();
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
