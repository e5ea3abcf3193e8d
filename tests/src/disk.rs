//! A disk that is soon full.

use std::path::PathBuf;
use std::process::Command;

use crate::process::run;

/// A file system of its own, a few megabytes large. Root may mount one, and these
/// scenarios need root anyway.
pub struct SmallDisk {
    /// Where it is.
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one, with options of tmpfs (`size=4m`).
    pub async fn mount(options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path);
        let mounted = run(mount).await;
        assert!(mounted.success, "{mounted:?}");
        Self { path, _folder: folder }
    }

    /// Leaves no byte free; what is returned takes the room.
    pub fn fill(&self) -> PathBuf {
        let path = self.path.join("somebody else's file");
        let mut file = std::fs::File::create(&path).expect("a file");
        for size in [1 << 16, 1] {
            let bytes = vec![b'x'; size];
            while std::io::Write::write_all(&mut file, &bytes).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    #[allow(clippy::disallowed_methods, reason = "a drop cannot wait with a deadline")]
    fn drop(&mut self) {
        // Lazily: whoever has it open still goes on until it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
