//! Where Core's state outlives it: one trait, [`Store`], with two engines —
//! SQLite inside the process ([`sqlite`], the default) and MongoDB ([`mongo`],
//! which opens an existing Komodo database in place).
//!
//! This room stores JSON documents in named collections and commits changes all
//! or nothing. It must not know what a document means: no permissions, no
//! defaults, no names to resolve. The exceptions are the lists of indexes
//! ([`Collection::indexes`]) and of fields that are encrypted at rest.

mod collection;
pub mod filter;
mod id;
pub mod mongo;
pub mod raw;
pub mod seal;
pub mod sqlite;

#[cfg(test)]
mod conformance;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use varanus_config::DatabaseConfig;
use varanus_proto::{Error, Kind, Result, Secret};

pub use collection::{Collection, Index};
pub use filter::Filter;
pub use id::ObjectId;
pub use seal::Sealed;

/// A document in its wire shape: `_id` is `{"$oid": "<24 hex>"}`, every other
/// reference is a plain string.
pub type Document = serde_json::Map<String, serde_json::Value>;

/// The deadline of a call when the configuration names none.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The name of the key file in a data directory.
pub const SEAL_KEY: &str = "seal.key";

/// The id of the setting that says: a restore into this store has not ended.
pub const UNFINISHED: &str = "5ea1ed000000000000000002";

/// The id of the setting by which a Core says that it runs on this store: `at`
/// (Unix milliseconds) and `process`. Only where nothing else tells (MongoDB).
pub const RUNNING: &str = "5ea1ed000000000000000003";

/// One change of a commit.
#[derive(Debug, Clone)]
pub enum Change {
    /// The document replaces the one of the same `_id`, or is added.
    Put(Collection, Document),
    /// The document is added; `Conflict` when its `_id` exists. Without an `_id`
    /// it gets a new one.
    Insert(Collection, Document),
    /// The document goes, if it is there.
    Delete(Collection, ObjectId),
    /// The documents that pass go.
    DeleteWhere(Collection, Filter),
}

/// Upwards or downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Order {
    Asc,
    Desc,
}

/// Which documents, in which order, and how much of them.
///
/// Without a sort, and among equals, documents come in the order in which they
/// were added (SQLite) or in the server's (MongoDB).
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which documents.
    pub filter: Filter,
    /// Fields (dotted paths) to sort by, most significant first.
    pub sort: Vec<(String, Order)>,
    /// How many of them to pass over.
    pub skip: u64,
    /// How many at most; `None` is all.
    pub limit: Option<u64>,
    /// Fields (dotted paths through objects) to leave out of the answer.
    pub exclude: Vec<String>,
}

impl Query {
    /// All documents that pass.
    pub fn new(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// Sorts by a field, after those already named.
    #[must_use]
    pub fn sort(mut self, field: impl Into<String>, order: Order) -> Self {
        self.sort.push((field.into(), order));
        self
    }

    /// Passes over the first ones.
    #[must_use]
    pub fn skip(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Ends after so many.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves a field out.
    #[must_use]
    pub fn exclude(mut self, field: impl Into<String>) -> Self {
        self.exclude.push(field.into());
        self
    }
}

/// What is done once a commit is durable. It must be quick: others wait for it.
pub type Stored = Box<dyn FnOnce() + Send>;

/// Documents in collections, committed all or nothing.
///
/// Every call ends within the store's deadline, and at once while the store is
/// known to be away. Errors: `Conflict` names the collection, field and value;
/// `Unavailable` when the store is away, full or read-only (nothing was changed,
/// unless the message says that a change was not confirmed); `Deadline` when it
/// did not answer in time.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// All documents of a collection.
    async fn load(&self, collection: Collection) -> Result<Vec<Document>> {
        self.find(collection, &Query::default()).await
    }

    /// The document of an id.
    async fn get(&self, collection: Collection, id: &ObjectId) -> Result<Option<Document>>;

    /// The documents of a query.
    async fn find(&self, collection: Collection, query: &Query) -> Result<Vec<Document>>;

    /// How many documents pass.
    async fn count(&self, collection: Collection, filter: &Filter) -> Result<u64>;

    /// Makes the changes, in this order, all of them or none — also when this
    /// process or the machine ends in the middle. It is durable when it returns.
    ///
    /// The commit goes on when the caller stops waiting for it.
    async fn commit(&self, changes: Vec<Change>) -> Result<()> {
        self.commit_then(changes, Box::new(|| {})).await
    }

    /// The same, and does something once the changes are durable: before this
    /// returns, or later, where it failed because the store went away before it
    /// confirmed them. Then nobody else reads or writes before that is done. Where
    /// nothing was changed, nothing is done.
    async fn commit_then(&self, changes: Vec<Change>, stored: Stored) -> Result<()>;

    /// Ends the store in order; later calls are `Unavailable`.
    async fn close(&self);

    /// Which store this is, for logs; without credentials.
    fn describe(&self) -> String;
}

/// Which store to open.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Where the embedded store and the keys are.
    pub data_directory: PathBuf,
    /// The MongoDB to use instead of the embedded store.
    pub database: Option<MongoSettings>,
    /// The deadline of every call.
    pub deadline: Duration,
    /// Whether secrets are encrypted at rest.
    pub seal: SealMode,
    /// The key file; `{data_directory}/keys/store.key` when `None`.
    pub seal_key_file: Option<PathBuf>,
}

/// Whether a store that has not decided yet begins sealed. One that has decided
/// stays as it is until `seal()` or `unseal()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SealMode {
    /// A new store is sealed; an existing Komodo database is not.
    #[default]
    Auto,
    /// No store is.
    Off,
}

/// How to reach a MongoDB.
#[derive(Debug, Clone)]
pub struct MongoSettings {
    /// The whole address; the other parts then only fill what it leaves open.
    pub uri: Option<Secret<String>>,
    /// `host:port`, when there is no `uri`.
    pub address: String,
    /// The user's name, or empty.
    pub username: String,
    /// The user's password, or empty.
    pub password: Secret<String>,
    /// The database.
    pub db_name: String,
    /// How this client names itself to the server.
    pub app_name: String,
}

impl MongoSettings {
    /// The MongoDB that a program's settings name; `None` for the embedded store.
    pub fn of(database: &DatabaseConfig) -> Option<Self> {
        database.is_mongodb().then(|| Self {
            uri: (!database.uri.is_empty()).then(|| database.uri.clone()),
            address: database.address().to_owned(),
            username: database.username.clone(),
            password: database.password.clone(),
            db_name: database.db_name.clone(),
            app_name: database.app_name.clone(),
        })
    }
}

impl Default for MongoSettings {
    fn default() -> Self {
        Self {
            uri: None,
            address: "localhost:27017".into(),
            username: String::new(),
            password: Secret::default(),
            db_name: "komodo".into(),
            app_name: "komodo_core".into(),
        }
    }
}

/// Opens the store that the settings name.
pub async fn open(settings: StoreSettings) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(open_sealed(settings).await?))
}

/// The same, for whoever seals and unseals.
pub async fn open_sealed(settings: StoreSettings) -> Result<Sealed> {
    let StoreSettings { data_directory, database, deadline, seal, seal_key_file } = settings;
    let inner: Arc<dyn Store> = match &database {
        Some(database) => Arc::new(mongo::MongoStore::open(database, deadline).await?),
        None => Arc::new(sqlite::SqliteStore::open(&data_directory, deadline).await?),
    };
    let key_file = seal_key_file.unwrap_or_else(|| data_directory.join("keys").join("store.key"));
    Sealed::open(inner, key_file, seal).await
}

/// The `_id` of a document that is to be stored.
fn id_of(collection: Collection, document: &Document) -> Result<ObjectId> {
    ObjectId::of(document).ok_or_else(|| {
        Error::internal(format!(
            "a document for {collection} has no valid _id: {}",
            document.get("_id").unwrap_or(&serde_json::Value::Null)
        ))
    })
}

/// Gives an id to each document that is to be inserted and has none.
fn with_ids(mut changes: Vec<Change>) -> Vec<Change> {
    for change in &mut changes {
        if let Change::Insert(_, document) = change
            && document.get("_id").is_none_or(serde_json::Value::is_null)
        {
            ObjectId::generate().put_into(document);
        }
    }
    changes
}

/// The conflict that both engines report.
fn conflict(collection: Collection, fields: &[&str], document: &Document) -> Error {
    let values: Vec<String> = fields
        .iter()
        .map(|field| {
            let value = field.split('.').try_fold(None::<&serde_json::Value>, |at, part| {
                Some(Some(match at {
                    None => document.get(part)?,
                    Some(value) => value.get(part)?,
                }))
            });
            match value.flatten() {
                Some(value) => format!("{field} {value}"),
                None => format!("no {field}"),
            }
        })
        .collect();
    Error::new(
        Kind::Conflict,
        format!("{collection} already has a document with {}", values.join(", ")),
    )
}
