//! Encryption at rest: a store around a store, which seals the secret fields of
//! documents on their way in and opens them on their way out.
//!
//! A sealed value is the string `varanus:v1:<base64 of nonce and ciphertext>`
//! (XChaCha20-Poly1305). It is bound to its collection, field and document, so
//! that moving it elsewhere makes it unreadable. The key is in a file outside of
//! the store. Whether new values are sealed is written in the store itself;
//! both forms are read at any time, so that a change of mind may be interrupted
//! and continued. Filters do not see through a seal: no query may ask for a
//! sealed field.

mod fields;
mod key;
pub mod outside;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use varanus_proto::{Context, Error, Result};

pub use key::Key;

use super::{Change, Collection, Document, Filter, ObjectId, Query, SealMode, Store, Stored};

/// The document that says whether the store is sealed.
const FLAG: &str = "5ea1ed000000000000000001";

/// How many documents a conversion writes at once.
const CHUNK: usize = 200;

/// A store whose secrets are encrypted at rest.
pub struct Sealed {
    inner: Arc<dyn Store>,
    key_file: PathBuf,
    state: RwLock<State>,
    /// Commits share it; a conversion has it alone, so that it overwrites nothing newer.
    commits: tokio::sync::RwLock<()>,
}

#[derive(Clone, Default)]
struct State {
    on: bool,
    key: Option<Arc<Key>>,
}

/// What the store says about its seal.
#[derive(Debug, Clone, Default, PartialEq)]
struct Flag {
    on: bool,
    /// Every document has the form that `on` asks for.
    converted: bool,
    /// A known text, sealed: the wrong key does not open it.
    check: Option<String>,
}

impl Sealed {
    /// Puts the seal around a store.
    ///
    /// A new store is sealed from its beginning, and its key made, unless `mode`
    /// says otherwise; another store stays as it is. Errors: `Invalid` when the
    /// key is missing, damaged or another one.
    pub async fn open(inner: Arc<dyn Store>, key_file: PathBuf, mode: SealMode) -> Result<Self> {
        let store = Self {
            inner,
            key_file,
            state: RwLock::default(),
            commits: tokio::sync::RwLock::default(),
        };
        match store.read_flag().await? {
            None if mode == SealMode::Auto && store.is_new().await? => {
                let key = store.make_key()?;
                store
                    .write_flag(&Flag {
                        on: true,
                        converted: true,
                        check: Some(check_value(&key)?),
                    })
                    .await?;
                store.set(State { on: true, key: Some(Arc::new(key)) });
            }
            // A key that lies there can only help to read.
            None => {
                let key = Key::load(&store.key_file)?.map(Arc::new);
                store.set(State { on: false, key });
            }
            Some(flag) => {
                let needed = flag.on || !flag.converted;
                let key = match Key::load(&store.key_file)? {
                    None if needed => return Err(store.missing_key()),
                    None => None,
                    Some(key) => {
                        store.verify(&key, &flag)?;
                        Some(Arc::new(key))
                    }
                };
                store.set(State { on: flag.on, key });
                if !flag.converted {
                    tracing::info!(
                        "continuing to {} the store",
                        if flag.on { "seal" } else { "unseal" }
                    );
                    store.convert(flag).await?;
                }
            }
        }
        Ok(store)
    }

    /// Whether new secret values are encrypted.
    pub fn is_sealed(&self) -> bool {
        self.state().on
    }

    /// Where the key is, or would be.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Encrypts every secret field, from now on and of all documents that are
    /// there. The key is made when there is none. Returns how many documents
    /// changed. May be interrupted: the next start continues.
    ///
    /// No other process may use the database meanwhile.
    pub async fn seal(&self) -> Result<u64> {
        let flag = self.read_flag().await?.unwrap_or_default();
        let key = match Key::load(&self.key_file)? {
            Some(key) => key,
            None if flag.check.is_some() => return Err(self.missing_key()),
            None => self.make_key()?,
        };
        self.verify(&key, &flag)?;
        let check = Some(check_value(&key)?);
        self.turn(Flag { on: true, converted: false, check }, Some(Arc::new(key))).await
    }

    /// Writes every secret field in plain form again, as Komodo reads it. The key
    /// file stays: backups may need it. Otherwise as [`Self::seal`].
    pub async fn unseal(&self) -> Result<u64> {
        let check = self.read_flag().await?.unwrap_or_default().check;
        let key = self.state().key;
        self.turn(Flag { on: false, converted: false, check }, key).await
    }

    async fn turn(&self, flag: Flag, key: Option<Arc<Key>>) -> Result<u64> {
        {
            // The flag first: a commit that follows already has the new form, and
            // whoever starts after a crash knows that there is work left.
            let _alone = self.commits.write().await;
            self.write_flag(&flag).await?;
            self.set(State { on: flag.on, key });
        }
        self.convert(flag).await
    }

    async fn convert(&self, flag: Flag) -> Result<u64> {
        let _alone = self.commits.write().await;
        let state = self.state();
        let mut changed = 0;
        for collection in fields::collections() {
            let mut changes = Vec::new();
            for stored in self.inner.load(collection).await? {
                let before = fields::sealed_values(collection, &stored);
                let plain = self.opened(&state, collection, stored)?;
                let wanted = self.closed(&state, collection, plain)?;
                // A fresh nonce alone is no reason to write.
                if fields::sealed_values(collection, &wanted) != before {
                    changes.push(Change::Put(collection, wanted));
                }
            }
            changed += changes.len() as u64;
            for chunk in changes.chunks(CHUNK) {
                self.inner.commit(chunk.to_vec()).await?;
            }
        }
        let check = if flag.on { flag.check } else { None };
        self.write_flag(&Flag { on: flag.on, converted: true, check }).await?;
        Ok(changed)
    }

    fn state(&self) -> State {
        // A poisoned lock still holds a whole state: it is only ever replaced.
        self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner) = state;
    }

    fn make_key(&self) -> Result<Key> {
        if let Some(key) = Key::load(&self.key_file)? {
            return Ok(key);
        }
        let key = Key::create(&self.key_file)?;
        tracing::info!(
            "made the key of the store, {}; keep a copy apart from the database",
            self.key_file.display()
        );
        Ok(key)
    }

    fn missing_key(&self) -> Error {
        Error::invalid(format!(
            "the secrets of {} are encrypted, but their key file {} is missing; put your copy of it there (without it \
             they cannot be read)",
            self.inner.describe(),
            self.key_file.display()
        ))
    }

    fn wrong_key(&self, what: &str) -> Error {
        Error::invalid(format!(
            "the key in {} does not open {what} of {}; put the copy of the right key there, or restore the backup of the \
             database that belongs to this key",
            self.key_file.display(),
            self.inner.describe()
        ))
    }

    fn verify(&self, key: &Key, flag: &Flag) -> Result<()> {
        match &flag.check {
            Some(check) if key.open(&check_place(), check).is_none() => {
                Err(self.wrong_key("the secrets"))
            }
            _ => Ok(()),
        }
    }

    async fn read_flag(&self) -> Result<Option<Flag>> {
        let id = ObjectId::parse(FLAG).expect("the constant has 24 hexadecimal digits");
        let document = self.inner.get(Collection::Setting, &id).await?;
        Ok(document.map(|document| Flag {
            on: document.get("on") == Some(&Value::Bool(true)),
            converted: document.get("converted") == Some(&Value::Bool(true)),
            check: document.get("check").and_then(Value::as_str).map(str::to_owned),
        }))
    }

    async fn write_flag(&self, flag: &Flag) -> Result<()> {
        let mut document = Document::new();
        document.insert("_id".into(), json!({ "$oid": FLAG }));
        document.insert("name".into(), json!("seal"));
        document.insert("on".into(), json!(flag.on));
        document.insert("converted".into(), json!(flag.converted));
        document.insert("check".into(), json!(flag.check));
        self.inner.commit(vec![Change::Put(Collection::Setting, document)]).await
    }

    async fn is_new(&self) -> Result<bool> {
        let one = Query::default().limit(1);
        for collection in Collection::ALL {
            if !self.inner.find(collection, &one).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn closed(
        &self,
        state: &State,
        collection: Collection,
        mut document: Document,
    ) -> Result<Document> {
        let key = if state.on { state.key.as_deref() } else { None };
        fields::close(collection, &mut document, key)?;
        Ok(document)
    }

    fn opened(
        &self,
        state: &State,
        collection: Collection,
        mut document: Document,
    ) -> Result<Document> {
        fields::open(collection, &mut document, state.key.as_deref()).map_err(|unreadable| {
            let name =
                document.get("name").or_else(|| document.get("_id")).cloned().unwrap_or_default();
            let what = format!("{} of the {collection} {name}", unreadable.path);
            if state.key.is_none() { self.missing_key().cause(what) } else { self.wrong_key(&what) }
        })?;
        Ok(document)
    }

    fn open_all(&self, collection: Collection, documents: Vec<Document>) -> Result<Vec<Document>> {
        if fields::of(collection).is_empty() {
            return Ok(documents);
        }
        let state = self.state();
        documents.into_iter().map(|document| self.opened(&state, collection, document)).collect()
    }
}

#[async_trait]
impl Store for Sealed {
    async fn load(&self, collection: Collection) -> Result<Vec<Document>> {
        self.open_all(collection, self.inner.load(collection).await?)
    }

    async fn get(&self, collection: Collection, id: &ObjectId) -> Result<Option<Document>> {
        let found = self.inner.get(collection, id).await?;
        Ok(self.open_all(collection, found.into_iter().collect())?.pop())
    }

    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>> {
        self.open_all(collection, self.inner.find(collection, query).await?)
    }

    async fn count(&self, collection: Collection, filter: &Filter) -> Result<u64> {
        self.inner.count(collection, filter).await
    }

    async fn commit_then(&self, changes: Vec<Change>, stored: Stored) -> Result<()> {
        let _shared = self.commits.read().await;
        let state = self.state();
        let changes = super::with_ids(changes)
            .into_iter()
            .map(|change| {
                Ok(match change {
                    Change::Put(collection, document) => {
                        Change::Put(collection, self.closed(&state, collection, document)?)
                    }
                    Change::Insert(collection, document) => {
                        Change::Insert(collection, self.closed(&state, collection, document)?)
                    }
                    other => other,
                })
            })
            .collect::<Result<Vec<_>>>()
            .context("a secret could not be encrypted")?;
        self.inner.commit_then(changes, stored).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }

    fn describe(&self) -> String {
        let seal = if self.is_sealed() { "encrypted" } else { "in plain form" };
        format!("{}, secrets {seal}", self.inner.describe())
    }
}

fn check_place() -> String {
    key::place(Collection::Setting, "check", FLAG)
}

fn check_value(key: &Key) -> Result<String> {
    key.seal(&check_place(), "varanus")
}
