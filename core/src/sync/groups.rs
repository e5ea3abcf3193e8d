//! The user groups of a sync.

use std::collections::BTreeMap;
use std::sync::Arc;

use varanus_proto::entity::permission::{PermissionLevel, PermissionLevelAndSpecifics, UserTarget};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant as Variant};
use varanus_proto::entity::resource_sync::DiffData;
use varanus_proto::entity::toml::{PermissionToml, ResourcesToml, UserGroupToml};
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::{Error, Result};

use super::sides::for_kind;
use crate::Core;
use crate::auth::Caller;
use crate::http::Call;
use crate::people::{Declared, declare, delete_group};
use crate::resource::{Kind, name_of, resolve};
use crate::run::pattern::Pattern;

/// A change of a user group.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new, or something of it changes.
    Put {
        /// As it is to be, patterns replaced by what they match.
        group: UserGroupToml,
        /// As it is, if it is there.
        there: Option<UserGroupToml>,
    },
    /// It is declared no more.
    Delete(UserGroupToml),
}

/// What makes the groups as declared. Users who do not exist are left out: they
/// may come to exist when they log in for the first time.
///
/// Errors: `Invalid` for a pattern that cannot be read.
pub fn plan(core: &Core, files: &ResourcesToml, delete: bool) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for declared in &files.user_groups {
        let group = settled(core, declared)?;
        let there = core.catalog.user_groups.get(&group.name).map(|there| told_of(core, &there));
        if there.as_ref() != Some(&group) {
            changes.push(Change::Put { group, there });
        }
    }
    if delete {
        for there in core.catalog.user_groups.all() {
            if !files.user_groups.iter().any(|group| group.name.trim() == there.name) {
                changes.push(Change::Delete(told_of(core, &there)));
            }
        }
    }
    Ok(changes)
}

/// A group as a resource file declares it.
pub fn told_of(core: &Core, group: &UserGroup) -> UserGroupToml {
    let held = UserTarget::UserGroup(group.id.0.clone());
    let rows = core.catalog.permissions.all().into_iter().filter(|row| row.user_target == held);
    let grants = rows.map(|row| PermissionToml {
        target: ResourceTarget::new(
            row.resource_target.kind(),
            name_of(core, &row.resource_target),
        ),
        level: row.level,
        specific: row.specific.clone(),
    });
    let users = group.users.iter();
    let users = users.filter_map(|id| Some(core.catalog.users.get(id)?.username.clone()));
    in_order(UserGroupToml {
        name: group.name.clone(),
        everyone: group.everyone,
        users: users.collect(),
        all: group.all.clone(),
        permissions: grants.collect(),
    })
}

/// What a declaration means here and now.
fn settled(core: &Core, declared: &UserGroupToml) -> Result<UserGroupToml> {
    let users = declared.users.iter();
    let users = users.filter_map(|user| Some(core.catalog.users.get(user)?.username.clone()));
    let mut grants: BTreeMap<(String, String), PermissionToml> = BTreeMap::new();
    for grant in &declared.permissions {
        let (kind, given) = grant.target.parts();
        for name in matching(core, kind, given)? {
            let key = (kind.to_string(), name.clone());
            let target = ResourceTarget::new(kind, name);
            grants.insert(key, PermissionToml { target, ..grant.clone() });
        }
    }
    grants.retain(|_, one| one.level != PermissionLevel::None || !one.specific.is_empty());
    let mut all = declared.all.clone();
    all.retain(|_, held| held.level != PermissionLevel::None || !held.specific.is_empty());
    Ok(in_order(UserGroupToml {
        name: declared.name.trim().to_owned(),
        everyone: declared.everyone,
        users: users.collect(),
        all,
        permissions: grants.into_values().collect(),
    }))
}

/// Two declarations that mean the same are equal.
fn in_order(mut group: UserGroupToml) -> UserGroupToml {
    group.users.sort_unstable();
    group.users.dedup();
    group.all.sort_unstable_keys();
    for held in group.all.values_mut() {
        held.specific.sort_unstable();
    }
    for grant in &mut group.permissions {
        grant.specific.sort_unstable();
    }
    let key = |grant: &PermissionToml| {
        let (kind, name) = grant.target.parts();
        (kind.to_string(), name.to_owned())
    };
    group.permissions.sort_by_key(key);
    group
}

/// The names of resources that a name, an id or a pattern stands for. What does
/// not exist yet may be created by the same sync: its name stands for itself.
fn matching(core: &Core, kind: Variant, given: &str) -> Result<Vec<String>> {
    if let Some(target) = resolve(core, &ResourceTarget::new(kind, given)) {
        return Ok(vec![name_of(core, &target)]);
    }
    if !given.contains(['*', '?', '\\']) {
        return Ok(vec![given.to_owned()]);
    }
    let pattern = Pattern::parse(given)?;
    let mut names = for_kind!(
        kind,
        |K| K::table(&core.catalog).all().iter().map(|one| one.name.clone()).collect::<Vec<_>>(),
        else Vec::new()
    );
    names.retain(|name| pattern.matches(name));
    Ok(names)
}

/// A change in words.
pub fn told(change: &Change) -> String {
    match change {
        Change::Delete(group) => format!("- UserGroup {:?}", group.name),
        Change::Put { group, there: None } => format!("+ UserGroup {:?}", group.name),
        Change::Put { group, there: Some(there) } => {
            let mut what = Vec::new();
            let differs = [
                ("everyone", group.everyone != there.everyone),
                ("users", group.users != there.users),
                ("all", group.all != there.all),
                ("permissions", group.permissions != there.permissions),
            ];
            what.extend(differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name));
            format!("~ UserGroup {:?}: {}", group.name, what.join(", "))
        }
    }
}

/// A change as Komodo's API shows it.
pub fn shown(change: &Change) -> DiffData {
    let text = |group: &UserGroupToml| toml::to_string(group).unwrap_or_default();
    match change {
        Change::Delete(there) => DiffData::Delete { current: text(there) },
        Change::Put { group, there: Some(there) } => {
            DiffData::Update { proposed: text(group), current: text(there) }
        }
        Change::Put { group, there: None } => {
            DiffData::Create { name: group.name.clone(), proposed: text(group) }
        }
    }
}

/// Does a change. What it grants on must be there by now.
pub async fn apply(core: &Arc<Core>, caller: &Caller, change: &Change) -> Result<()> {
    let call = Call::from_within(core, caller);
    let group = match change {
        Change::Delete(group) => return delete_group(&call, &group.name).await.map(drop),
        Change::Put { group, .. } => group,
    };
    let mut grants = Vec::new();
    for grant in &group.permissions {
        let target = resolve(core, &grant.target).ok_or_else(|| {
            let (kind, name) = grant.target.parts();
            Error::not_found(format!(
                "user group {:?} is to hold something on {kind} {name:?}, which is not there",
                group.name
            ))
        })?;
        let specific = grant.specific.clone();
        grants.push((target, PermissionLevelAndSpecifics { level: grant.level, specific }));
    }
    let id = |name: &String| Some(core.catalog.users.get(name)?.id.0.clone());
    let users: Vec<String> = group.users.iter().filter_map(id).collect();
    let group = UserGroup {
        name: group.name.clone(),
        everyone: group.everyone,
        users: users.into(),
        all: group.all.clone(),
        ..UserGroup::default()
    };
    declare(&call, Declared { group, grants }).await
}
