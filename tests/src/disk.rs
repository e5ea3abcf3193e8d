//! Disks that are soon full, or hang.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// Something that is mounted, until this is dropped. Root may mount, and these scenarios
/// need root anyway.
struct Mounted {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Mounted {
    fn new(kind: &str, flags: MsFlags, options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).expect("a folder");
        mount(Some(kind), &path, Some(kind), flags, Some(options)).expect("root may mount");
        Self { path, _folder: folder }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: whoever has it open still goes on until it ends.
        let _ = umount2(&self.path, MntFlags::MNT_DETACH);
    }
}

/// A file system of its own, a few megabytes large.
pub struct SmallDisk(Mounted);

impl SmallDisk {
    /// Mounts one, with options of tmpfs (`size=4m`).
    pub fn mount(options: &str) -> Self {
        Self(Mounted::new("tmpfs", MsFlags::empty(), options))
    }

    /// One that nobody can write to.
    pub fn read_only() -> Self {
        Self(Mounted::new("tmpfs", MsFlags::MS_RDONLY, "size=1m"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Leaves no byte free; what is returned takes the room.
    pub fn fill(&self) -> PathBuf {
        let path = self.path().join("somebody else's file");
        let mut file = File::create(&path).expect("a file");
        for size in [1 << 16, 1] {
            let bytes = vec![b'x'; size];
            while std::io::Write::write_all(&mut file, &bytes).is_ok() {}
        }
        path
    }
}

/// A mount that hangs, as a network drive does whose server is gone: whoever asks for
/// anything in it waits until this is dropped.
pub struct HungMount {
    // Nobody reads the questions that the kernel writes into it. Closed first: then
    // whoever waits gets an error.
    _kernel: File,
    mounted: Mounted,
}

impl HungMount {
    /// Mounts one, of FUSE without its program.
    pub fn mount() -> Self {
        let kernel = File::options().read(true).write(true).open("/dev/fuse").expect("/dev/fuse");
        let about = format!("fd={},rootmode=40000,user_id=0,group_id=0", kernel.as_raw_fd());
        Self { mounted: Mounted::new("fuse", MsFlags::empty(), &about), _kernel: kernel }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.mounted.path
    }
}
