//! Disks that are soon full, or hang.

use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::PathBuf;
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

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

/// A mount that hangs, as a network drive does whose server is gone: whoever asks for
/// anything in it waits until it is let go of.
pub struct HungMount {
    /// Where it is.
    pub path: PathBuf,
    // Nobody reads the questions that the kernel writes into it.
    kernel: Option<std::fs::File>,
    _folder: tempfile::TempDir,
}

impl HungMount {
    /// Mounts one, of FUSE without its program.
    pub fn mount() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mount");
        std::fs::create_dir(&path).expect("a folder");
        let mut options = std::fs::OpenOptions::new();
        let kernel = options.read(true).write(true).open("/dev/fuse").expect("/dev/fuse");
        let about =
            format!("fd={},rootmode=40000,user_id=0,group_id=0", kernel.as_fd().as_raw_fd());
        mount(Some("hung"), &path, Some("fuse"), MsFlags::empty(), Some(about.as_str()))
            .expect("root may mount");
        Self { path, kernel: Some(kernel), _folder: folder }
    }

    /// Whoever waits gets an error from now on.
    pub fn let_go(&mut self) {
        self.kernel = None;
    }
}

impl Drop for HungMount {
    fn drop(&mut self) {
        self.let_go();
        let _ = umount2(&self.path, MntFlags::MNT_DETACH);
    }
}
