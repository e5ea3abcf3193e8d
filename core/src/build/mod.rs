//! Builds: images that are made from a Dockerfile, on a builder.
//!
//! [`execute`] runs them on a builder, [`files`] knows their Dockerfile, and
//! [`history`] what came of their runs.

mod execute;
mod files;
mod history;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::agent::repo::DeleteRepo;
use varanus_proto::entity::build::{
    BuildConfig, BuildInfo, BuildListItemInfo, BuildQuerySpecifics, BuildState, PartialBuildConfig,
};
use varanus_proto::entity::deployment::DeploymentImage;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

pub use execute::{perform, superseded};
pub use files::refresh;
pub use requests::api;

use crate::Core;
use crate::agent::Ask;
use crate::auth::{Caller, access};
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::refer::{blank, id_of, one_of};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Builds;

#[async_trait]
impl Kind for Builds {
    type Config = BuildConfig;
    type Info = BuildInfo;
    type ListInfo = BuildListItemInfo;
    type Specifics = BuildQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Build;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.builds
    }

    /// It names an image, and a folder.
    fn normalize_name(name: &str) -> String {
        crate::stack::compose_name(name)
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        let allowed = !core.config.disable_non_admin_create && caller.user.create_build_permissions;
        match caller.is_admin() || allowed {
            true => Ok(()),
            false => Err(Error::forbidden(
                "creating builds needs an admin, or the permission to create builds",
            )),
        }
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialBuildConfig,
    ) -> Result<()> {
        if let Some(builder) = &mut partial.builder_id {
            *builder = crate::builder::attach(core, caller, builder)?;
        }
        if let Some(repo) = &mut partial.linked_repo {
            *repo = crate::repo::link(core, caller, repo)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, build: &Doc<Self>) -> BuildListItemInfo {
        let (config, info) = (&build.config, &build.info);
        let BuildConfig { git_provider, git_https, repo, branch, .. } = config;
        let source = crate::repo::Source::new(git_provider, *git_https, repo, branch)
            .unless_linked(core, &config.linked_repo);
        let registry = config.image_registry.first().map(|registry| registry.domain.clone());
        BuildListItemInfo {
            state: state(core, build),
            last_built_at: info.last_built_at,
            version: config.version,
            builder_id: config.builder_id.clone(),
            files_on_host: config.files_on_host,
            dockerfile_contents: !config.dockerfile.is_empty(),
            linked_repo: config.linked_repo.clone(),
            linked_repo_name: crate::repo::name(core, &config.linked_repo),
            repo_link: source.link(),
            git_provider: source.provider,
            repo: source.repo,
            branch: source.branch,
            built_hash: info.built_hash.clone(),
            latest_hash: info.latest_hash.clone(),
            image_registry_domain: registry.filter(|domain| !domain.is_empty()),
        }
    }

    fn passes(core: &Core, build: &Doc<Self>, specifics: &BuildQuerySpecifics) -> bool {
        let config = &build.config;
        one_of(&specifics.builder_ids, &config.builder_id)
            && one_of(&specifics.repos, &config.repo)
            && one_of(&specifics.linked_repos, &config.linked_repo)
            && build.info.last_built_at >= specifics.built_since
            && (specifics.states.is_empty() || specifics.states.contains(&state(core, build)))
    }

    fn with_names(core: &Core, mut config: BuildConfig) -> BuildConfig {
        config.builder_id = crate::builder::name(core, &config.builder_id);
        config.linked_repo = crate::repo::name(core, &config.linked_repo);
        config
    }

    async fn before_delete(
        core: &Arc<Core>,
        build: &Doc<Self>,
        commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        blank(commit, &core.catalog.deployments, "build", &mut notes, |deployment| {
            match &mut deployment.config.image {
                DeploymentImage::Build { build_id, .. } if build_id == build.id.as_str() => {
                    build_id.clear();
                    true
                }
                _ => false,
            }
        })?;
        for server in crate::builder::servers(core, &build.config.builder_id) {
            let ask = DeleteRepo { name: build.name.clone(), is_build: true };
            let on = crate::server::name(core, &server);
            notes.push(match core.agents.request(&server, ask, Ask::default()).await {
                Ok(log) if log.success => format!("its folder on {on} was removed"),
                Ok(log) => format!("its folder on {on} is still there: {}", log.stderr),
                Err(error) => format!("its folder on {on} is still there: {error}"),
            });
        }
        Ok(notes)
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        files::refresh_soon(core, id);
    }

    fn hide_secrets(config: &mut BuildConfig) {
        config.webhook_secret.clear();
    }
}

/// The id of a build given by name or id, if the caller may see it. Empty stays
/// empty.
pub fn link(core: &Core, caller: &Caller, id_or_name: &str) -> Result<String> {
    let needed = access::need(PermissionLevel::Read, &[]);
    id_of::<Builds>(core, caller, "image.params.build_id", id_or_name, &needed)
}

/// The name of a build for people and resource files; empty where it is gone.
pub fn name(core: &Core, id: &str) -> String {
    core.catalog.builds.get(id).map(|build| build.name.clone()).unwrap_or_default()
}

/// Whether a build runs, or what came of its latest run.
pub fn state(core: &Core, build: &Doc<Builds>) -> BuildState {
    let target = Builds::target(build.id.as_str());
    if core.runs.working_on(&target).contains(&Operation::RunBuild) {
        return BuildState::Building;
    }
    match core.runs.last_success(&target) {
        Some(true) => BuildState::Ok,
        Some(false) => BuildState::Failed,
        None if build.info.last_built_at > 0 => BuildState::Ok,
        None => BuildState::Unknown,
    }
}
