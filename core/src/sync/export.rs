//! The state as resource files. Only what the caller may see is written.

use std::sync::Arc;

use serde::Serialize;
use varanus_proto::api::read::toml::{ExportAllResourcesToToml, ExportResourcesToToml};
use varanus_proto::entity::misc::TomlResponse;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceQuery;
use varanus_proto::entity::resource_sync::ResourceSync;
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::entity::variable::Variable;
use varanus_proto::{Error, Result};

use super::kind::Syncs;
use super::sides::for_kind;
use super::source::is_inline;
use crate::action::Actions;
use crate::alerter::Alerters;
use crate::auth::{Caller, ServiceUser};
use crate::build::Builds;
use crate::builder::Builders;
use crate::deployment::Deployments;
use crate::http::{Api, Call};
use crate::procedure::Procedures;
use crate::repo::Repos;
use crate::resource::{Doc, Kind, get, query, toml};
use crate::server::Servers;
use crate::stack::Stacks;
use crate::{Core, Row};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: ExportAllResourcesToToml| async move { all(&call, &request) });
    api.on(|call: Call, request: ExportResourcesToToml| async move { some(&call, &request) });
}

fn all(call: &Call, request: &ExportAllResourcesToToml) -> Result<TomlResponse> {
    let mut parts = Vec::new();
    if request.include_resources {
        resources(call, request, &mut parts, |_| true)?;
    }
    if request.include_user_groups {
        call.caller.require_admin("export user groups")?;
        for group in call.core.catalog.user_groups.all() {
            parts.push(user_group(&call.core, &group)?);
        }
    }
    if request.include_variables {
        variables(call, &mut parts)?;
    }
    Ok(TomlResponse { toml: parts.join("\n") })
}

/// What a sync declares, as it is there now: what its own settings include, with
/// its tags. Syncs that were written in the browser are in no file.
pub(super) fn of_sync(core: &Arc<Core>, sync: &ResourceSync) -> Result<String> {
    let config = &sync.config;
    let caller = Caller::from(ServiceUser::ResourceSync);
    let call = Call::from_within(core, &caller);
    let mut parts = Vec::new();
    if config.include_resources {
        let request = ExportAllResourcesToToml {
            include_resources: true,
            tags: config.match_tags.to_vec(),
            ..ExportAllResourcesToToml::default()
        };
        resources(&call, &request, &mut parts, |sync| !is_inline(sync))?;
    }
    let request = ExportAllResourcesToToml {
        include_user_groups: config.include_user_groups,
        include_variables: config.include_variables,
        ..ExportAllResourcesToToml::default()
    };
    parts.push(all(&call, &request)?.toml);
    parts.retain(|part| !part.is_empty());
    Ok(parts.join("\n"))
}

fn resources(
    call: &Call,
    request: &ExportAllResourcesToToml,
    parts: &mut Vec<String>,
    syncs: impl Fn(&ResourceSync) -> bool,
) -> Result<()> {
    every::<Servers>(call, &request.tags, parts)?;
    every::<Alerters>(call, &request.tags, parts)?;
    every::<Actions>(call, &request.tags, parts)?;
    every::<Builders>(call, &request.tags, parts)?;
    every::<Repos>(call, &request.tags, parts)?;
    every::<Builds>(call, &request.tags, parts)?;
    every::<Stacks>(call, &request.tags, parts)?;
    every::<Deployments>(call, &request.tags, parts)?;
    let wanted = ResourceQuery { tags: request.tags.to_vec().into(), ..Default::default() };
    for sync in query::<Syncs>(&call.core, &call.caller, &wanted)? {
        if syncs(&sync) {
            parts.push(toml::export::<Syncs>(&call.core, &sync));
        }
    }
    every::<Procedures>(call, &request.tags, parts)
}

fn some(call: &Call, request: &ExportResourcesToToml) -> Result<TomlResponse> {
    let mut parts = Vec::new();
    for target in &request.targets {
        let kind = target.kind();
        parts.push(for_kind!(kind, |K| one::<K>(call, target.id())?, else {
            return Err(Error::invalid(format!("a {kind} cannot be exported yet")));
        }));
    }
    for name in &request.user_groups {
        call.caller.require_admin("export user groups")?;
        let missing = || Error::not_found(format!("there is no user group {name:?}"));
        let group = call.core.catalog.user_groups.get(name).ok_or_else(missing)?;
        parts.push(user_group(&call.core, &group)?);
    }
    if request.include_variables {
        variables(call, &mut parts)?;
    }
    Ok(TomlResponse { toml: parts.join("\n") })
}

fn every<K: Kind>(call: &Call, tags: &[String], parts: &mut Vec<String>) -> Result<()>
where
    Doc<K>: Row,
{
    let wanted = ResourceQuery { tags: tags.to_vec().into(), ..Default::default() };
    for resource in query::<K>(&call.core, &call.caller, &wanted)? {
        parts.push(toml::export::<K>(&call.core, &resource));
    }
    Ok(())
}

fn one<K: Kind>(call: &Call, id_or_name: &str) -> Result<String>
where
    Doc<K>: Row,
{
    let resource = get::<K>(&call.core, &call.caller, id_or_name, PermissionLevel::Read)?;
    Ok(toml::export::<K>(&call.core, &resource))
}

/// A section of a file with one entry.
fn section<T: Serialize>(name: &str, entry: T) -> Result<String> {
    let file = std::collections::BTreeMap::from([(name, [entry])]);
    varanus_proto::resource_file::write(&file)
        .map_err(|error| Error::internal(format!("a {name} cannot be written")).cause(error))
}

/// A secret variable is only named, so that somebody who reads the file knows
/// that it exists, and a sync of it leaves the variable as it is.
fn variables(call: &Call, parts: &mut Vec<String>) -> Result<()> {
    for variable in call.core.catalog.variables.all() {
        parts.push(match variable.is_secret {
            true => format!("# The variable {} is secret and not written here.\n", variable.name),
            false => section::<&Variable>("variable", &variable)?,
        });
    }
    Ok(())
}

fn user_group(core: &Core, group: &UserGroup) -> Result<String> {
    section("user_group", super::groups::told_of(core, group))
}

#[cfg(test)]
mod tests {
    use varanus_proto::api::write::server::CreateServer;
    use varanus_proto::api::write::user_group::CreateUserGroup;
    use varanus_proto::api::write::variable::CreateVariable;
    use varanus_proto::entity::resource::ResourceTarget;

    use super::*;
    use crate::testing::Tester;

    fn everything() -> ExportAllResourcesToToml {
        ExportAllResourcesToToml {
            include_variables: true,
            include_user_groups: true,
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn what_is_exported_can_be_read_as_a_resource_file_and_holds_no_secret() {
        let tester = Tester::new().await;
        let admin = tester.admin("ann").await;
        for name in ["srv", "lab"] {
            let create = CreateServer { name: name.into(), ..Default::default() };
            tester.call(&admin, create).await.unwrap();
        }
        tester.call(&admin, CreateUserGroup { name: "ops".into() }).await.unwrap();
        for (name, is_secret) in [("OPEN", false), ("SHUT", true)] {
            let value = format!("value of {name}");
            let create =
                CreateVariable { name: name.into(), value, is_secret, ..Default::default() };
            tester.call(&admin, create).await.unwrap();
        }
        let text = tester.call(&admin, everything()).await.unwrap().toml;
        let file: varanus_proto::entity::toml::ResourcesToml = ::toml::from_str(&text).unwrap();
        let names: Vec<_> = file.servers.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["lab", "srv"]);
        assert_eq!(file.user_groups[0].name, "ops");
        assert_eq!(file.variables.len(), 1);
        assert!(text.contains("value of OPEN") && !text.contains("value of SHUT"), "{text}");
    }

    #[tokio::test]
    async fn what_a_caller_may_not_see_is_not_exported() {
        let tester = Tester::new().await;
        let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
        let create = CreateServer { name: "srv".into(), ..Default::default() };
        tester.call(&admin, create).await.unwrap();
        let export = ExportAllResourcesToToml::default();
        assert_eq!(tester.call(&bob, export).await.unwrap().toml, "");
        let targets = vec![ResourceTarget::Server("srv".into())];
        let export = ExportResourcesToToml { targets, ..Default::default() };
        assert!(tester.call(&admin, export.clone()).await.unwrap().toml.contains("[[server]]"));
        tester.call(&bob, export).await.unwrap_err();
    }
}
