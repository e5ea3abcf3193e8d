//! The folder of one run of an action: nobody else reads it, and it goes with the
//! run.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use varanus_proto::{Error, Result, is_object_id};

use crate::Core;

/// The folder of a run.
pub struct Folder {
    path: PathBuf,
    /// Where deno keeps what it made of the script, which holds the same secrets.
    compiled: PathBuf,
}

/// Where actions have their folders: as configured, or with what Core keeps where
/// the default cannot be made.
pub fn root(core: &Core) -> PathBuf {
    let configured = &core.config.action_directory;
    if configured == Path::new("/action-cache") && fs::create_dir_all(configured).is_err() {
        return core.config.data_directory.join("actions");
    }
    configured.clone()
}

/// Where deno keeps what it fetches.
pub fn cache(core: &Core) -> PathBuf {
    std::env::var_os("DENO_DIR").map_or_else(|| root(core).join("deno"), PathBuf::from)
}

/// Where deno keeps what it makes of the scripts in a folder.
fn compiled(core: &Core, folder: &Path) -> PathBuf {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    cache(core).join("gen/file").join(folder.strip_prefix("/").unwrap_or(&folder))
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(?folder, %error, "the folder of an action was not removed");
        }
        _ => {}
    }
}

/// Removes what runs left behind whose Core was killed.
pub fn clear(core: &Core) {
    let entries = fs::read_dir(root(core)).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_object_id)) {
        remove(&entry.path());
    }
    remove(&compiled(core, &root(core)));
}

impl Folder {
    /// A new, empty folder.
    pub fn make(core: &Core, run: &str) -> Result<Self> {
        let root = root(core);
        let wrong = |error: std::io::Error| {
            Error::failed(format!(
                "no folder for the action can be made in {} (action_directory)",
                root.display()
            ))
            .cause(error)
        };
        fs::create_dir_all(&root).map_err(wrong)?;
        let path = root.join(run);
        // What a former process of Core left of this run.
        let _ = fs::remove_dir_all(&path);
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(wrong)?;
        Ok(Self { compiled: compiled(core, &path), path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let file = self.path.join(name);
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut open| open.write_all(text.as_bytes()))
            .map_err(|error| {
                Error::failed(format!("{} cannot be written", file.display())).cause(error)
            })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.path);
        remove(&self.compiled);
    }
}
