//! The state in memory: every document a read may need, and the one way in
//! which it changes.
//!
//! Core is the only writer of its store, so what is here is what is stored.
//! Reads never wait for the store. A [`Commit`] first makes its changes durable,
//! all or nothing, and then shows them here.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use varanus_proto::entity::action::Action;
use varanus_proto::entity::alerter::Alerter;
use varanus_proto::entity::api_key::ApiKey;
use varanus_proto::entity::build::Build;
use varanus_proto::entity::builder::Builder;
use varanus_proto::entity::deployment::Deployment;
use varanus_proto::entity::onboarding::OnboardingKey;
use varanus_proto::entity::permission::Permission;
use varanus_proto::entity::procedure::Procedure;
use varanus_proto::entity::provider::{GitProviderAccount, ImageRegistryAccount};
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::resource::Resource;
use varanus_proto::entity::resource_sync::ResourceSync;
use varanus_proto::entity::server::Server;
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::swarm::Swarm;
use varanus_proto::entity::tag::Tag;
use varanus_proto::entity::user::User;
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::entity::variable::Variable;
use varanus_proto::{Context, Error, Result};

use crate::store::{Change, Collection, Document, ObjectId, Store};

/// A document that lives in a [`Table`].
pub trait Row: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What it is found by beside its id; unique in its collection. Empty where
    /// there is nothing of the kind.
    fn key(&self) -> &str;
    /// Tells the row the id it is stored under, where its shape has a field for it.
    fn set_id(&mut self, _id: &str) {}
}

macro_rules! rows {
    ($($row:ty: $key:ident $(, $id:ident)?;)*) => {$(
        impl Row for $row {
            fn key(&self) -> &str {
                &self.$key
            }
            $(fn set_id(&mut self, id: &str) {
                self.$id = id.into();
            })?
        }
    )*};
}

rows! {
    ApiKey: key;
    OnboardingKey: public_key;
    Variable: name;
    User: username, id;
    UserGroup: name, id;
    Tag: name, id;
}

impl<C, I> Row for Resource<C, I>
where
    Resource<C, I>: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    C: Default,
    I: Default,
{
    fn key(&self) -> &str {
        &self.name
    }

    fn set_id(&mut self, id: &str) {
        self.id = id.into();
    }
}

macro_rules! keyless_rows {
    ($($row:ty),*) => {$(
        impl Row for $row {
            fn key(&self) -> &str {
                ""
            }
            fn set_id(&mut self, id: &str) {
                self.id = id.into();
            }
        }
    )*};
}

keyless_rows!(Permission, GitProviderAccount, ImageRegistryAccount);

struct Entry<T> {
    row: Arc<T>,
    /// Fields of the stored document that this version does not know; they are
    /// written back as they came.
    unknown: Document,
}

struct Rows<T> {
    by_id: HashMap<String, Entry<T>>,
    id_by_key: HashMap<String, String>,
}

/// All documents of one collection.
pub struct Table<T> {
    collection: Collection,
    rows: RwLock<Rows<T>>,
}

impl<T: Row> Table<T> {
    fn new(collection: Collection) -> Arc<Self> {
        let rows = Rows { by_id: HashMap::new(), id_by_key: HashMap::new() };
        Arc::new(Self { collection, rows: RwLock::new(rows) })
    }

    /// Which collection it mirrors.
    pub fn collection(&self) -> Collection {
        self.collection
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Rows<T>> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Rows<T>> {
        self.rows.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The row of an id, or else of a key (a name, for most).
    pub fn get(&self, id_or_key: &str) -> Option<Arc<T>> {
        let rows = self.read();
        let id = match rows.by_id.contains_key(id_or_key) {
            true => id_or_key,
            false => rows.id_by_key.get(id_or_key)?,
        };
        rows.by_id.get(id).map(|entry| entry.row.clone())
    }

    /// The id a key is stored under.
    pub fn id_of(&self, id_or_key: &str) -> Option<String> {
        let rows = self.read();
        match rows.by_id.contains_key(id_or_key) {
            true => Some(id_or_key.to_owned()),
            false => rows.id_by_key.get(id_or_key).cloned(),
        }
    }

    /// All rows with their ids, by key and then by id.
    pub fn entries(&self) -> Vec<(String, Arc<T>)> {
        let rows = self.read();
        let mut all: Vec<_> =
            rows.by_id.iter().map(|(id, entry)| (id.clone(), entry.row.clone())).collect();
        drop(rows);
        all.sort_by(|(id_a, a), (id_b, b)| a.key().cmp(b.key()).then_with(|| id_a.cmp(id_b)));
        all
    }

    /// All rows, by key and then by id.
    pub fn all(&self) -> Vec<Arc<T>> {
        self.entries().into_iter().map(|(_, row)| row).collect()
    }

    /// The first row, in no order, that passes.
    pub fn find(&self, passes: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        self.read().by_id.values().find(|entry| passes(&entry.row)).map(|entry| entry.row.clone())
    }

    /// All rows, in no order, that pass.
    pub fn select(&self, passes: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        let rows = self.read();
        rows.by_id.values().map(|entry| &entry.row).filter(|row| passes(row)).cloned().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.read().by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    async fn load(&self, store: &dyn Store) -> Result<()> {
        let documents = store.load(self.collection).await?;
        for document in documents {
            let Some(id) = ObjectId::of(&document) else {
                tracing::warn!(collection = ?self.collection, "a document without an id is left alone");
                continue;
            };
            match serde_json::from_value::<T>(Value::Object(document.clone())) {
                Ok(mut row) => {
                    row.set_id(id.as_str());
                    let known = to_document(&row).unwrap_or_default();
                    let unknown = document
                        .into_iter()
                        .filter(|(field, _)| field != "_id" && !known.contains_key(field))
                        .collect();
                    self.show(id.as_str(), row, unknown);
                }
                // One document that cannot be read must not keep the others
                // from being served; it stays in the store as it is.
                Err(error) => tracing::error!(
                    collection = ?self.collection, %id, %error, "a stored document cannot be read"
                ),
            }
        }
        Ok(())
    }

    fn show(&self, id: &str, row: T, unknown: Document) {
        let mut rows = self.write();
        if let Some(before) = rows.by_id.get(id) {
            let key = before.row.key().to_owned();
            rows.id_by_key.remove(&key);
        }
        if !row.key().is_empty() {
            rows.id_by_key.insert(row.key().to_owned(), id.to_owned());
        }
        rows.by_id.insert(id.to_owned(), Entry { row: Arc::new(row), unknown });
    }

    fn hide(&self, id: &str) {
        let mut rows = self.write();
        if let Some(entry) = rows.by_id.remove(id) {
            rows.id_by_key.remove(entry.row.key());
        }
    }

    fn unknown(&self, id: &str) -> Document {
        self.read().by_id.get(id).map(|entry| entry.unknown.clone()).unwrap_or_default()
    }
}

fn to_document<T: Serialize>(row: &T) -> Result<Document> {
    match serde_json::to_value(row) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err(Error::internal("a stored row must be an object")),
        Err(error) => Err(Error::internal("a row cannot be written").cause(error)),
    }
}

macro_rules! catalog {
    ($($(#[$meta:meta])* $table:ident: $row:ident,)*) => {
        /// Everything that reads are answered from.
        pub struct Catalog {
            $($(#[$meta])* pub $table: Arc<Table<$row>>,)*
        }

        impl Catalog {
            /// Reads all of it.
            pub async fn load(store: &dyn Store) -> Result<Self> {
                let catalog = Self { $($table: Table::new(Collection::$row),)* };
                $(catalog.$table.load(store).await.context(concat!("reading ", stringify!($table)))?;)*
                Ok(catalog)
            }
        }
    };
}

catalog! {
    /// Users, by username.
    users: User,
    /// Groups of users, by name.
    user_groups: UserGroup,
    /// Grants on single resources.
    permissions: Permission,
    /// API keys, by key.
    api_keys: ApiKey,
    /// Keys that new agents introduce themselves with, by public key.
    onboarding_keys: OnboardingKey,
    /// Tags, by name.
    tags: Tag,
    /// Variables, by name.
    variables: Variable,
    /// Accounts at git hosts.
    git_accounts: GitProviderAccount,
    /// Accounts at image registries.
    registry_accounts: ImageRegistryAccount,
    #[allow(missing_docs)]
    swarms: Swarm,
    #[allow(missing_docs)]
    servers: Server,
    #[allow(missing_docs)]
    stacks: Stack,
    #[allow(missing_docs)]
    deployments: Deployment,
    #[allow(missing_docs)]
    builds: Build,
    #[allow(missing_docs)]
    repos: Repo,
    #[allow(missing_docs)]
    procedures: Procedure,
    #[allow(missing_docs)]
    actions: Action,
    #[allow(missing_docs)]
    syncs: ResourceSync,
    #[allow(missing_docs)]
    builders: Builder,
    #[allow(missing_docs)]
    alerters: Alerter,
}

/// Changes that become durable together and are then shown together.
///
/// Whoever reads a row to change it holds [`crate::Core::edit`] from the reading
/// to the commit, so that no change is lost.
#[derive(Default)]
#[must_use = "nothing changes before `commit`"]
pub struct Commit {
    changes: Vec<Change>,
    effects: Vec<Box<dyn FnOnce() + Send>>,
}

impl Commit {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row; returns its new id.
    pub fn insert<T: Row>(&mut self, table: &Arc<Table<T>>, mut row: T) -> Result<String> {
        let id = ObjectId::generate();
        row.set_id(id.as_str());
        let mut document = to_document(&row)?;
        id.put_into(&mut document);
        self.changes.push(Change::Insert(table.collection, document));
        let (table, id_text) = (table.clone(), id.as_str().to_owned());
        self.effects.push(Box::new(move || table.show(id.as_str(), row, Document::new())));
        Ok(id_text)
    }

    /// Replaces the row of an id.
    pub fn put<T: Row>(&mut self, table: &Arc<Table<T>>, id: &str, row: T) -> Result<()> {
        let object_id = ObjectId::parse(id)
            .ok_or_else(|| Error::internal(format!("{id:?} is not the id of a document")))?;
        let unknown = table.unknown(id);
        let mut document = to_document(&row)?;
        for (field, value) in &unknown {
            document.insert(field.clone(), value.clone());
        }
        object_id.put_into(&mut document);
        self.changes.push(Change::Put(table.collection, document));
        let table = table.clone();
        self.effects.push(Box::new(move || table.show(object_id.as_str(), row, unknown)));
        Ok(())
    }

    /// Removes the row of an id.
    pub fn delete<T: Row>(&mut self, table: &Arc<Table<T>>, id: &str) {
        if let Some(object_id) = ObjectId::parse(id) {
            self.changes.push(Change::Delete(table.collection, object_id));
            let table = table.clone();
            let id = id.to_owned();
            self.effects.push(Box::new(move || table.hide(&id)));
        }
    }

    /// Adds a change of a collection that is not kept in memory.
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Does something once the changes are durable.
    pub fn then(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.push(Box::new(effect));
    }

    /// Makes the changes durable, then shows them: also where the caller goes away
    /// meanwhile, or the store before it confirms them.
    pub async fn commit(self, store: &dyn Store) -> Result<()> {
        let Self { changes, effects } = self;
        let runtime = tokio::runtime::Handle::current();
        let show = move || {
            let _runtime = runtime.enter();
            for effect in effects {
                effect();
            }
        };
        if changes.is_empty() {
            show();
            return Ok(());
        }
        store.commit_then(changes, Box::new(show)).await
    }
}
