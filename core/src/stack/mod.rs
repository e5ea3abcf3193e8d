//! Stacks: compose projects on a server.
//!
//! [`deploy`] brings one up, [`contents`] finds out what its files say now,
//! [`changed`] decides what a change asks for, and [`decide`] does so for many at
//! once; [`own`] says which files of a repository are a stack's.

pub mod changed;
mod check;
mod clone;
mod contents;
mod decide;
mod deploy;
mod execute;
mod own;
mod requests;
mod tokens;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::entity::permission::SpecificPermission;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::stack::{
    PartialStackConfig, StackConfig, StackInfo, StackListItemInfo, StackQuerySpecifics,
    StackServiceWithUpdate, StackState,
};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

pub use check::check;
pub use clone::Compared;
pub(crate) use contents::refresh_soon;
pub use decide::settled;
pub use execute::perform;
pub use requests::api;
pub use tokens::{git_token, registry_token};

use crate::Core;
use crate::agent::Ask;
use crate::auth::Caller;
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::{Doc, Kind, refer::one_of};

/// The kind.
pub struct Stacks;

#[async_trait]
impl Kind for Stacks {
    type Config = StackConfig;
    type Info = StackInfo;
    type ListInfo = StackListItemInfo;
    type Specifics = StackQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Stack;
    const CREATOR_SPECIFICS: &'static [SpecificPermission] =
        &[SpecificPermission::Inspect, SpecificPermission::Logs, SpecificPermission::Terminal];

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.stacks
    }

    fn normalize_name(name: &str) -> String {
        compose_name(name)
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        crate::resource::any_user_may_create(core, caller)
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialStackConfig,
    ) -> Result<()> {
        if let Some(server) = &mut partial.server_id {
            *server = crate::server::attach(core, caller, server)?;
        }
        if let Some(repo) = &mut partial.linked_repo {
            *repo = crate::repo::link(core, caller, repo)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, stack: &Doc<Self>) -> StackListItemInfo {
        let config = &stack.config;
        let StackConfig { git_provider, git_https, repo, branch, .. } = config;
        let source = crate::repo::Source::new(git_provider, *git_https, repo, branch)
            .unless_linked(core, &config.linked_repo);
        let status = core.observed.server(&config.server_id);
        let on_host = status.docker.as_ref();
        StackListItemInfo {
            swarm_id: config.swarm_id.clone(),
            swarm_name: String::new(),
            server_id: config.server_id.clone(),
            server_name: crate::server::name(core, &config.server_id),
            files_on_host: config.files_on_host,
            file_contents: !config.file_contents.is_empty(),
            linked_repo: config.linked_repo.clone(),
            linked_repo_name: crate::repo::name(core, &config.linked_repo),
            repo_link: source.link(),
            git_provider: source.provider,
            repo: source.repo,
            branch: source.branch,
            state: state(core, stack),
            status: on_host.and_then(|docker| {
                let project = project_name(stack);
                docker.projects.iter().find(|p| p.name == project)?.status.clone()
            }),
            services: crate::observe::services(stack)
                .iter()
                .map(|service| StackServiceWithUpdate {
                    service: service.service_name.clone(),
                    image: service.image.clone(),
                    latest_image: service.image_digest.as_ref().map(|digest| digest.0.clone()),
                    update_available: check::update_available(&status, service),
                })
                .collect(),
            auto_update_all_services: config.auto_update_all_services,
            project_missing: stack.info.deployed_services.is_some()
                && status.containers().is_some()
                && on_host.is_some_and(|docker| {
                    let project = project_name(stack);
                    !docker.projects.iter().any(|p| p.name == project)
                }),
            missing_files: stack.info.missing_files.clone(),
            deployed_hash: stack.info.deployed_hash.clone(),
            latest_hash: stack.info.latest_hash.clone(),
        }
    }

    fn passes(core: &Core, stack: &Doc<Self>, specifics: &StackQuerySpecifics) -> bool {
        let config = &stack.config;
        one_of(&specifics.server_ids, &config.server_id)
            && one_of(&specifics.swarm_ids, &config.swarm_id)
            && one_of(&specifics.linked_repos, &config.linked_repo)
            && one_of(&specifics.repos, &config.repo)
            && (specifics.states.is_empty() || specifics.states.contains(&state(core, stack)))
            && (!specifics.update_available || {
                let status = core.observed.server(&config.server_id);
                crate::observe::services(stack).iter().any(|s| check::update_available(&status, s))
            })
    }

    fn hide_secrets(config: &mut StackConfig) {
        config.webhook_secret.clear();
    }

    fn with_names(core: &Core, mut config: StackConfig) -> StackConfig {
        config.server_id = crate::server::name(core, &config.server_id);
        if let Some(repo) = core.catalog.repos.get(&config.linked_repo) {
            config.linked_repo.clone_from(&repo.name);
        }
        config
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        contents::refresh_changed(core, id);
    }

    async fn before_delete(
        core: &Arc<Core>,
        stack: &Doc<Self>,
        _commit: &mut Commit,
    ) -> Result<Vec<String>> {
        if matches!(state(core, stack), StackState::Down | StackState::Unknown) {
            return Ok(Vec::new());
        }
        let down = execute::compose(stack, "down --remove-orphans");
        let log = core.agents.request(&stack.config.server_id, down, Ask::default()).await;
        crate::observe::poke(core, &stack.config.server_id);
        Ok(vec![match log {
            Ok(log) => format!("took it down:\n{}{}", log.stdout, log.stderr),
            Err(error) => format!("its containers could not be taken down: {error}"),
        }])
    }
}

/// The name of the compose project: as deployed, else as configured.
pub fn project_name(stack: &Doc<Stacks>) -> String {
    match &stack.info.deployed_project_name {
        Some(deployed) if !deployed.is_empty() => deployed.clone(),
        _ => fresh_project_name(stack),
    }
}

/// The name of the compose project as the next deploy will have it.
pub fn fresh_project_name(stack: &Doc<Stacks>) -> String {
    match stack.config.project_name.is_empty() {
        true => compose_name(&stack.name),
        false => compose_name(&stack.config.project_name),
    }
}

/// A name in the form that compose takes.
pub fn compose_name(name: &str) -> String {
    let name: String = name
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .collect();
    name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// What a stack is doing: deploying, or what its containers say.
pub fn state(core: &Core, stack: &Doc<Stacks>) -> StackState {
    let deploying =
        core.runs.working_on(&Stacks::target(stack.id.as_str())).iter().any(|operation| {
            matches!(operation, Operation::DeployStack | Operation::DeployStackService)
        });
    match deploying {
        true => StackState::Deploying,
        false => crate::observe::stack_state(stack, &core.observed.server(&stack.config.server_id)),
    }
}

/// The server of a stack, if it can be asked.
fn server_of(core: &Core, stack: &Doc<Stacks>) -> Result<String> {
    if !stack.config.swarm_id.is_empty() {
        return Err(Error::invalid(format!(
            "stack {:?} is on a swarm, which this version cannot deploy to yet",
            stack.name
        )));
    }
    if stack.config.server_id.is_empty() {
        return Err(Error::invalid(format!(
            "stack {:?} has no server; set one in its configuration",
            stack.name
        )));
    }
    crate::server::reachable(core, &stack.config.server_id)?;
    Ok(stack.config.server_id.clone())
}
