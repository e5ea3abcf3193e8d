//! What one kind of resource adds to what all kinds share.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use varanus_proto::Config;
use varanus_proto::Result;
use varanus_proto::entity::permission::{PermissionLevelAndSpecifics, SpecificPermission};
use varanus_proto::entity::resource::{Resource, ResourceTarget, ResourceTargetVariant};

use crate::auth::Caller;
use crate::catalog::{Catalog, Commit, Table};
use crate::{Core, Row};

/// A resource document of a kind.
pub type Doc<K> = Resource<<K as Kind>::Config, <K as Kind>::Info>;

/// A kind of resource. Implemented by one empty type in each kind's room.
#[async_trait]
pub trait Kind: Sized + Send + Sync + 'static
where
    Doc<Self>: Row,
{
    /// What a person configures.
    type Config: Config;
    /// What the system finds out.
    type Info: Serialize + DeserializeOwned + Clone + Default + Send + Sync + 'static;
    /// What a list shows.
    type ListInfo: Send;
    /// What only this kind's query can ask.
    type Specifics: Default + Send + Sync;
    /// The kind.
    const TARGET: ResourceTargetVariant;

    /// Where this kind's documents are.
    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>>;

    /// The form a name is brought into before it is stored.
    fn normalize_name(name: &str) -> String {
        name.trim().replace('\n', "_")
    }

    /// Goes on when the caller may create one of this kind.
    fn may_create(core: &Core, caller: &Caller) -> Result<()>;

    /// What the creator holds beside Write.
    const CREATOR_SPECIFICS: &'static [SpecificPermission] = &[];

    /// Checks a configuration that is about to be stored, and replaces names
    /// of other resources by their ids. The caller needs a right on what it
    /// refers to.
    async fn check_config(
        _core: &Arc<Core>,
        _caller: &Caller,
        _partial: &mut <Self::Config as Config>::Partial,
    ) -> Result<()> {
        Ok(())
    }

    /// Checks the whole configuration that would result.
    fn check_whole(_core: &Core, _name: &str, _config: &Self::Config) -> Result<()> {
        Ok(())
    }

    /// What a list shows of a resource.
    fn list_info(core: &Core, resource: &Doc<Self>) -> Self::ListInfo;

    /// Whether a resource passes this kind's part of a query.
    fn passes(core: &Core, resource: &Doc<Self>, specifics: &Self::Specifics) -> bool;

    /// The configuration with ids replaced by names: the form of resource files.
    fn with_names(_core: &Core, config: Self::Config) -> Self::Config {
        config
    }

    /// Empties what is secret in a configuration: for resource files, for
    /// records, and for callers who may not write the resource.
    fn hide_secrets(config: &mut Self::Config);

    /// Something is to be done after one was created or its configuration was
    /// updated: a link to dial, a cache to refresh. Must return at once.
    fn after_change(_core: &Arc<Core>, _id: &str) {}

    /// Something is to be done before the document of a resource gets another
    /// name: the agent's folder moves too.
    async fn before_rename(_core: &Arc<Core>, _resource: &Doc<Self>, _name: &str) -> Result<()> {
        Ok(())
    }

    /// What the system has found out changes with the name: the container's name.
    fn renamed(_resource: &mut Doc<Self>) {}

    /// Something is to be done before one is deleted: a stack is taken down,
    /// references are blanked in the same commit. Texts returned go into the
    /// update's log.
    async fn before_delete(
        _core: &Arc<Core>,
        _resource: &Doc<Self>,
        _commit: &mut Commit,
    ) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Something is to be done after one was deleted.
    fn after_delete(_core: &Arc<Core>, _id: &str) {}

    /// The target of an id.
    fn target(id: impl Into<String>) -> ResourceTarget {
        ResourceTarget::new(Self::TARGET, id)
    }
}

/// The level and specifics a creator gets.
pub(super) fn creator_permission<K: Kind>() -> PermissionLevelAndSpecifics
where
    Doc<K>: Row,
{
    PermissionLevelAndSpecifics {
        level: varanus_proto::entity::permission::PermissionLevel::Write,
        specific: K::CREATOR_SPECIFICS.iter().copied().collect(),
    }
}
