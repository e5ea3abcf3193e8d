//! Builders: where images are built. A builder is a set of servers, an agent at
//! an address of its own, or a machine that is started for each build.
//!
//! [`lease`] finds the agent that builds next. This room must not know what a
//! build is.

mod lease;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::entity::builder::{
    BuilderConfig, BuilderListItemInfo, BuilderQuerySpecifics, PartialBuilderConfig,
};
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::entity::resource::ResourceTargetVariant;

pub use lease::{Building, Lease, lease, servers};
pub use requests::api;

use crate::Core;
use crate::auth::{Caller, access};
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::refer::{blank, clear, id_of};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Builders;

#[async_trait]
impl Kind for Builders {
    type Config = BuilderConfig;
    type Info = ();
    type ListInfo = BuilderListItemInfo;
    type Specifics = BuilderQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Builder;
    const CREATOR_SPECIFICS: &'static [SpecificPermission] = &[SpecificPermission::Attach];

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.builders
    }

    fn may_create(_core: &Core, caller: &Caller) -> Result<()> {
        caller.require_admin("create builders")
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialBuilderConfig,
    ) -> Result<()> {
        let PartialBuilderConfig::Server(partial) = partial else { return Ok(()) };
        let Some(servers) = &mut partial.server_ids else { return Ok(()) };
        // An empty entry is an empty field of a form.
        servers.0.retain(|server| !server.is_empty());
        for server in &mut servers.0 {
            *server = crate::server::attach(core, caller, server)?;
        }
        let mut seen = std::collections::HashSet::new();
        servers.0.retain(|server| seen.insert(server.clone()));
        Ok(())
    }

    fn list_info(_core: &Core, builder: &Doc<Self>) -> BuilderListItemInfo {
        let (builder_type, instance_type) = match &builder.config {
            BuilderConfig::Url(_) => ("Url", None),
            BuilderConfig::Server(config) => ("Server", config.server_ids.first().cloned()),
            BuilderConfig::Aws(config) => ("Aws", Some(config.instance_type.clone())),
        };
        BuilderListItemInfo { builder_type: builder_type.into(), instance_type }
    }

    fn passes(_core: &Core, _builder: &Doc<Self>, _specifics: &BuilderQuerySpecifics) -> bool {
        true
    }

    fn with_names(core: &Core, mut config: BuilderConfig) -> BuilderConfig {
        if let BuilderConfig::Server(config) = &mut config {
            for server in &mut config.server_ids.0 {
                *server = crate::server::name(core, server);
            }
            config.server_ids.0.retain(|server| !server.is_empty());
        }
        config
    }

    async fn before_delete(
        core: &Arc<Core>,
        builder: &Doc<Self>,
        commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let id = builder.id.as_str();
        let mut notes = Vec::new();
        blank(commit, &core.catalog.builds, "builder", &mut notes, |build| {
            clear(&mut build.config.builder_id, id)
        })?;
        blank(commit, &core.catalog.repos, "builder", &mut notes, |repo| {
            clear(&mut repo.config.builder_id, id)
        })?;
        Ok(notes)
    }

    fn hide_secrets(config: &mut BuilderConfig) {
        if let BuilderConfig::Url(config) = config {
            config.passkey.clear();
        }
    }
}

/// The id of a builder given by name or id, if the caller may build there.
/// Empty stays empty.
pub fn attach(core: &Core, caller: &Caller, id_or_name: &str) -> Result<String> {
    let needed = access::need(PermissionLevel::Read, &[SpecificPermission::Attach]);
    id_of::<Builders>(core, caller, "builder_id", id_or_name, &needed)
}

/// The name of a builder for people and resource files; empty where it is gone.
pub fn name(core: &Core, id: &str) -> String {
    core.catalog.builders.get(id).map(|builder| builder.name.clone()).unwrap_or_default()
}

/// A server is deleted: no builder has it any more.
pub fn forget_server(
    core: &Core,
    server: &str,
    commit: &mut Commit,
    notes: &mut Vec<String>,
) -> Result<()> {
    blank(commit, &core.catalog.builders, "such server", notes, |builder| {
        let BuilderConfig::Server(config) = &mut builder.config else { return false };
        let before = config.server_ids.len();
        config.server_ids.0.retain(|id| id != server);
        config.server_ids.len() < before
    })
}
