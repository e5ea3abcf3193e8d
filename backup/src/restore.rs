//! From a backup, or from another store, into a store.
//!
//! First everything is read and checked, the place too; only then is anything
//! changed. What is replaced is backed up before.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use varanus_proto::{Context, Error, Kind, Result};
use varanus_store::raw::{Batches, Exact, Place, Reader, Writer};
use varanus_store::seal::Key;
use varanus_store::seal::outside::{SAID, Said, Treatment, sealed_values, verify};
use varanus_store::{Collection, UNFINISHED};

use crate::file::Recipients;
use crate::folder::Backup;
use crate::take::{Take, has_id, is_passing, take};

/// Where documents come from.
pub enum Source {
    /// From a backup. Runs that had not ended stay behind: they are not begun again.
    Backup(Backup),
    /// From another store, with all there is.
    Store(Reader),
}

impl Source {
    fn read(&self, collection: Collection) -> Batches {
        match self {
            Self::Backup(backup) => backup.read(collection),
            Self::Store(reader) => reader.read(collection),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Backup(backup) => format!("the backup {}", backup.folder().display()),
            Self::Store(reader) => reader.describe(),
        }
    }

    /// Whether it was an embedded store.
    fn is_embedded(&self) -> bool {
        match self {
            Self::Backup(backup) => backup.is_of_embedded(),
            Self::Store(reader) => matches!(reader, Reader::Embedded(_)),
        }
    }

    fn leaves(&self, collection: Collection, document: &Exact) -> bool {
        is_passing(collection, document)
            || (collection == Collection::Run && matches!(self, Self::Backup(_)))
    }
}

/// What to restore, and to where.
pub struct Restore {
    /// Where documents come from.
    pub source: Source,
    /// The store they go to. No Core may run on it.
    pub into: Place,
    /// What is there goes, after a backup of it.
    pub replace: bool,
    /// Also when it is the database of another installation.
    pub another_instance: bool,
    /// Secrets are written in the clear, for Komodo.
    pub unsealed: bool,
    /// The key of the store, as the Core that is to use it finds it.
    pub key_file: PathBuf,
    /// The folder of backups, for that of what is replaced.
    pub backups: PathBuf,
    /// The longest wait for a store.
    pub deadline: Duration,
    /// Who does it, with its version.
    pub program: String,
}

/// A restore that was checked and may be carried out. The place is held meanwhile.
pub struct Plan {
    restore: Restore,
    writer: Writer,
    seal: Seal,
    place: String,
    counts: BTreeMap<Collection, u64>,
    there: u64,
    whole: bool,
}

/// How the secrets will be.
enum Seal {
    /// So, with the document that says it instead of the source's.
    So(Treatment, Option<Option<Exact>>),
    /// Sealed with a key that there is not yet: a restore that is not carried out makes none.
    WithNewKey,
}

impl Seal {
    fn ready(self, key_file: &Path) -> Result<(Treatment, Option<Option<Exact>>)> {
        match self {
            Self::So(treatment, said) => Ok((treatment, said)),
            Self::WithNewKey => {
                let key = Arc::new(Key::create(key_file)?);
                let said = Said::document(Some(&key))?;
                Ok((Treatment::Close(key), Some(Some(said))))
            }
        }
    }
}

/// What the checks find out about a source.
#[derive(Default)]
struct Seen {
    counts: BTreeMap<Collection, u64>,
    users: HashSet<String>,
    said: Option<Said>,
    sealed: usize,
}

impl Restore {
    /// Checks the source to its last line, and that the place is a right one.
    ///
    /// Errors: `Invalid` with file and line for a source that is not whole, or when
    /// the key is missing; `Conflict` when the place is in use, not empty, or
    /// another installation's.
    pub async fn plan(self) -> Result<Plan> {
        // The place first: it fails quickly, and is held while the source is read.
        let writer =
            Writer::open(&self.into, self.deadline).await.context("nothing was changed")?;
        let key = Key::load(&self.key_file)?.map(Arc::new);
        let seen = self.look(key.as_deref()).await.context("nothing was changed")?;
        let target = Reader::open_unfinished(&self.into, self.deadline).await?;
        let (there, users, whole) = content(&target).await?;
        let place = target.describe();
        self.check_place(&place, there, &users, whole, &seen)?;
        let seal = self.seal(&seen, key)?;
        let counts = seen.counts;
        Ok(Plan { writer, seal, place, counts, there, whole, restore: self })
    }

    async fn look(&self, key: Option<&Key>) -> Result<Seen> {
        let mut seen = Seen::default();
        for collection in Collection::ALL {
            let mut batches = self.source.read(collection);
            while let Some(batch) = batches.recv().await {
                for document in batch? {
                    if self.source.leaves(collection, &document) {
                        continue;
                    }
                    *seen.counts.entry(collection).or_default() += 1;
                    if collection == Collection::User {
                        seen.users.extend(document.get_object_id("_id").map(|id| id.to_hex()));
                    }
                    if collection == Collection::Setting && has_id(&document, SAID) {
                        seen.said = Some(Said::of(&document));
                    }
                    let sealed = sealed_values(collection, &document);
                    seen.sealed += sealed;
                    if let Some(key) = key.filter(|_| sealed > 0) {
                        verify(collection, &document, key).with_context(|| {
                            let file = self.key_file.display();
                            format!(
                                "{} does not open with the key {file}; put the copy of its key there",
                                self.source.describe()
                            )
                        })?;
                    }
                }
            }
        }
        Ok(seen)
    }

    fn check_place(
        &self,
        place: &str,
        there: u64,
        users: &HashSet<String>,
        whole: bool,
        seen: &Seen,
    ) -> Result<()> {
        if (there == 0 && whole) || (!whole && self.replace) {
            return Ok(());
        }
        let refused = |text: String| Err(Error::new(Kind::Conflict, text));
        if !whole {
            return refused(format!(
                "an earlier restore into {place} was broken off; run this one with --replace"
            ));
        }
        let same = users.iter().any(|user| seen.users.contains(user));
        match (same, self.replace) {
            (true, true) => Ok(()),
            (true, false) => refused(format!(
                "{place} is not empty ({there} documents of this same installation), and nothing was changed; with \
                 --replace it becomes what {} holds (what is there now is backed up first)",
                self.source.describe()
            )),
            (false, true) if self.another_instance => Ok(()),
            (false, _) => refused(format!(
                "{place} holds another installation ({there} documents, no user in common with {}), and nothing was \
                 changed; restore into an empty database, or, if that one is to go, say --replace --another-instance",
                self.source.describe()
            )),
        }
    }

    /// What becomes of the secrets, and what the store then says of its seal.
    fn seal(&self, seen: &Seen, key: Option<Arc<Key>>) -> Result<Seal> {
        let key_file = self.key_file.display();
        let needed = || {
            Error::invalid(format!(
                "the secrets of {} are sealed, and the key {key_file} is not here; put your copy of it there, and try \
                 again (without the key they are lost; nothing was changed)",
                self.source.describe()
            ))
        };
        if let (Some(said), Some(key)) = (&seen.said, &key)
            && seen.sealed > 0
            && !said.is_of(key)
        {
            return Err(Error::invalid(format!(
                "the key {key_file} is not the one of {}; put the copy of its key there (nothing was changed)",
                self.source.describe()
            )));
        }
        let embedded = matches!(self.into, Place::Embedded(_));
        let sealed = match &seen.said {
            _ if self.unsealed => false,
            Some(said) => said.on,
            // The embedded store seals by itself from its beginning. One that did not was told so.
            None => embedded && !self.source.is_embedded(),
        };
        match (sealed, seen.sealed > 0, key) {
            (_, true, None) => Err(needed()),
            (false, false, _) if self.unsealed => Ok(Seal::So(Treatment::Keep, Some(None))),
            (false, false, _) => Ok(Seal::So(Treatment::Keep, None)),
            (false, true, Some(key)) => {
                let said = if self.unsealed { None } else { Some(Said::document(None)?) };
                Ok(Seal::So(Treatment::Open(key), Some(said)))
            }
            (true, _, Some(key)) => {
                let said = Said::document(Some(&key))?;
                Ok(Seal::So(Treatment::Close(key), Some(Some(said))))
            }
            (true, false, None) if embedded => Ok(Seal::WithNewKey),
            (true, false, None) => Err(Error::invalid(format!(
                "the store of {} was sealed, and there is no key {key_file} to seal this one with; put the key of the \
                 Core that will use it there, or say --unsealed",
                self.source.describe()
            ))),
        }
    }
}

/// How many documents a store has, who its users are, and whether it is whole.
async fn content(target: &Reader) -> Result<(u64, HashSet<String>, bool)> {
    let (mut there, mut users, mut whole) = (0, HashSet::new(), true);
    for collection in Collection::ALL {
        if collection != Collection::Setting {
            there += target.count(collection).await?;
        }
    }
    let mut batches = target.read(Collection::User);
    while let Some(batch) = batches.recv().await {
        users.extend(batch?.iter().filter_map(|d| d.get_object_id("_id").ok()).map(|i| i.to_hex()));
    }
    let mut batches = target.read(Collection::Setting);
    while let Some(batch) = batches.recv().await {
        whole &= !batch?.iter().any(|document| has_id(document, UNFINISHED));
    }
    Ok((there, users, whole))
}

impl Plan {
    /// What will be done, for a person.
    pub fn summary(&self) -> String {
        let total: u64 = self.counts.values().sum();
        let parts: Vec<String> = self
            .counts
            .iter()
            .filter(|(collection, _)| collection.is_resource() || **collection == Collection::User)
            .map(|(collection, count)| format!("{count} {collection}"))
            .collect();
        let replaced = match self.there {
            0 => String::new(),
            there => format!("; the {there} documents there are backed up and go"),
        };
        let from = self.restore.source.describe();
        format!(
            "{total} documents ({}) of {from} go into {}{replaced}",
            parts.join(", "),
            self.place
        )
    }

    /// Does it. Returns where the backup of what was replaced is.
    pub async fn carry_out(self) -> Result<Option<PathBuf>> {
        let Self { restore, mut writer, seal, there, whole, place, .. } = self;
        let (treatment, said) = seal.ready(&restore.key_file)?;
        let mut before = None;
        if there > 0 && whole {
            // As it is, sealed values sealed: nothing but this database has to be there.
            let backup = Take {
                from: restore.into.clone(),
                folder: restore.backups.join(".replaced"),
                keep: 3,
                recipients: Recipients::default(),
                unsealed: false,
                key_file: restore.key_file.clone(),
                deadline: restore.deadline,
                program: restore.program.clone(),
            };
            let taken = take(&backup).await.context(
                "what is to be replaced could not be backed up first, and nothing was changed",
            )?;
            before = Some(taken.folder);
        }
        writer.begin(there > 0 || !whole).await?;
        let written = write(&restore, &mut writer, &treatment, said).await;
        written.with_context(|| match restore.into {
            Place::Embedded(_) => "nothing was changed".to_owned(),
            Place::Mongo(_) => format!("{place} is not whole now; run this again with --replace"),
        })?;
        writer.finish().await?;
        Ok(before)
    }
}

async fn write(
    restore: &Restore,
    writer: &mut Writer,
    treatment: &Treatment,
    said: Option<Option<Exact>>,
) -> Result<()> {
    for collection in Collection::ALL {
        let mut batches = restore.source.read(collection);
        while let Some(batch) = batches.recv().await {
            let mut documents = Vec::new();
            for document in batch? {
                let is_said = collection == Collection::Setting && has_id(&document, SAID);
                if restore.source.leaves(collection, &document) || (is_said && said.is_some()) {
                    continue;
                }
                documents.push(treatment.apply(collection, document)?);
            }
            if !documents.is_empty() {
                writer.put(collection, documents).await?;
            }
        }
    }
    if let Some(Some(said)) = said {
        writer.put(Collection::Setting, vec![said]).await?;
    }
    Ok(())
}
