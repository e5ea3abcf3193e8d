//! What programs are started with, seen by any user of the machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Notes the arguments of every descendant of some processes, as `ps` would
/// show them, as long as it lives.
pub struct Arguments {
    seen: Arc<Mutex<BTreeSet<Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Arguments {
    /// Begins to look.
    pub fn of(roots: &[u32]) -> Self {
        let (seen, stop) = (Arc::<Mutex<BTreeSet<_>>>::default(), Arc::<AtomicBool>::default());
        let (roots, into, ends) = (roots.to_vec(), seen.clone(), stop.clone());
        let look = move || {
            while !ends.load(Ordering::Relaxed) {
                let found = descendants(&roots);
                into.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
                std::thread::park_timeout(Duration::from_millis(5));
            }
        };
        Self { seen, stop, thread: Some(std::thread::spawn(look)) }
    }

    /// All arguments so far, one program a line.
    pub fn text(&self) -> Vec<u8> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
    }
}

impl Drop for Arguments {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn descendants(roots: &[u32]) -> Vec<Vec<u8>> {
    let processes: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name in brackets may hold anything.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect();
    let mut family: BTreeSet<u32> = roots.iter().copied().collect();
    loop {
        let before = family.len();
        let children = processes.iter().filter(|(_, parent)| family.contains(parent));
        let children: Vec<u32> = children.map(|(id, _)| *id).collect();
        family.extend(children);
        if family.len() == before {
            break;
        }
    }
    let read = |id| std::fs::read(format!("/proc/{id}/cmdline")).ok();
    family.into_iter().filter_map(read).collect()
}

/// Puts programs of these names into a folder that note what they are started
/// with in `folder/arguments`, and then are the real ones. Whoever has the
/// folder first on its path starts them: none is too quick to be seen.
///
/// Returns the path for the environment.
pub fn noting(folder: &Path, names: &[&str]) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var("PATH").unwrap_or_default();
    for name in names {
        let real = std::env::split_paths(&path).map(|folder| folder.join(name));
        let Some(real) = real.into_iter().find(|path| path.is_file()) else { continue };
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >> {}/arguments\nexec {} \"$@\"\n",
            folder.display(),
            real.display()
        );
        let file = folder.join(name);
        std::fs::write(&file, text).expect("a file");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a program");
    }
    format!("{}:{path}", folder.display())
}
