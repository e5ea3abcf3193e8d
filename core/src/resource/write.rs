//! Creating, changing, renaming, copying and deleting resources.
//!
//! Every change and its update record are one commit.

use std::sync::Arc;

use varanus_proto::Config;
use varanus_proto::entity::permission::{Permission, PermissionLevel, UserTarget};
use varanus_proto::entity::resource::{Resource, ResourceTargetVariant};
use varanus_proto::entity::update::Operation;
use varanus_proto::lenient::StringList;
use varanus_proto::{Error, MongoId, Result, is_object_id};

use super::{Doc, Kind, kind};
use crate::auth::{Caller, ServiceUser};
use crate::catalog::Commit;
use crate::core::now;
use crate::run::{self, Audit};
use crate::{Core, Row};

/// The partial twin of a kind's configuration.
pub type Partial<K> = <<K as Kind>::Config as Config>::Partial;

fn operation<K: Kind>(verb: &str) -> Operation
where
    Doc<K>: Row,
{
    format!("{verb}{}", K::TARGET).parse().unwrap_or_default()
}

/// The longest name, in bytes: it becomes the name of a folder on a host.
const LONGEST_NAME: usize = 200;

/// Checks a name and brings it into the kind's form.
fn check_name<K: Kind>(core: &Core, name: &str) -> Result<String>
where
    Doc<K>: Row,
{
    let kind = K::TARGET;
    if name.len() > LONGEST_NAME {
        return Err(Error::invalid(format!(
            "the name of a {kind} has {} bytes; {LONGEST_NAME} are the most",
            name.len()
        )));
    }
    let normal = K::normalize_name(name);
    if normal.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "{name:?} is no name for a {kind}: it has a control character"
        )));
    }
    if normal.is_empty() {
        return Err(Error::invalid(format!(
            "{name:?} is no name for a {kind}: nothing is left of it"
        )));
    }
    if is_object_id(&normal) {
        return Err(Error::invalid(format!(
            "{name:?} has the form of an id; a {kind} needs another name"
        )));
    }
    if let Some(existing) = K::table(&core.catalog).get(&normal) {
        return Err(Error::conflict(format!(
            "there is a {kind} {:?} already (id {})",
            existing.name, existing.id
        )));
    }
    Ok(normal)
}

/// What is said of a new resource beside its configuration.
#[derive(Default)]
pub struct About {
    /// For people.
    pub description: String,
    /// Ids of tags.
    pub tags: StringList,
}

/// Creates a resource; its creator may write it.
pub async fn create<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    name: &str,
    partial: Partial<K>,
    info: K::Info,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    create_about::<K>(core, caller, name, partial, info, About::default()).await
}

/// The same, with a description and tags from the beginning.
pub async fn create_about<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    name: &str,
    mut partial: Partial<K>,
    info: K::Info,
    about: About,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    K::may_create(core, caller)?;
    K::check_config(core, caller, &mut partial).await?;
    let edit = core.edit().await;
    let name = check_name::<K>(core, name)?;
    let config = K::Config::from_partial(partial);
    K::check_whole(core, &name, &config)?;
    let resource = Resource {
        id: MongoId::default(),
        name,
        description: about.description,
        template: false,
        tags: about.tags,
        info,
        config,
        base_permission: Default::default(),
        updated_at: now(),
    };
    let mut commit = Commit::new();
    let id = commit.insert(K::table(&core.catalog), resource.clone())?;
    if !caller.is_admin() {
        let granted = kind::creator_permission::<K>();
        commit.insert(
            &core.catalog.permissions,
            Permission {
                id: MongoId::default(),
                user_target: UserTarget::User(caller.id().to_owned()),
                resource_target: K::target(&*id),
                level: granted.level,
                specific: granted.specific,
            },
        )?;
    }
    let mut audit = Audit::new(caller, operation::<K>("Create"), K::target(&*id));
    audit.log(&format!("Create {}", K::TARGET), format!("created {:?} (id {id})", resource.name));
    audit.current_toml(super::toml::export::<K>(core, &resource));
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    drop(edit);
    K::after_change(core, &id);
    find_by_id::<K>(core, &id)
}

/// Creates a resource with the configuration of another, without the secrets that
/// the caller may not see.
pub async fn copy<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    name: &str,
    source: &str,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    let source = super::get::<K>(core, caller, source, PermissionLevel::Read)?;
    // The creator may write the copy, and so sees whatever it holds.
    let config = super::shown::<K>(core, caller, &source).config;
    create::<K>(core, caller, name, config.minimize(), K::Info::default()).await
}

/// Sets the fields of a configuration that the partial carries. Nothing is
/// stored or recorded when that changes nothing.
pub async fn update<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    id_or_name: &str,
    mut partial: Partial<K>,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    super::get::<K>(core, caller, id_or_name, PermissionLevel::Write)?;
    K::check_config(core, caller, &mut partial).await?;
    let edit = core.edit().await;
    let before = super::get::<K>(core, caller, id_or_name, PermissionLevel::Write)?;
    // A sync that is declared in its own files changes itself while it runs.
    let itself = K::TARGET == ResourceTargetVariant::ResourceSync
        && caller.id() == ServiceUser::ResourceSync.id();
    if !itself {
        refuse_busy::<K>(core, &before)?;
    }
    let mut after = (*before).clone();
    let changed = after.config.apply(partial);
    if changed.is_empty() {
        return Ok(before);
    }
    K::check_whole(core, &after.name, &after.config)?;
    after.updated_at = now();
    let id = before.id.as_str();
    let mut commit = Commit::new();
    commit.put(K::table(&core.catalog), id, after.clone())?;
    let mut audit = Audit::new(caller, operation::<K>("Update"), K::target(id));
    audit.log(&format!("Update {}", K::TARGET), format!("changed: {}", changed.join(", ")));
    audit.prev_toml(super::toml::export::<K>(core, &before));
    audit.current_toml(super::toml::export::<K>(core, &after));
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    drop(edit);
    K::after_change(core, id);
    find_by_id::<K>(core, id)
}

/// Gives a resource another name.
pub async fn rename<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    id_or_name: &str,
    name: &str,
) -> Result<varanus_proto::entity::update::Update>
where
    Doc<K>: Row,
{
    let edit = core.edit().await;
    let before = super::get::<K>(core, caller, id_or_name, PermissionLevel::Write)?;
    refuse_busy::<K>(core, &before)?;
    let name = check_name::<K>(core, name)?;
    K::before_rename(core, &before, &name).await?;
    let mut after = (*before).clone();
    after.name.clone_from(&name);
    K::renamed(&mut after);
    after.updated_at = now();
    let id = before.id.as_str();
    let mut commit = Commit::new();
    commit.put(K::table(&core.catalog), id, after)?;
    let mut audit = Audit::new(caller, operation::<K>("Rename"), K::target(id));
    audit.log(&format!("Rename {}", K::TARGET), format!("renamed {:?} to {name:?}", before.name));
    let update = audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    drop(edit);
    K::after_change(core, id);
    Ok(update)
}

/// Deletes a resource, and what refers to it alone.
pub async fn delete<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    id_or_name: &str,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    let edit = core.edit().await;
    let resource = super::get::<K>(core, caller, id_or_name, PermissionLevel::Write)?;
    refuse_busy::<K>(core, &resource)?;
    let id = resource.id.as_str();
    let target = K::target(id);
    let mut commit = Commit::new();
    let mut notes = K::before_delete(core, &resource, &mut commit).await?;
    crate::alerter::forget(core, &target, &mut commit, &mut notes)?;
    commit.delete(K::table(&core.catalog), id);
    for (permission, row) in core.catalog.permissions.entries() {
        if row.resource_target == target {
            commit.delete(&core.catalog.permissions, &permission);
        }
    }
    for (user, row) in core.catalog.users.entries() {
        if row.recents.get(&K::TARGET).is_some_and(|recents| recents.iter().any(|of| of == id)) {
            let mut row = (*row).clone();
            row.recents.entry(K::TARGET).or_default().retain(|of| of != id);
            commit.put(&core.catalog.users, &user, row)?;
        }
    }
    let mut audit = Audit::new(caller, operation::<K>("Delete"), target);
    audit.log(&format!("Delete {}", K::TARGET), format!("deleted {:?}", resource.name));
    for note in notes {
        audit.log(&format!("Delete {}", K::TARGET), note);
    }
    audit.prev_toml(super::toml::export::<K>(core, &resource));
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    drop(edit);
    K::after_delete(core, id);
    Ok(resource)
}

/// Changes what the system has found out about a resource. No audit: the run
/// that found it out is the record. The resource may be gone meanwhile; then
/// nothing happens.
pub async fn update_info<K: Kind>(
    core: &Core,
    id: &str,
    change: impl FnOnce(&mut K::Info),
) -> Result<()>
where
    Doc<K>: Row,
{
    let _edit = core.edit().await;
    let Some(before) = K::table(&core.catalog).get(id) else { return Ok(()) };
    let mut after = (*before).clone();
    change(&mut after.info);
    let mut commit = Commit::new();
    commit.put(K::table(&core.catalog), id, after)?;
    commit.commit(&*core.store).await
}

/// The same inside a run: what it found out is not lost because the store is away
/// for a while. The run's deadline ends the waiting.
pub async fn note_info<K: Kind>(
    core: &Core,
    id: &str,
    change: impl Fn(&mut K::Info) + Send + Sync,
) -> Result<()>
where
    Doc<K>: Row,
{
    loop {
        let noted = update_info::<K>(core, id, |info| change(info)).await;
        if !run::try_again(&noted, "what a run found out").await {
            return noted;
        }
    }
}

fn refuse_busy<K: Kind>(core: &Core, resource: &Doc<K>) -> Result<()>
where
    Doc<K>: Row,
{
    match core.runs.holder(&K::target(resource.id.as_str())) {
        None => Ok(()),
        Some(operation) => Err(Error::busy(format!(
            "{} {:?} is busy with {operation}; try again when that has ended, or cancel it",
            K::TARGET,
            resource.name
        ))),
    }
}

fn find_by_id<K: Kind>(core: &Core, id: &str) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    super::read::find::<K>(core, id)
}
