//! What every resource carries beside its configuration: description, template
//! flag and tags. A tag that nobody has created yet is created.

use std::sync::Arc;

use varanus_proto::api::write::resource::UpdateResourceMeta;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::{Resource, ResourceTarget};
use varanus_proto::{Error, NoData, Result};

use super::tag;
use crate::auth::access;
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{any_user_may_create, name_of, resolve, with_table};
use crate::run::Audit;
use crate::{Commit, Row, Table};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: UpdateResourceMeta| async move { update(&call, request).await });
}

struct Change {
    description: Option<String>,
    template: Option<bool>,
    tags: Option<Vec<String>>,
}

/// Sets what a resource carries beside its configuration.
pub(crate) async fn update(call: &Call, request: UpdateResourceMeta) -> Result<NoData> {
    let core = &call.core;
    let _edit = core.edit().await;
    let target = resource_target(call, &request.target)?;
    let name = name_of(core, &target);
    let needed = access::need(PermissionLevel::Write, &[]);
    access::check(core, &call.caller, &target, request.target.id(), &needed)?;
    let mut commit = Commit::new();
    let tags = match &request.tags {
        Some(names) => Some(tag_ids(call, &mut commit, names)?),
        None => None,
    };
    let change = Change { description: request.description, template: request.template, tags };
    let done = with_table!(core, target, |table| apply(&mut commit, table, target.id(), change)?);
    let Some(done) = done else { return Ok(NoData {}) };
    let kind = target.kind();
    let operation = format!("Update{kind}").parse().unwrap_or_default();
    let mut audit = Audit::new(&call.caller, operation, target);
    audit.log(&format!("Update {kind}"), format!("{name:?}: changed {}", done.join(", ")));
    audit.commit(core, commit).await?;
    Ok(NoData {})
}

/// The target with its id; 404 where there is none.
fn resource_target(call: &Call, target: &ResourceTarget) -> Result<ResourceTarget> {
    if matches!(target, ResourceTarget::System(_)) {
        return Err(Error::invalid("the system itself has no description, template flag or tags"));
    }
    resolve(&call.core, target)
        .ok_or_else(|| Error::not_found(format!("there is no {} {:?}", target.kind(), target.id())))
}

fn tag_ids(call: &Call, commit: &mut Commit, names: &[String]) -> Result<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    let mut added: Vec<(&str, String)> = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let known = call.core.catalog.tags.id_of(name);
        let fresh = || added.iter().find(|(of, _)| *of == name).map(|(_, id)| id.clone());
        let id = match known.or_else(fresh) {
            Some(id) => id,
            None => {
                any_user_may_create(&call.core, &call.caller)?;
                let id = tag::add(call, commit, name, Default::default())?;
                added.push((name, id.clone()));
                id
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Puts the changed resource into the commit; returns what changed, or `None`.
fn apply<C, I>(
    commit: &mut Commit,
    table: &Arc<Table<Resource<C, I>>>,
    id: &str,
    change: Change,
) -> Result<Option<Vec<&'static str>>>
where
    C: Default,
    I: Default,
    Resource<C, I>: Row,
{
    let Some(before) = table.get(id) else { return Ok(None) };
    let mut after = (*before).clone();
    let mut changed = Vec::new();
    if let Some(description) = change.description.filter(|new| *new != after.description) {
        after.description = description;
        changed.push("description");
    }
    if let Some(template) = change.template.filter(|new| *new != after.template) {
        after.template = template;
        changed.push("template");
    }
    if let Some(tags) = change.tags.filter(|new| *new != after.tags.0) {
        after.tags = tags.into();
        changed.push("tags");
    }
    if changed.is_empty() {
        return Ok(None);
    }
    after.updated_at = now();
    commit.put(table, id, after)?;
    Ok(Some(changed))
}
