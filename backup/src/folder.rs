//! The folder of backups: their names, which of them is the latest, and how many are kept.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use tokio::sync::mpsc;
use varanus_proto::{Error, Result};
use varanus_store::raw::{BATCH, Batches, Exact, exact};
use varanus_store::{Collection, ObjectId};

use crate::file::{ENCRYPTED, Identities, Reading, damaged, failed};
use crate::manifest::{self, Manifest};

/// The form of a backup's name.
const NAME: &str = "%Y-%m-%d_%H-%M-%S";

/// What the name of a backup begins with while it is written.
const DRAFT: &str = ".unfinished-";

/// What Komodo once called `ImageRegistryAccount`.
const LEGACY_REGISTRY: &str = "DockerRegistryAccount";

fn is_backup(name: &str) -> bool {
    DateTime::strptime(NAME, name).is_ok()
}

/// The backups of a folder, oldest first; none when there is no such folder.
pub fn list(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<_> = entries(folder)?.into_iter().filter(|name| is_backup(name)).collect();
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<String>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let place = folder.display();
            return Err(
                Error::unavailable(format!("cannot list the backups in {place}")).cause(error)
            );
        }
    };
    let folders = read.flatten().filter(|entry| entry.path().is_dir());
    Ok(folders.filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// Removes all but the newest backups, and what was left unfinished. Returns the
/// names of those that went. `keep` 0 keeps all.
pub fn prune(folder: &Path, keep: u16) -> Result<Vec<String>> {
    let _alone = Alone::take(folder)?;
    remove_old(folder, keep)
}

pub(crate) fn remove_old(folder: &Path, keep: u16) -> Result<Vec<String>> {
    for draft in entries(folder)?.iter().filter(|name| name.starts_with(DRAFT)) {
        remove(&folder.join(draft))?;
    }
    let mut names = list(folder)?;
    if keep == 0 {
        return Ok(Vec::new());
    }
    let too_many = names.len().saturating_sub(usize::from(keep));
    names.truncate(too_many);
    for name in &names {
        // Renamed first: what is half removed must not look like a backup.
        let path = folder.join(name);
        let leaving = folder.join(format!("{DRAFT}{name}"));
        fs::rename(&path, &leaving).map_err(|error| failed(&path, error))?;
        remove(&leaving)?;
    }
    Ok(names)
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_dir_all(path).map_err(|error| {
        Error::unavailable(format!("cannot remove {}", path.display())).cause(error)
    })
}

/// The right to change a folder of backups. It ends with the process.
pub(crate) struct Alone(#[allow(dead_code)] File);

impl Alone {
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let file = File::open(folder).map_err(|error| {
            let place = folder.display();
            Error::unavailable(format!(
                "cannot open the folder of backups {place} (backups_folder, KOMODO_CLI_BACKUPS_FOLDER)"
            ))
            .cause(error)
        })?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Error::conflict(format!(
                "another backup is being made in {}; wait for its end",
                folder.display()
            ))),
            // Not every network file system has locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}

/// A backup that is being written; gone when it is dropped before its end.
pub(crate) struct Draft {
    folder: PathBuf,
    name: String,
    done: bool,
}

impl Draft {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let mut at = jiff::Zoned::now().datetime();
        loop {
            let name = at.strftime(NAME).to_string();
            let draft = Self { folder: folder.to_owned(), name, done: false };
            if !folder.join(&draft.name).exists() {
                let path = draft.path();
                return fs::create_dir(&path).map(|()| draft).map_err(|e| failed(&path, e));
            }
            at = at.saturating_add(jiff::Span::new().seconds(1));
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(format!("{DRAFT}{}", self.name))
    }

    /// Gives it its name: from now on it is a backup. `stats` goes to its own place.
    pub(crate) fn finish(mut self, stats: &str) -> Result<PathBuf> {
        let draft = self.path();
        let whole = self.folder.join(&self.name);
        let publish = || -> std::io::Result<()> {
            File::open(&draft)?.sync_all()?;
            fs::rename(draft.join(stats), self.folder.join(stats))?;
            fs::rename(&draft, &whole)?;
            File::open(&self.folder)?.sync_all()
        };
        publish().map_err(|error| failed(&whole, error))?;
        self.done = true;
        Ok(whole)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.done {
            // What stays is recognised by its name, and goes with the next backup.
            let _ = fs::remove_dir_all(self.path());
        }
    }
}

/// A backup that is there.
#[derive(Clone)]
pub struct Backup {
    folder: PathBuf,
    identities: Identities,
    manifest: Option<Manifest>,
    files: Vec<(Collection, PathBuf)>,
}

impl Backup {
    /// Opens a backup: `name`, or the latest.
    ///
    /// Errors: `NotFound` when there is none, `Invalid` when it is not whole, or
    /// encrypted to others, or made by a newer version.
    pub fn open(backups: &Path, name: Option<&str>, identities: Identities) -> Result<Self> {
        let known = list(backups)?;
        let place = backups.display();
        let folder = match (name, known.last()) {
            (Some(name), _) => backups.join(name),
            (None, Some(latest)) => backups.join(latest),
            (None, None) => {
                return Err(Error::not_found(format!(
                    "there is no backup in {place}; name the folder of backups (`--backups-folder`)"
                )));
            }
        };
        if !folder.is_dir() {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::not_found(format!(
                "there is no backup {}; there are: {known}",
                folder.display()
            )));
        }
        let mut backup = Self { folder, identities, manifest: None, files: Vec::new() };
        backup.find(backups)?;
        Ok(backup)
    }

    fn find(&mut self, backups: &Path) -> Result<()> {
        let file = |folder: &Path, name: &str| {
            let plain = folder.join(format!("{name}.gz"));
            let encrypted = folder.join(format!("{name}.gz{ENCRYPTED}"));
            // The form of the backup decides which of two statistics is its own.
            let first = [&plain, &encrypted].into_iter().find(|path| path.exists()).cloned();
            (plain, encrypted, first)
        };
        let (_, encrypted, first) = file(&self.folder, manifest::NAME);
        if let Some(path) = first {
            let mut reading = Reading::open(&path, &self.identities)?;
            let Some((_, line)) = reading.next()? else {
                return Err(damaged(&path, 0, "it is empty"));
            };
            self.manifest = Some(Manifest::parse(&line, &path.display().to_string())?);
        }
        for collection in Collection::ALL {
            let stats = collection == Collection::Stats;
            let folder = if stats { backups } else { &self.folder };
            let (_, age, mut found) = file(folder, collection.name());
            if stats && encrypted.exists() && age.exists() {
                found = Some(age);
            }
            if found.is_none() && collection == Collection::ImageRegistryAccount {
                found = file(folder, LEGACY_REGISTRY).2;
            }
            match (found, self.manifest.as_ref().and_then(|m| m.entry(collection.name()))) {
                (Some(path), _) => self.files.push((collection, path)),
                (None, Some(_)) => {
                    let missing = self.folder.join(format!("{collection}.gz"));
                    return Err(damaged(&missing, 0, "the file is missing"));
                }
                (None, None) => {}
            }
        }
        if !self.files.iter().any(|(collection, _)| *collection == Collection::User) {
            return Err(Error::invalid(format!(
                "{} is no whole backup: it has no User.gz",
                self.folder.display()
            )));
        }
        Ok(())
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether Varanus made it of an embedded store.
    pub(crate) fn is_of_embedded(&self) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.store.starts_with("SQLite"))
    }

    /// Every document of a collection. Errors name the file and the line.
    pub(crate) fn read(&self, collection: Collection) -> Batches {
        let (sender, receiver) = mpsc::channel(4);
        let found = self.files.iter().find(|(found, _)| *found == collection);
        if let Some((_, path)) = found.cloned() {
            let identities = self.identities.clone();
            let entry = self.manifest.as_ref().and_then(|m| m.entry(collection.name()).cloned());
            tokio::task::spawn_blocking(move || {
                let expected = entry.map(|entry| (entry.documents, entry.sha256));
                if let Err(error) = send(&path, &identities, expected, &sender) {
                    // Whoever reads may have gone.
                    let _ = sender.blocking_send(Err(error));
                }
            });
        }
        receiver
    }
}

fn send(
    path: &Path,
    identities: &Identities,
    expected: Option<(u64, String)>,
    sender: &mpsc::Sender<Result<Vec<Exact>>>,
) -> Result<()> {
    let mut reading = Reading::open(path, identities)?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut documents = 0;
    while let Some((line, text)) = reading.next()? {
        let wrong = |why: &str| damaged(path, line, why);
        let document = exact::parse(&text).map_err(|error| wrong(error.message()))?;
        let id = document.get_object_id("_id").map(|id| ObjectId::parse(&id.to_hex()));
        if !matches!(id, Ok(Some(_))) {
            return Err(wrong("the document has no _id of the form {\"$oid\": …}"));
        }
        documents += 1;
        batch.push(document);
        if batch.len() == BATCH && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    if let Some((count, sha256)) = expected {
        if documents != count {
            let why = format!("it has {documents} documents, and the manifest says {count}");
            return Err(damaged(path, 0, &why));
        }
        if reading.sha256() != sha256 {
            return Err(damaged(path, 0, "its content is not what the manifest says"));
        }
    }
    // Whoever reads may have gone.
    let _ = sender.blocking_send(Ok(batch));
    Ok(())
}
