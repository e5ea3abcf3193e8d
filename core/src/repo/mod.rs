//! Repos: git repositories that servers have a clone of.

mod execute;
mod latest;
mod requests;
mod source;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::agent::repo::DeleteRepo;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::repo::{
    PartialRepoConfig, Repo, RepoConfig, RepoInfo, RepoListItemInfo, RepoQuerySpecifics, RepoState,
};
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;

pub use execute::perform;
pub use latest::moved;
pub use requests::api;
pub use source::Source;

use crate::Core;
use crate::agent::Ask;
use crate::auth::{Caller, access};
use crate::catalog::{Catalog, Commit, Table};
use crate::interpolate::Interpolator;
use crate::resource::refer::{blank, clear, id_of, one_of};
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Repos;

#[async_trait]
impl Kind for Repos {
    type Config = RepoConfig;
    type Info = RepoInfo;
    type ListInfo = RepoListItemInfo;
    type Specifics = RepoQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Repo;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.repos
    }

    fn normalize_name(name: &str) -> String {
        name.trim().replace([' ', '\n'], "_")
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        crate::resource::any_user_may_create(core, caller)
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialRepoConfig,
    ) -> Result<()> {
        if let Some(server) = &mut partial.server_id {
            *server = crate::server::attach(core, caller, server)?;
        }
        if let Some(builder) = &mut partial.builder_id {
            *builder = crate::builder::attach(core, caller, builder)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, repo: &Doc<Self>) -> RepoListItemInfo {
        let config = &repo.config;
        let scheme = if config.git_https { "https" } else { "http" };
        let (cloned_hash, cloned_message) = latest::cloned(&repo.info);
        RepoListItemInfo {
            server_id: config.server_id.clone(),
            server_name: crate::server::name(core, &config.server_id),
            builder_id: config.builder_id.clone(),
            last_pulled_at: repo.info.last_pulled_at,
            last_built_at: repo.info.last_built_at,
            git_provider: config.git_provider.clone(),
            repo: config.repo.clone(),
            branch: config.branch.clone(),
            repo_link: format!("{scheme}://{}/{}", config.git_provider, config.repo),
            state: state(core, repo),
            cloned_hash,
            cloned_message,
            built_hash: repo.info.built_hash.clone(),
            latest_hash: repo.info.latest_hash.clone(),
        }
    }

    fn passes(core: &Core, repo: &Doc<Self>, specifics: &RepoQuerySpecifics) -> bool {
        one_of(&specifics.repos, &repo.config.repo)
            && one_of(&specifics.server_ids, &repo.config.server_id)
            && (specifics.states.is_empty() || specifics.states.contains(&state(core, repo)))
    }

    fn hide_secrets(config: &mut RepoConfig) {
        config.webhook_secret.clear();
    }

    fn with_names(core: &Core, mut config: RepoConfig) -> RepoConfig {
        config.server_id = crate::server::name(core, &config.server_id);
        config.builder_id = crate::builder::name(core, &config.builder_id);
        config
    }

    async fn before_rename(core: &Arc<Core>, repo: &Doc<Self>, name: &str) -> Result<()> {
        // Where the clone was moved too, the next pull finds it; elsewhere it
        // clones anew.
        if !repo.config.server_id.is_empty() {
            let ask = varanus_proto::agent::repo::RenameRepo {
                curr_name: repo.name.clone(),
                new_name: name.to_owned(),
            };
            if let Err(error) =
                core.agents.request(&repo.config.server_id, ask, Ask::default()).await
            {
                tracing::warn!(repo = repo.name, %error, "the clone on the server was not renamed");
            }
        }
        Ok(())
    }

    async fn before_delete(
        core: &Arc<Core>,
        repo: &Doc<Self>,
        commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        let id = repo.id.as_str();
        blank(commit, &core.catalog.stacks, "linked repo", &mut notes, |stack| {
            clear(&mut stack.config.linked_repo, id)
        })?;
        blank(commit, &core.catalog.builds, "linked repo", &mut notes, |build| {
            clear(&mut build.config.linked_repo, id)
        })?;
        blank(commit, &core.catalog.syncs, "linked repo", &mut notes, |sync| {
            clear(&mut sync.config.linked_repo, id)
        })?;
        if !repo.config.server_id.is_empty() {
            let ask = DeleteRepo { name: repo.name.clone(), is_build: false };
            notes.push(
                match core.agents.request(&repo.config.server_id, ask, Ask::default()).await {
                    Ok(_) => "its clone on the server was removed".to_owned(),
                    Err(error) => format!("its clone on the server is still there: {error}"),
                },
            );
        }
        Ok(notes)
    }
}

/// The id of a repo given by name or id, if the caller may see it. Empty stays
/// empty.
pub fn link(core: &Core, caller: &Caller, id_or_name: &str) -> Result<String> {
    let needed = access::need(PermissionLevel::Read, &[]);
    id_of::<Repos>(core, caller, "linked_repo", id_or_name, &needed)
}

/// The name of a repo for people and resource files; empty where it is gone.
pub fn name(core: &Core, id: &str) -> String {
    core.catalog.repos.get(id).map(|repo| repo.name.clone()).unwrap_or_default()
}

/// What a repo is doing, or what came of the last time it was cloned or pulled.
pub fn state(core: &Core, repo: &Doc<Repos>) -> RepoState {
    for operation in core.runs.working_on(&Repos::target(repo.id.as_str())) {
        match operation {
            Operation::CloneRepo => return RepoState::Cloning,
            Operation::PullRepo => return RepoState::Pulling,
            Operation::BuildRepo => return RepoState::Building,
            _ => {}
        }
    }
    match core.runs.last_success(&Repos::target(repo.id.as_str())) {
        Some(true) => RepoState::Ok,
        Some(false) => RepoState::Failed,
        None if repo.info.last_pulled_at > 0 || repo.info.cloned_hash.is_some() => RepoState::Ok,
        None => RepoState::Unknown,
    }
}

/// Interpolates what a repo runs and writes.
pub fn fill(fill: &mut Interpolator, repo: &mut Repo) -> Result<()> {
    fill.fill("repo environment", &mut repo.config.environment.0)?;
    fill.fill("repo on_clone.command", &mut repo.config.on_clone.command.0)?;
    fill.fill("repo on_pull.command", &mut repo.config.on_pull.command.0)
}
