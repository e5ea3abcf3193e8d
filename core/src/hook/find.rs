//! From the address of a delivery to the resource it is for, and what is to be
//! done with it. A kind of resource that takes webhooks has its arm here.

use varanus_proto::api::execute::action::RunAction;
use varanus_proto::api::execute::build::RunBuild;
use varanus_proto::api::execute::procedure::RunProcedure;
use varanus_proto::api::execute::repo::{BuildRepo, CloneRepo, PullRepo};
use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::api::execute::stack::{DeployStack, DeployStackIfChanged};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTarget;

use super::payload::short;
use crate::Core;
use crate::git::Place;

/// The branch that stands for all.
const ANY: &str = "__ANY__";

/// What a delivery is for.
pub struct Hooked {
    /// The resource.
    pub target: ResourceTarget,
    /// Its name.
    pub name: String,
    /// Whether it takes webhooks.
    pub enabled: bool,
    /// Its own secret; empty for Core's.
    pub secret: String,
    /// The branch that counts; `None` for every one.
    pub branch: Option<String>,
    /// What is to be done.
    pub doing: Doing,
}

/// What a delivery makes happen.
pub enum Doing {
    /// A run.
    Run(Execution),
    /// The files of the stack of this id are read anew.
    RefreshStack(String),
    /// What the sync of this id would do is found out anew.
    RefreshSync(String),
}

/// Finds what an address names. The error says what is wrong with it.
pub fn find(core: &Core, kind: &str, given: &str, option: &str) -> Result<Hooked, String> {
    match kind {
        "repo" => repo(core, given, option),
        "stack" => stack(core, given, option),
        "procedure" => procedure(core, given, option),
        "sync" => sync(core, given, option),
        "build" => build(core, given, option),
        "action" => action(core, given, option),
        _ => Err(format!(
            "{:?} takes no webhooks; those that do are repo, stack, procedure, build, sync \
             and action",
            short(kind)
        )),
    }
}

/// The branch of a repository that something is in, if it is in one.
pub fn place(core: &Core, target: &ResourceTarget) -> Option<Place> {
    let catalog = &core.catalog;
    match target {
        ResourceTarget::Repo(id) => Some(Place::of_repo(&*catalog.repos.get(id)?)),
        ResourceTarget::Stack(id) => Place::of_stack(core, &*catalog.stacks.get(id)?).ok()?,
        ResourceTarget::Build(id) => Place::of_build(core, &*catalog.builds.get(id)?).ok()?,
        ResourceTarget::ResourceSync(id) => Place::of_sync(core, &*catalog.syncs.get(id)?).ok()?,
        _ => None,
    }
}

fn missing(kind: &str, given: &str) -> String {
    let given = short(given);
    format!("there is no {kind} {given:?}; check the webhook's address")
}

fn wrong_option(option: &str, good: &str) -> String {
    let option = short(option);
    format!("the address ends with {option:?}; it must end with {good}")
}

fn repo(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let repo = core.catalog.repos.get(given).ok_or_else(|| missing("repo", given))?;
    let id = repo.id.to_string();
    let execution = match option {
        "clone" => Execution::CloneRepo(CloneRepo { repo: id.clone() }),
        "pull" => Execution::PullRepo(PullRepo { repo: id.clone() }),
        "build" => Execution::BuildRepo(BuildRepo { repo: id.clone() }),
        _ => return Err(wrong_option(option, "clone, pull or build")),
    };
    Ok(Hooked {
        target: ResourceTarget::Repo(id),
        name: repo.name.clone(),
        enabled: repo.config.webhook_enabled,
        secret: repo.config.webhook_secret.clone(),
        branch: Some(repo.config.branch.clone()),
        doing: Doing::Run(execution),
    })
}

fn stack(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let stack = core.catalog.stacks.get(given).ok_or_else(|| missing("stack", given))?;
    let (id, config) = (stack.id.to_string(), &stack.config);
    let doing = match option {
        "refresh" => Doing::RefreshStack(id.clone()),
        "deploy" if config.webhook_force_deploy => {
            Doing::Run(Execution::DeployStack(DeployStack {
                stack: id.clone(),
                services: Vec::new(),
                stop_time: None,
            }))
        }
        "deploy" => Doing::Run(Execution::DeployStackIfChanged(DeployStackIfChanged {
            stack: id.clone(),
            stop_time: None,
        })),
        _ => return Err(wrong_option(option, "refresh or deploy")),
    };
    // A linked repository says which branch it is at.
    let linked = match config.linked_repo.as_str() {
        "" => None,
        linked => core.catalog.repos.get(linked),
    };
    let branch = linked.map_or_else(|| config.branch.clone(), |repo| repo.config.branch.clone());
    Ok(Hooked {
        target: ResourceTarget::Stack(id),
        name: stack.name.clone(),
        enabled: config.webhook_enabled,
        secret: config.webhook_secret.clone(),
        branch: Some(branch),
        doing,
    })
}

fn build(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let build = core.catalog.builds.get(given).ok_or_else(|| missing("build", given))?;
    if !option.is_empty() {
        return Err(wrong_option(option, "the build's name"));
    }
    let (id, config) = (build.id.to_string(), &build.config);
    let linked = core.catalog.repos.get(&config.linked_repo);
    let branch = linked.map_or_else(|| config.branch.clone(), |repo| repo.config.branch.clone());
    Ok(Hooked {
        target: ResourceTarget::Build(id.clone()),
        name: build.name.clone(),
        enabled: config.webhook_enabled,
        secret: config.webhook_secret.clone(),
        branch: Some(branch),
        doing: Doing::Run(Execution::RunBuild(RunBuild { build: id })),
    })
}

fn sync(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let sync = core.catalog.syncs.get(given).ok_or_else(|| missing("sync", given))?;
    let (id, config) = (sync.id.to_string(), &sync.config);
    let doing = match option {
        "refresh" => Doing::RefreshSync(id.clone()),
        "sync" => Doing::Run(Execution::RunSync(RunSync {
            sync: id.clone(),
            resource_type: None,
            resources: None,
            confirm: false,
        })),
        _ => return Err(wrong_option(option, "refresh or sync")),
    };
    let linked = core.catalog.repos.get(&config.linked_repo);
    let branch = linked.map_or_else(|| config.branch.clone(), |repo| repo.config.branch.clone());
    Ok(Hooked {
        target: ResourceTarget::ResourceSync(id),
        name: sync.name.clone(),
        enabled: config.webhook_enabled,
        secret: config.webhook_secret.clone(),
        branch: Some(branch),
        doing,
    })
}

/// What the delivery says becomes arguments of the action.
fn action(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let action = core.catalog.actions.get(given).ok_or_else(|| missing("action", given))?;
    if option.is_empty() {
        return Err(wrong_option(option, "a branch, or __ANY__ for every branch"));
    }
    let id = action.id.to_string();
    Ok(Hooked {
        target: ResourceTarget::Action(id.clone()),
        name: action.name.clone(),
        enabled: action.config.webhook_enabled,
        secret: action.config.webhook_secret.clone(),
        branch: (option != ANY).then(|| option.to_owned()),
        doing: Doing::Run(Execution::RunAction(RunAction { action: id, args: None })),
    })
}

fn procedure(core: &Core, given: &str, option: &str) -> Result<Hooked, String> {
    let procedure =
        core.catalog.procedures.get(given).ok_or_else(|| missing("procedure", given))?;
    if option.is_empty() {
        return Err(wrong_option(option, "a branch, or __ANY__ for every branch"));
    }
    let id = procedure.id.to_string();
    Ok(Hooked {
        target: ResourceTarget::Procedure(id.clone()),
        name: procedure.name.clone(),
        enabled: procedure.config.webhook_enabled,
        secret: procedure.config.webhook_secret.clone(),
        branch: (option != ANY).then(|| option.to_owned()),
        doing: Doing::Run(Execution::RunProcedure(RunProcedure { procedure: id })),
    })
}
