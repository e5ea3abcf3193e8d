//! Finding resources, one or many.

use std::sync::Arc;

use varanus_proto::entity::permission::{PermissionLevel, PermissionLevelAndSpecifics};
use varanus_proto::entity::resource::{
    ResourceListItem, ResourceQuery, TagQueryBehavior, TemplatesQueryBehavior,
};
use varanus_proto::{Error, Result};

use super::{Doc, Kind};
use crate::auth::{Caller, access};
use crate::{Core, Row};

/// The resource of an id or name, if the caller holds the level on it.
pub fn get<K: Kind>(
    core: &Core,
    caller: &Caller,
    id_or_name: &str,
    level: PermissionLevel,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    get_with::<K>(core, caller, id_or_name, &PermissionLevelAndSpecifics::level(level))
}

/// The resource of an id or name, if the caller holds level and specifics on it.
pub fn get_with<K: Kind>(
    core: &Core,
    caller: &Caller,
    id_or_name: &str,
    needed: &PermissionLevelAndSpecifics,
) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    let resource = find::<K>(core, id_or_name)?;
    access::check(core, caller, &K::target(resource.id.as_str()), id_or_name, needed)?;
    Ok(resource)
}

/// The resource of an id or name, for the system itself.
pub fn find<K: Kind>(core: &Core, id_or_name: &str) -> Result<Arc<Doc<K>>>
where
    Doc<K>: Row,
{
    if id_or_name.is_empty() {
        return Err(Error::invalid(format!("a {} is needed: its name or id is empty", K::TARGET)));
    }
    K::table(&core.catalog)
        .get(id_or_name)
        .ok_or_else(|| Error::not_found(format!("there is no {} {id_or_name:?}", K::TARGET)))
}

/// A resource as a caller is answered it: who may not write it is not told its
/// secrets.
pub fn shown<K: Kind>(core: &Core, caller: &Caller, resource: &Doc<K>) -> Doc<K>
where
    Doc<K>: Row,
{
    let mut shown = resource.clone();
    let granted = access::effective(core, caller, &K::target(resource.id.as_str()));
    if granted.level < PermissionLevel::Write {
        K::hide_secrets(&mut shown.config);
    }
    shown
}

/// Every resource that passes a query and that the caller may see, by name.
pub fn query<K: Kind>(
    core: &Core,
    caller: &Caller,
    query: &ResourceQuery<K::Specifics>,
) -> Result<Vec<Arc<Doc<K>>>>
where
    Doc<K>: Row,
{
    let tags = super::tag::ids(core, &query.tags)?;
    let terms: Vec<_> = query.terms.iter().map(|term| term.to_lowercase()).collect();
    let mut found = K::table(&core.catalog).all();
    found.retain(|resource| {
        let name = resource.name.to_lowercase();
        let templates = match query.templates {
            TemplatesQueryBehavior::Include => true,
            TemplatesQueryBehavior::Exclude => !resource.template,
            TemplatesQueryBehavior::Only => resource.template,
        };
        let named = query.names.is_empty()
            || query.names.iter().any(|n| *n == resource.name || n == resource.id.as_str());
        let tagged = tags.is_empty()
            || match query.tag_behavior {
                TagQueryBehavior::All => tags.iter().all(|tag| resource.tags.contains(tag)),
                TagQueryBehavior::Any => tags.iter().any(|tag| resource.tags.contains(tag)),
            };
        templates
            && named
            && tagged
            && terms.iter().all(|term| name.contains(term))
            && access::effective(core, caller, &K::target(resource.id.as_str())).level
                >= PermissionLevel::Read
            && K::passes(core, resource, &query.specific)
    });
    Ok(found)
}

/// What a list shows of each.
pub fn list_items<K: Kind>(
    core: &Core,
    resources: &[Arc<Doc<K>>],
) -> Vec<ResourceListItem<K::ListInfo>>
where
    Doc<K>: Row,
{
    resources
        .iter()
        .map(|resource| ResourceListItem {
            id: resource.id.as_str().to_owned(),
            r#type: K::TARGET,
            name: resource.name.clone(),
            template: resource.template,
            tags: resource.tags.0.clone(),
            info: K::list_info(core, resource),
        })
        .collect()
}

/// A page of a list: `limit` of `None` is the configured default and 0 is all;
/// pages count from 0.
pub fn page<T>(core: &Core, items: Vec<T>, page: u64, limit: Option<u64>) -> Vec<T> {
    let limit = limit.unwrap_or(core.config.default_pagination_limit);
    if limit == 0 {
        return items;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let skip = usize::try_from(page).unwrap_or(usize::MAX).saturating_mul(limit);
    items.into_iter().skip(skip).take(limit).collect()
}
