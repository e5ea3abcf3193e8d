//! Tags. Any user may create one, unless that is configured away; its owner and
//! admins may change it. A deleted tag leaves every resource in the same commit.

use std::sync::Arc;

use serde_json::Value;
use varanus_proto::api::read::tag::{GetTag, ListTags};
use varanus_proto::api::write::tag::{CreateTag, DeleteTag, RenameTag, UpdateTagColor};
use varanus_proto::entity::resource::{Resource, ResourceTarget, ResourceTargetVariant};
use varanus_proto::entity::tag::{Tag, TagColor};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, MongoId, Result};

use super::{plain_name, record};
use crate::http::{Api, Call};
use crate::resource::{any_user_may_create, with_table};
use crate::store::{Filter, ObjectId};
use crate::{Commit, Core, Row, Table};

pub(super) fn api(api: &mut Api) {
    api.on(
        |call: Call, request: GetTag| async move { Ok((*find(&call.core, &request.tag)?).clone()) },
    );
    api.on(|call: Call, request: ListTags| async move { list(&call, request) });
    api.on(|call: Call, request: CreateTag| async move {
        any_user_may_create(&call.core, &call.caller)?;
        let _edit = call.core.edit().await;
        let mut commit = Commit::new();
        let color = request.color.unwrap_or_default();
        let id = add(&call, &mut commit, &request.name, color)?;
        let text = format!("created {:?} (id {id})", request.name.trim());
        record(&call, commit, Operation::None, "Create Tag", text).await?;
        Ok((*find(&call.core, &id)?).clone())
    });
    api.on(|call: Call, request: RenameTag| async move {
        let name = plain_name("tag", &request.name)?.to_owned();
        change(&call, &request.id, "Rename Tag", |tag| {
            if tag.name != name && call.core.catalog.tags.get(&name).is_some() {
                return Err(taken(&name));
            }
            let text = format!("renamed {:?} to {name:?}", tag.name);
            tag.name = name;
            Ok(text)
        })
        .await
    });
    api.on(|call: Call, request: UpdateTagColor| async move {
        change(&call, &request.tag, "Update Tag", |tag| {
            tag.color = request.color;
            Ok(format!("{:?} is {} now", tag.name, tag.color))
        })
        .await
    });
    api.on(|call: Call, request: DeleteTag| async move { delete(&call, &request.id).await });
}

fn taken(name: &str) -> Error {
    Error::conflict(format!("there is a tag {name:?} already"))
}

fn find(core: &Core, id_or_name: &str) -> Result<Arc<Tag>> {
    let missing = || Error::not_found(format!("there is no tag {id_or_name:?}"));
    core.catalog.tags.get(id_or_name).ok_or_else(missing)
}

fn list(call: &Call, request: ListTags) -> Result<Vec<Tag>> {
    let filter = match &request.query {
        Some(query) => Filter::parse(query)?,
        None => Filter::default(),
    };
    let mut tags = Vec::new();
    for (id, tag) in call.core.catalog.tags.entries() {
        let document = serde_json::to_value(&*tag)
            .map_err(|error| Error::internal("a tag cannot be written").cause(error))?;
        let Value::Object(mut document) = document else { continue };
        if let Some(id) = ObjectId::parse(&id) {
            id.put_into(&mut document);
        }
        if filter.matches(&document) {
            tags.push((*tag).clone());
        }
    }
    Ok(tags)
}

/// Adds a tag of the caller to a commit; returns its id.
pub(super) fn add(call: &Call, commit: &mut Commit, name: &str, color: TagColor) -> Result<String> {
    let name = plain_name("tag", name)?;
    if call.core.catalog.tags.get(name).is_some() {
        return Err(taken(name));
    }
    let owner = call.caller.id().to_owned();
    let tag = Tag { id: MongoId::default(), name: name.to_owned(), owner, color };
    commit.insert(&call.core.catalog.tags, tag)
}

fn require_owner(call: &Call, tag: &Tag) -> Result<()> {
    match call.caller.is_admin() || tag.owner == call.caller.id() {
        true => Ok(()),
        false => Err(Error::forbidden(format!(
            "the tag {:?} belongs to somebody else; its owner or an admin may change it",
            tag.name
        ))),
    }
}

async fn change(
    call: &Call,
    id_or_name: &str,
    stage: &str,
    change: impl FnOnce(&mut Tag) -> Result<String>,
) -> Result<Tag> {
    let _edit = call.core.edit().await;
    let before = find(&call.core, id_or_name)?;
    require_owner(call, &before)?;
    let mut after = (*before).clone();
    let text = change(&mut after)?;
    if after == *before {
        return Ok(after);
    }
    let mut commit = Commit::new();
    commit.put(&call.core.catalog.tags, before.id.as_str(), after.clone())?;
    record(call, commit, Operation::None, stage, text).await?;
    Ok(after)
}

async fn delete(call: &Call, id_or_name: &str) -> Result<Tag> {
    let core = &call.core;
    let _edit = core.edit().await;
    let tag = find(core, id_or_name)?;
    require_owner(call, &tag)?;
    let id = tag.id.as_str();
    let mut commit = Commit::new();
    commit.delete(&core.catalog.tags, id);
    let mut resources = 0;
    for kind in ResourceTargetVariant::ALL {
        let target = ResourceTarget::new(*kind, "");
        resources +=
            with_table!(core, target, |table| Some(take_off(&mut commit, table, id)?)).unwrap_or(0);
    }
    for (key_id, key) in core.catalog.onboarding_keys.entries() {
        if key.tags.iter().any(|tag| tag == id) {
            let mut key = (*key).clone();
            key.tags.retain(|tag| tag != id);
            commit.put(&core.catalog.onboarding_keys, &key_id, key)?;
        }
    }
    let text = format!("deleted {:?}, which was on {resources} resources", tag.name);
    record(call, commit, Operation::None, "Delete Tag", text).await?;
    Ok((*tag).clone())
}

/// Takes a tag off every resource of a table; returns how many carried it.
fn take_off<C, I>(
    commit: &mut Commit,
    table: &Arc<Table<Resource<C, I>>>,
    tag: &str,
) -> Result<usize>
where
    C: Default,
    I: Default,
    Resource<C, I>: Row,
{
    let mut changed = 0;
    for (id, resource) in table.entries() {
        if resource.tags.iter().any(|carried| carried == tag) {
            let mut resource = (*resource).clone();
            resource.tags.retain(|carried| carried != tag);
            commit.put(table, &id, resource)?;
            changed += 1;
        }
    }
    Ok(changed)
}
