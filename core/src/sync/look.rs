//! What a sync would do now: its files, what they declare, the plan.

use std::sync::Arc;

use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::resource_sync::{
    DiffData, ResourceDiff, ResourceSync, ResourceSyncInfo,
};
use varanus_proto::entity::toml::ResourceToml;
use varanus_proto::resource_file::{Files as Read, Level};
use varanus_proto::{Config, Result};

use super::declared::Declared;
use super::plan::{Change, Deed, Field, plan};
use super::sides::{self, Scope, for_kind, not_synced};
use super::{deploy, groups, guard, source, variables};
use crate::resource::{Doc, Kind, Partial, toml};
use crate::{Core, Row};

/// What is to be done so that resources are as declared, in this order.
pub fn changes(
    core: &Core,
    sync: &ResourceSync,
    files: &Declared,
    scope: &Scope,
) -> Result<Vec<Change>> {
    if !sync.config.include_resources {
        return Ok(Vec::new());
    }
    let declared = sides::declared(core, files, scope)?;
    let there = sides::there(core, scope, &declared)?;
    Ok(plan(&declared, &there, deletes(sync)))
}

/// Whether a sync deletes what is declared no more.
pub fn deletes(sync: &ResourceSync) -> bool {
    sync.config.delete || sync.config.managed
}

/// The scope of a whole sync.
pub fn scope(core: &Core, sync: &ResourceSync) -> Scope {
    // Tags may be given by id.
    let name = |tag: &String| {
        core.catalog.tags.get(tag).map_or_else(|| tag.clone(), |found| found.name.clone())
    };
    Scope {
        own: sync.id.to_string(),
        tags: sync.config.match_tags.iter().map(name).collect(),
        ..Scope::default()
    }
}

/// Looks at the files of a sync; what was found becomes its pending state. A
/// fetch of its repository that began after `since` is new enough.
pub async fn pending(core: &Arc<Core>, sync: &ResourceSync, since: i64) -> ResourceSyncInfo {
    let mut info = ResourceSyncInfo {
        last_sync_ts: sync.info.last_sync_ts,
        last_sync_hash: sync.info.last_sync_hash.clone(),
        last_sync_message: sync.info.last_sync_message.clone(),
        ..ResourceSyncInfo::default()
    };
    let found = async {
        let files = source::files(core, sync, since).await?;
        (info.pending_hash, info.pending_message) = files.commit.clone().unzip();
        let read = source::read(&files);
        (info.remote_contents, info.remote_errors) = (files.contents, files.errors);
        let declared = Declared::new(read?.resources);
        let scope = scope(core, sync);
        let changes = changes(core, sync, &declared, &scope)?;
        if sync.config.include_variables {
            let found = variables::plan(core, &declared, deletes(sync));
            info.variable_updates = found.iter().map(|one| variables::shown(core, one)).collect();
        }
        if sync.config.include_user_groups {
            let found = groups::plan(core, &declared, deletes(sync))?;
            info.user_group_updates = found.iter().map(groups::shown).collect();
        }
        match deploy::plan(core, &declared, &scope, &changes) {
            Ok(plan) => info.pending_deploys = plan.shown(core),
            Err(error) => info.pending_deploy_error = Some(error.to_string()),
        }
        differences(core, sync, &declared, &changes)
    };
    match found.await {
        Ok(updates) => info.resource_updates = updates,
        Err(error) => info.pending_error = Some(error.to_string()),
    }
    info
}

/// Changes as Komodo's API shows them.
pub fn differences(
    core: &Core,
    sync: &ResourceSync,
    files: &Declared,
    changes: &[Change],
) -> Result<Vec<ResourceDiff>> {
    let each = changes.iter().map(|change| {
        let needs_confirm = guard::needs_confirm(core, sync, change);
        Ok(ResourceDiff { needs_confirm, ..shown(core, files, change)? })
    });
    each.collect()
}

/// What a plan does otherwise than the one that was shown last, a line for each
/// resource; nothing where none was shown.
pub fn since_shown(shown: &[ResourceDiff], now: &[ResourceDiff]) -> Vec<String> {
    if shown.is_empty() {
        return Vec::new();
    }
    let name = |diff: &ResourceDiff| format!("{} {:?}", diff.target.kind(), diff.data.name());
    let new = now.iter().filter(|diff| !shown.contains(diff));
    let gone = shown.iter().filter(|diff| !now.iter().any(|other| other.target == diff.target));
    let new = new.map(|diff| format!("{} was not shown like this", name(diff)));
    new.chain(gone.map(|diff| format!("{} is as declared by now", name(diff)))).collect()
}

/// A change as Komodo's API shows it: the resource as its file would declare it,
/// before and after.
fn shown(core: &Core, files: &Declared, change: &Change) -> Result<ResourceDiff> {
    for_kind!(change.kind, files, |K, list| {
        shown_of::<K>(core, files.find::<K>(list, &change.name), change)
    }, else {
        Err(not_synced(change.kind))
    })
}

fn shown_of<K: Kind>(
    core: &Core,
    declared: Option<&ResourceToml<Partial<K>>>,
    change: &Change,
) -> Result<ResourceDiff>
where
    Doc<K>: Row,
{
    let found = |name: &str| K::table(&core.catalog).get(name);
    let current = |name: &str| {
        found(name).map(|resource| toml::export::<K>(core, &resource)).unwrap_or_default()
    };
    let proposed = || declared.map(|one| proposed::<K>(one)).unwrap_or_default();
    let id = |name: &str| found(name).map(|one| one.id.to_string()).unwrap_or_default();
    let name = change.name.as_str();
    let (id, data) = match &change.deed {
        Deed::Create => {
            (String::new(), DiffData::Create { name: name.to_owned(), proposed: proposed() })
        }
        Deed::Update(_) => {
            (id(name), DiffData::Update { proposed: proposed(), current: current(name) })
        }
        Deed::Rename { from } => {
            (id(from), DiffData::Update { proposed: proposed(), current: current(from) })
        }
        Deed::Delete => (id(name), DiffData::Delete { current: current(name) }),
    };
    Ok(ResourceDiff { target: ResourceTarget::new(K::TARGET, id), data, needs_confirm: None })
}

/// A declaration in the form in which resources are exported, so that the two
/// can be compared line by line.
fn proposed<K: Kind>(declared: &ResourceToml<Partial<K>>) -> String
where
    Doc<K>: Row,
{
    let mut config = K::Config::from_partial(declared.config.clone());
    K::hide_secrets(&mut config);
    toml::text::<K>(ResourceToml {
        name: K::normalize_name(&declared.name),
        description: declared.description.clone(),
        template: declared.template,
        tags: declared.tags.clone(),
        deploy: false,
        after: Vec::new(),
        config: config.minimize(),
    })
}

/// A change in words: one line, and one for each field.
pub fn told(change: &Change) -> String {
    let Change { kind, name, deed } = change;
    match deed {
        Deed::Create => format!("+ {kind} {name:?}"),
        Deed::Delete => format!("- {kind} {name:?}"),
        Deed::Rename { from } => format!("~ {kind} {from:?} is called {name:?} now"),
        Deed::Update(fields) => {
            let field = |Field { name, old, new }: &Field| {
                format!("\n    {name}: {} → {}", in_a_line(old), in_a_line(new))
            };
            format!("~ {kind} {name:?}{}", fields.iter().map(field).collect::<String>())
        }
    }
}

/// What is remarkable in the files, one a line.
pub fn warnings(read: &Read) -> String {
    let told = [read.told(Level::UnknownKey), read.told(Level::Hint)];
    told.concat().join("\n")
}

fn in_a_line(value: &str) -> String {
    const LONGEST: usize = 120;
    let mut text: String = value.trim().replace('\n', "⏎").chars().take(LONGEST).collect();
    if value.chars().count() > LONGEST {
        text.push('…');
    }
    if text.is_empty() { "(empty)".into() } else { text }
}
