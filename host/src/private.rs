//! A folder that one piece of work has for itself: nobody else reads it, and it
//! is gone with the work.

use std::fs::{DirBuilder, OpenOptions, remove_dir_all};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use varanus_proto::{Error, Result};

/// The folder, which is removed with this value.
#[derive(Debug)]
pub struct Private(PathBuf);

impl Private {
    /// Makes it.
    ///
    /// Errors: `Failed` where there is something already, or nothing can be made.
    pub fn make(path: PathBuf) -> Result<Self> {
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            Error::failed(format!("the folder {} cannot be made", path.display())).cause(error)
        })?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a file in it, and says where.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<PathBuf> {
        let path = self.0.join(name);
        let write = || {
            let mut options = OpenOptions::new();
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
        remove(&self.0);
    }
}

/// Removes a folder that may be gone already; nobody can do more about one that
/// stays than a person who reads the log.
pub fn remove(folder: &Path) {
    match remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(?folder, %error, "a private folder was not removed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_private_folder_is_nobody_elses_and_goes_with_its_work() {
        let around = tempfile::tempdir().unwrap();
        let private = Private::make(around.path().join("own")).unwrap();
        let file = private.write("secret", b"hunter2").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(private.path()), mode(&file)), (0o700, 0o600));
        assert!(private.write("secret", b"").is_err(), "nothing is written over");
        assert!(Private::make(private.path().to_owned()).is_err());
        drop(private);
        assert!(!around.path().join("own").try_exists().unwrap());
    }
}
