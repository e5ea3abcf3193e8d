//! Makes a backup.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use varanus_proto::{Context, Error, Result};
use varanus_store::raw::{Batches, Exact, Place, Reader, exact};
use varanus_store::seal::Key;
use varanus_store::seal::outside::{SAID, Said, Treatment, has_secrets, sealed_values};
use varanus_store::{Collection, RUNNING, UNFINISHED};

use crate::file::{ENCRYPTED, Lines, Recipients};
use crate::folder::{Alone, Draft, remove_old};
use crate::manifest::{self, Entry, FORMAT, Manifest};

/// What to back up, and to where.
pub struct Take {
    /// The store. A Core may run on it.
    pub from: Place,
    /// The folder of backups; made when it is not there.
    pub folder: PathBuf,
    /// How many backups are kept there, this one included; 0 is all.
    pub keep: u16,
    /// Whom it is encrypted to. The secrets in it are then open, so that it can be
    /// restored with the private key alone.
    pub recipients: Recipients,
    /// Open the secrets of a sealed store also in a backup that is not encrypted.
    pub unsealed: bool,
    /// Where the key of a sealed store is.
    pub key_file: PathBuf,
    /// The longest wait for the store.
    pub deadline: Duration,
    /// Who makes it, with its version.
    pub program: String,
}

/// How the secrets are in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// As the store has them, which is in the clear.
    Clear,
    /// Sealed with the store's key, which is not in the backup.
    Sealed,
    /// In the clear, though the store has them sealed.
    Opened,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Taken {
    /// Where it is.
    pub folder: PathBuf,
    /// How many documents it holds.
    pub documents: u64,
    /// How many bytes its files have.
    pub bytes: u64,
    /// How the secrets are in it.
    pub secrets: Secrets,
    /// Whether it is encrypted to recipients.
    pub encrypted: bool,
    /// Older ones that were removed.
    pub removed: Vec<String>,
}

impl Taken {
    /// What a person is told of it.
    pub fn summary(&self) -> String {
        let secrets = match (self.secrets, self.encrypted) {
            (Secrets::Sealed, _) => {
                "; its secrets are sealed: keep a copy of the key file of the store apart from it"
            }
            (Secrets::Opened, false) => "; its secrets are IN THE CLEAR: keep it safe",
            (Secrets::Clear, false) => "; its secrets are in the clear, as in the database",
            (_, true) => "; it is encrypted, and opens with the private key of a recipient alone",
        };
        let removed = match self.removed.len() {
            0 => String::new(),
            count => format!("; {count} older ones were removed"),
        };
        let kilobytes = self.bytes.div_ceil(1024);
        let folder = self.folder.display();
        format!("{folder}: {} documents, {kilobytes} KiB{secrets}{removed}", self.documents)
    }
}

/// Makes a backup. Nothing that looks like one is there before it is whole.
pub async fn take(take: &Take) -> Result<Taken> {
    let reader = Reader::open(&take.from, take.deadline).await.context("no backup was made")?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&take.folder)
        .map_err(|error| crate::file::failed(&take.folder, error))?;
    let alone = Alone::take(&take.folder)?;
    // What an earlier one left goes first: it may be what fills the disk.
    remove_old(&take.folder, 0)?;
    let (secrets, treatment) = secrets(take, &reader).await?;
    let draft = Draft::create(&take.folder)?;
    let ending = if take.recipients.is_empty() { ".gz".into() } else { format!(".gz{ENCRYPTED}") };
    let mut entries = Vec::new();
    let (mut documents, mut stats) = (0, None);
    for collection in Collection::ALL {
        if collection.is_ours() && reader.count(collection).await? == 0 {
            continue;
        }
        let path = draft.path().join(format!("{collection}{ending}"));
        let lines = Lines::create(path, &take.recipients)?;
        let (batches, treatment) = (reader.read(collection), treatment.clone());
        let content = blocking(move || write(collection, lines, batches, &treatment)).await?;
        documents += content.documents;
        let entry = Entry::new(collection.name(), content);
        match collection {
            // It does not stay with the others: the next backup replaces it.
            Collection::Stats => stats = Some(format!("{collection}{ending}")),
            _ => entries.push(entry),
        }
    }
    let manifest = Manifest {
        format: FORMAT,
        program: take.program.clone(),
        made_at: jiff::Timestamp::now().to_string(),
        store: reader.describe(),
        files: entries,
    };
    let path = draft.path().join(format!("{}{ending}", manifest::NAME));
    let mut lines = Lines::create(path, &take.recipients)?;
    lines.add(manifest.line()?)?;
    lines.finish()?;
    let folder = draft.finish(&stats.unwrap_or_default())?;
    let bytes = fs::read_dir(&folder)
        .map(|entries| entries.flatten().filter_map(|entry| entry.metadata().ok()))
        .map_or(0, |files| files.map(|file| file.len()).sum());
    let removed = remove_old(&take.folder, take.keep)?;
    drop(alone);
    let encrypted = !take.recipients.is_empty();
    Ok(Taken { folder, documents, bytes, secrets, encrypted, removed })
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Error::internal("work on a backup failed").cause(error)))
}

/// What becomes of the secrets.
async fn secrets(take: &Take, reader: &Reader) -> Result<(Secrets, Treatment)> {
    if !is_sealed(reader).await? {
        return Ok((Secrets::Clear, Treatment::Keep));
    }
    if take.recipients.is_empty() && !take.unsealed {
        return Ok((Secrets::Sealed, Treatment::Keep));
    }
    match Key::load(&take.key_file)? {
        Some(key) => Ok((Secrets::Opened, Treatment::Open(Arc::new(key)))),
        None => Err(Error::invalid(format!(
            "the secrets of {} are sealed, and its key {} is not here; put a copy of it there, or make the backup by Core \
             (`km execute backup-core-database`)",
            reader.describe(),
            take.key_file.display()
        ))),
    }
}

/// Whether any secret of a store is sealed, or shall be.
async fn is_sealed(reader: &Reader) -> Result<bool> {
    let mut said = false;
    let mut settings = reader.read(Collection::Setting);
    while let Some(batch) = settings.recv().await {
        said |= batch?.iter().any(|document| has_id(document, SAID) && Said::of(document).on);
    }
    if said {
        return Ok(true);
    }
    // A change of mind may have been interrupted.
    for collection in Collection::ALL.into_iter().filter(|one| has_secrets(*one)) {
        let mut batches = reader.read(collection);
        while let Some(batch) = batches.recv().await {
            if batch?.iter().any(|document| sealed_values(collection, document) > 0) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

pub(crate) fn has_id(document: &Exact, id: &str) -> bool {
    document.get_object_id("_id").is_ok_and(|found| found.to_hex() == id)
}

/// What belongs to the store that is there now, and not to its content.
pub(crate) fn is_passing(collection: Collection, document: &Exact) -> bool {
    collection == Collection::Setting && (has_id(document, RUNNING) || has_id(document, UNFINISHED))
}

fn write(
    collection: Collection,
    mut lines: Lines,
    mut batches: Batches,
    treatment: &Treatment,
) -> Result<crate::file::Content> {
    while let Some(batch) = batches.blocking_recv() {
        for document in batch? {
            if !is_passing(collection, &document) {
                let document = treatment.apply(collection, document)?;
                lines.add(exact::line(&document))?;
            }
        }
    }
    lines.finish()
}
