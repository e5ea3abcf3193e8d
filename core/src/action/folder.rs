//! The folder of one run of an action: nobody else reads it, and it goes with the
//! run.

use std::fs;
use std::path::{Path, PathBuf};

use varanus_host::private::{Private, remove};
use varanus_proto::{Context as _, Error, Result, is_object_id};

use crate::Core;

/// The folder of a run.
pub struct Folder {
    private: Private,
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
        let what = "no folder for the action can be made (action_directory)";
        fs::create_dir_all(&root)
            .map_err(|error| Error::failed(root.display().to_string()).cause(error))
            .context(what)?;
        let path = root.join(run);
        // What a former process of Core left of this run.
        let _ = fs::remove_dir_all(&path);
        let private = Private::make(path).context(what)?;
        Ok(Self { compiled: compiled(core, private.path()), private })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.private.path()
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        self.private.write(name, text.as_bytes()).map(drop)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.compiled);
    }
}
