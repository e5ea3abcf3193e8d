//! One Core a data directory.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use varanus_proto::{Error, Result};

/// The name of the lock file; it holds the number of the process that has it.
pub(super) const FILE: &str = "varanus.lock";

/// The right to use a data directory. The operating system takes it back when
/// the process ends, however it ends.
pub(super) struct Lock(File);

impl Lock {
    pub(super) fn take(directory: &Path) -> Result<Self> {
        let path = directory.join(FILE);
        let away = |error| {
            let cure = "Core must be able to write its data directory: check its rights, that it is not mounted \
                            read-only, and that its disk is not full";
            Error::unavailable(format!("cannot lock {}; {cure}", path.display())).cause(error)
        };
        let mut file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(away)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The number is a courtesy: without it the message still stands.
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("process {pid}"),
                };
                return Err(Error::conflict(format!(
                    "the data directory {} is in use by another Core ({holder}); stop that one first, or give this one \
                     a data directory of its own",
                    directory.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(away(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(away)?;
        Ok(Self(file))
    }

    /// Gives it back before the last owner is dropped.
    pub(super) fn release(&self) {
        // It ends with the process at the latest.
        let _ = self.0.unlock();
    }
}
