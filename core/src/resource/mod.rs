//! What all kinds of resources share: find, list, create, change, rename, copy,
//! delete, tags, and the form of resource files.
//!
//! A kind adds what is its own by [`Kind`]; this room must not know any of them
//! beyond the list in `with_table!`.

#[cfg(test)]
mod hostile;
mod kind;
#[cfg(test)]
mod kinds_tests;
mod read;
pub mod refer;
#[cfg(test)]
mod secrets;
pub mod tag;
pub mod toml;
mod write;

pub use kind::{Doc, Kind};
pub use read::{find, get, get_with, list_items, page, query, shown};
pub use write::{
    About, Partial, copy, create, create_about, delete, note_info, rename, update, update_info,
};

use varanus_proto::entity::permission::PermissionLevelAndSpecifics;
use varanus_proto::entity::resource::ResourceTarget;

use crate::Core;

/// Evaluates an expression with `$table` bound to the table of a target's kind.
macro_rules! with_table {
    ($core:expr, $target:expr, |$table:ident| $body:expr) => {{
        use varanus_proto::entity::resource::ResourceTargetVariant as V;
        let catalog = &$core.catalog;
        match $target.kind() {
            V::System => None,
            V::Swarm => {
                let $table = &catalog.swarms;
                $body
            }
            V::Server => {
                let $table = &catalog.servers;
                $body
            }
            V::Stack => {
                let $table = &catalog.stacks;
                $body
            }
            V::Deployment => {
                let $table = &catalog.deployments;
                $body
            }
            V::Build => {
                let $table = &catalog.builds;
                $body
            }
            V::Repo => {
                let $table = &catalog.repos;
                $body
            }
            V::Procedure => {
                let $table = &catalog.procedures;
                $body
            }
            V::Action => {
                let $table = &catalog.actions;
                $body
            }
            V::Builder => {
                let $table = &catalog.builders;
                $body
            }
            V::Alerter => {
                let $table = &catalog.alerters;
                $body
            }
            V::ResourceSync => {
                let $table = &catalog.syncs;
                $body
            }
        }
    }};
}

/// Answers the requests that every kind has. `create` is for kinds of which
/// nothing is known before they are created. `sort` gets the request's sort key
/// and two items.
macro_rules! kind_api {
    (
        $api:expr, $kind:ty, $field:ident,
        get $get:ty, list $list:ty, full $full:ty, copy $copy:ident,
        delete $delete:ident, update $update:ident, rename $rename:ident,
        $(create $create:ident,)?
        sort $sort:expr
    ) => {{
        use varanus_proto::entity::permission::PermissionLevel;
        use $crate::http::Call;
        use $crate::resource;
        $api.on(|call: Call, request: $get| async move {
            let level = PermissionLevel::Read;
            let found = resource::get::<$kind>(&call.core, &call.caller, &request.$field, level)?;
            Ok(resource::shown::<$kind>(&call.core, &call.caller, &found))
        });
        $api.on(|call: Call, request: $list| async move {
            let found = resource::query::<$kind>(&call.core, &call.caller, &request.query)?;
            let mut items = resource::list_items::<$kind>(&call.core, &found);
            let sort = $sort;
            // Found by name already; a stable sort keeps that order among equals.
            items.sort_by(|a, b| sort(request.sort_by, a, b));
            if request.sort_desc {
                items.reverse();
            }
            Ok(resource::page(&call.core, items, request.page, request.limit))
        });
        $api.on(|call: Call, request: $full| async move {
            let found = resource::query::<$kind>(&call.core, &call.caller, &request.query)?;
            let found = resource::page(&call.core, found, request.page, request.limit);
            let shown = |found| resource::shown::<$kind>(&call.core, &call.caller, found);
            Ok(found.iter().map(|resource| shown(resource)).collect())
        });
        $api.on(|call: Call, request: $copy| async move {
            let $copy { name, id, .. } = &request;
            let made = resource::copy::<$kind>(&call.core, &call.caller, name, id).await?;
            Ok((*made).clone())
        });
        $api.on(|call: Call, request: $delete| async move {
            let gone = resource::delete::<$kind>(&call.core, &call.caller, &request.id).await?;
            Ok((*gone).clone())
        });
        $api.on(|call: Call, request: $update| async move {
            let $update { id, config } = request;
            let new = resource::update::<$kind>(&call.core, &call.caller, &id, config).await?;
            Ok((*new).clone())
        });
        $api.on(|call: Call, request: $rename| async move {
            resource::rename::<$kind>(&call.core, &call.caller, &request.id, &request.name).await
        });
        $($api.on(|call: Call, request: $create| async move {
            let $create { name, config } = request;
            let info = Default::default();
            let made =
                resource::create::<$kind>(&call.core, &call.caller, &name, config, info).await?;
            Ok((*made).clone())
        });)?
    }};
}
pub(crate) use kind_api;
pub(crate) use with_table;

/// What every user may do with a target.
pub fn base_permission(
    core: &Core,
    target: &ResourceTarget,
) -> Option<PermissionLevelAndSpecifics> {
    with_table!(core, target, |table| table.get(target.id()).map(|row| row.base_permission.clone()))
}

/// The name of a target; its id where it is gone.
pub fn name_of(core: &Core, target: &ResourceTarget) -> String {
    with_table!(core, target, |table| table.get(target.id()).map(|row| row.name.clone()))
        .unwrap_or_else(|| target.id().to_owned())
}

/// The target with its name replaced by its id; `None` when there is none.
pub fn resolve(core: &Core, target: &ResourceTarget) -> Option<ResourceTarget> {
    if *target == ResourceTarget::system() {
        return Some(target.clone());
    }
    with_table!(core, target, |table| table
        .id_of(target.id())
        .map(|id| ResourceTarget::new(target.kind(), id)))
}

/// The ids of all resources of a kind.
pub fn ids_of(
    core: &Core,
    kind: varanus_proto::entity::resource::ResourceTargetVariant,
) -> Vec<String> {
    let target = ResourceTarget::new(kind, "");
    with_table!(core, target, |table| Some(
        table.entries().into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    ))
    .unwrap_or_default()
}

/// Reads what came of the latest run of an operation on each resource of a kind:
/// their states outlive this process.
pub async fn remember<K: Kind>(
    core: &Core,
    operation: varanus_proto::entity::update::Operation,
) -> varanus_proto::Result<()>
where
    Doc<K>: crate::Row,
{
    use varanus_proto::Context as _;
    for (id, resource) in K::table(&core.catalog).entries() {
        let read = core.runs.remember(core, &K::target(id), operation).await;
        let label = || format!("reading the latest run of {} {:?}", K::TARGET, resource.name);
        read.with_context(label)?;
    }
    Ok(())
}

/// Goes on for kinds that any user may create, unless that is configured away.
pub fn any_user_may_create(core: &Core, caller: &crate::auth::Caller) -> varanus_proto::Result<()> {
    match caller.is_admin() || !core.config.disable_non_admin_create {
        true => Ok(()),
        false => Err(varanus_proto::Error::forbidden("only an admin may create resources here")),
    }
}
