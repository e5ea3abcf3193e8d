//! What a disk may hold after a power cut.

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    dice::Dice,
    record::{Step, Suffix},
};

/// A disk writes its sectors whole, and several of them in any order.
const SECTOR: usize = 512;

/// How unlucky a power cut is.
#[derive(Debug, Clone, Copy)]
pub enum Luck {
    /// Whatever was not synced is lost.
    AllLost,
    /// Everything was written in time.
    AllThere,
    /// Each step since the last sync is there, absent or torn, as the seed says.
    Any(u64),
}

#[derive(Default)]
struct File {
    /// What is there for sure.
    synced: Option<Vec<u8>>,
    /// What was done since.
    loose: Vec<Step>,
}

impl File {
    /// So many loose steps are on the disk for sure.
    fn settle(&mut self, count: usize) {
        for step in self.loose.drain(..count.min(self.loose.len())) {
            apply(&mut self.synced, &step, |_| true);
        }
    }
}

/// The files of a store up to some step.
#[derive(Default)]
pub struct Disk(BTreeMap<Suffix, File>);

impl Disk {
    /// One more step happens.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Write(suffix, ..) | Step::Truncate(suffix, _) | Step::Delete(suffix) => {
                self.0.entry(suffix).or_default().loose.push(step.clone());
            }
            Step::Sync(suffix) => {
                let file = self.0.entry(suffix).or_default();
                let new = file.synced.is_none()
                    || file.loose.iter().any(|step| matches!(step, Step::Delete(_)));
                file.settle(usize::MAX);
                if new {
                    // With a new file SQLite syncs its directory too, and what went is gone.
                    for file in self.0.values_mut() {
                        let gone = |step: &Step| matches!(step, Step::Delete(_));
                        if let Some(last) = file.loose.iter().rposition(gone) {
                            file.settle(last + 1);
                        }
                    }
                }
            }
            Step::Acknowledged(_) => {}
        }
    }

    /// Puts what a power cut leaves now into a directory, as the files of a name.
    pub fn cut(&self, luck: Luck, directory: &Path, name: &str) {
        let mut dice = Dice(match luck {
            Luck::Any(seed) => seed,
            _ => 0,
        });
        for (suffix, file) in &self.0 {
            let mut contents = file.synced.clone();
            for step in &file.loose {
                match luck {
                    Luck::AllLost => {}
                    Luck::AllThere => apply(&mut contents, step, |_| true),
                    Luck::Any(_) => match dice.roll(3) {
                        0 => {}
                        1 => apply(&mut contents, step, |_| true),
                        _ => apply(&mut contents, step, |_| dice.roll(2) == 0),
                    },
                }
            }
            if let Some(contents) = contents {
                fs::write(directory.join(format!("{name}{suffix}")), contents).unwrap();
            }
        }
    }
}

/// Does to a file what a step did, as far as its sectors were written.
fn apply(contents: &mut Option<Vec<u8>>, step: &Step, mut written: impl FnMut(usize) -> bool) {
    match step {
        Step::Write(_, at, bytes) => {
            let at = usize::try_from(*at).unwrap();
            let file = contents.get_or_insert_default();
            let mut from = 0;
            while from < bytes.len() {
                // Sectors are those of the disk, not of the write.
                let next = ((at + from) / SECTOR + 1) * SECTOR - at;
                let to = next.min(bytes.len());
                if written((at + from) / SECTOR) {
                    file.resize(file.len().max(at + to), 0);
                    file[at + from..at + to].copy_from_slice(&bytes[from..to]);
                }
                from = to;
            }
        }
        Step::Truncate(_, size) if written(0) => {
            contents.get_or_insert_default().resize(usize::try_from(*size).unwrap(), 0);
        }
        Step::Delete(_) if written(0) => *contents = None,
        _ => {}
    }
}
