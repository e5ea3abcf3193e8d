//! What a sync deploys after its changes: the stacks and deployments that are
//! declared with `deploy = true`, for a reason, in waves.
//!
//! [`order`] puts them in waves, [`run`] deploys wave after wave, each when the
//! former is healthy ([`healthy`]). What is not known to be down is not deployed:
//! nobody is surprised by a restart because a host was away for a moment.

mod healthy;
mod order;
mod run;

use std::collections::HashMap;
use std::sync::Arc;

use varanus_proto::entity::deployment::{Deployment, DeploymentImage, DeploymentState};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant as Variant};
use varanus_proto::entity::resource_sync::SyncDeployTarget;
use varanus_proto::entity::stack::{Stack, StackState};
use varanus_proto::entity::toml::ResourceToml;
use varanus_proto::{Error, Result, image};

use super::declared::Declared;
use super::plan::{Change, Deed};
use super::sides::Scope;
use crate::Core;
use crate::deployment::Deployments;
use crate::resource::{Kind, Partial};
use crate::stack::{Stacks, changed};

use healthy::Ill;
use order::{Candidate, Name};
pub use run::{deploy, noted};

/// Fields of a stack that change what runs (Komodo 2.3, and what is ours).
const OF_STACK: &[&str] = &[
    "server_id",
    "server",
    "swarm_id",
    "project_name",
    "run_build",
    "skip_secret_interp",
    "linked_repo",
    "git_provider",
    "git_https",
    "git_account",
    "repo",
    "branch",
    "commit",
    "clone_path",
    "files_on_host",
    "run_directory",
    "file_paths",
    "env_file_path",
    "additional_env_files",
    "registry_provider",
    "registry_account",
    "pre_deploy",
    "post_deploy",
    "extra_args",
    "build_extra_args",
    "compose_cmd_wrapper",
    "compose_cmd_wrapper_include",
    "file_contents",
    "environment",
];

/// Fields of a deployment that do not change what runs.
const NOT_OF_DEPLOYMENT: &[&str] = &[
    "links",
    "poll_for_updates",
    "auto_update",
    "redeploy_on_build",
    "send_alerts",
    "term_signal_labels",
    "termination_signal",
    "termination_timeout",
];

/// What is to be deployed.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Waves, in their order.
    pub waves: Vec<Vec<Candidate>>,
}

impl Plan {
    /// As Komodo's API shows it. What is not there yet is told by its name.
    pub fn shown(&self, core: &Core) -> Vec<SyncDeployTarget> {
        let target = |name: &Name| ResourceTarget::new(name.0, id(core, name));
        self.waves
            .iter()
            .flatten()
            .map(|one| SyncDeployTarget {
                target: target(&one.name),
                reason: one.reason.clone().unwrap_or_default(),
                after: one.after.iter().map(target).collect(),
            })
            .collect()
    }

    /// In words, a line for each.
    pub fn told(&self) -> Vec<String> {
        let many = self.waves.len() > 1;
        let line = |(at, one): (usize, &Candidate)| {
            let Candidate { name: (kind, name), reason, .. } = one;
            let wave = if many { format!(" (wave {})", at + 1) } else { String::new() };
            format!("> {kind} {name:?} is deployed{wave}: {}", reason.as_deref().unwrap_or(""))
        };
        let each = self.waves.iter().enumerate();
        each.flat_map(|(at, wave)| wave.iter().map(move |one| (at, one))).map(line).collect()
    }
}

/// What has to be deployed once the changes are done.
///
/// Errors: `Invalid` for an `after` that names nothing, and for circles.
pub fn plan(core: &Core, files: &Declared, scope: &Scope, changes: &[Change]) -> Result<Plan> {
    let changes: HashMap<_, _> =
        changes.iter().map(|change| ((change.kind, change.name.as_str()), &change.deed)).collect();
    let mut candidates = Vec::new();
    for (name, declared) in wanted::<Stacks>(&files.stacks, scope) {
        let there = core.catalog.stacks.get(&name);
        let state = there.as_ref().map(|stack| state_of_stack(core, stack));
        let name = (Variant::Stack, name);
        candidates.push(candidate(core, files, name, &declared.after, &changes, state)?);
    }
    for (name, declared) in wanted::<Deployments>(&files.deployments, scope) {
        let there = core.catalog.deployments.get(&name);
        let state = there.as_ref().map(|one| state_of_deployment(core, one));
        let name = (Variant::Deployment, name);
        candidates.push(candidate(core, files, name, &declared.after, &changes, state)?);
    }
    Ok(Plan { waves: order::waves(candidates)? })
}

fn wanted<'a, K: Kind>(
    list: &'a [ResourceToml<Partial<K>>],
    scope: &Scope,
) -> Vec<(String, &'a ResourceToml<Partial<K>>)> {
    let named = list.iter().map(|declared| (K::normalize_name(&declared.name), declared));
    named
        .filter(|(name, declared)| {
            let takes = scope.takes(K::TARGET, name, None, &declared.tags);
            declared.deploy && !declared.template && takes
        })
        .collect()
}

/// Whether what is there has to be deployed, whatever changes.
enum State {
    /// It runs, as it should.
    Fine,
    /// For this reason.
    Needs(String),
    /// It must be left alone: nobody knows what it does, or it is deployed now.
    LeftAlone,
}

fn candidate(
    core: &Core,
    files: &Declared,
    name: Name,
    after: &[String],
    changes: &HashMap<(Variant, &str), &Deed>,
    state: Option<State>,
) -> Result<Candidate> {
    let deed = changes.get(&(name.0, name.1.as_str()));
    let changed = match deed {
        Some(Deed::Update(fields)) => {
            let said = fields.iter().filter_map(|field| field.name.strip_prefix("config."));
            let relevant: Vec<_> = said.filter(|field| changes_what_runs(name.0, field)).collect();
            (!relevant.is_empty()).then(|| format!("changed: {}", relevant.join(", ")))
        }
        _ => None,
    };
    let (reason, follows) = match state {
        None if matches!(deed, Some(Deed::Rename { .. })) => (None, true),
        None => (Some("it is new".to_owned()), true),
        Some(State::LeftAlone) => (None, false),
        Some(State::Needs(why)) => (Some(changed.unwrap_or(why)), true),
        Some(State::Fine) => (changed, true),
    };
    let mut found_after = Vec::new();
    for given in after {
        let found = named(core, files, given);
        if found.is_empty() {
            return Err(Error::invalid(format!(
                "{} {:?} is to be deployed after {given:?}, and no stack or deployment of that \
                 name is declared or there; correct its `after`",
                name.0, name.1
            )));
        }
        found_after.extend(found);
    }
    Ok(Candidate { name, after: found_after, reason, follows })
}

fn changes_what_runs(kind: Variant, field: &str) -> bool {
    let field = field.split('.').next().unwrap_or(field);
    match kind {
        Variant::Stack => OF_STACK.contains(&field),
        _ => !NOT_OF_DEPLOYMENT.contains(&field),
    }
}

/// The stacks and deployments of a name.
fn named(core: &Core, files: &Declared, given: &str) -> Vec<Name> {
    let stack = Stacks::normalize_name(given);
    let deployment = Deployments::normalize_name(given);
    let is_stack = core.catalog.stacks.get(&stack).is_some() || files.has(Variant::Stack, &stack);
    let is_deployment = core.catalog.deployments.get(&deployment).is_some()
        || files.has(Variant::Deployment, &deployment);
    let stack = is_stack.then_some((Variant::Stack, stack));
    let deployment = is_deployment.then_some((Variant::Deployment, deployment));
    stack.into_iter().chain(deployment).collect()
}

fn state_of_stack(core: &Core, stack: &Arc<Stack>) -> State {
    let status = core.observed.server(&stack.config.server_id);
    if core.runs.holder(&Stacks::target(stack.id.as_str())).is_some() {
        return State::LeftAlone;
    }
    let state = crate::observe::stack_state(stack, &status);
    // With services that ran to their end it is not "running", and as it should be.
    match (state, healthy::of_stack(&status, stack)) {
        (StackState::Unknown, _) => State::LeftAlone,
        // To deploy what has just begun would begin it again.
        (_, Ok(_) | Err(Ill::Begins(_))) => {
            let remote = stack.info.remote_contents.as_deref();
            let needed = |remote| changed::needed(&stack.info, remote, &changed::Beside::Same);
            match remote.map(needed) {
                None | Some(changed::Needed::Nothing) => State::Fine,
                Some(changed::Needed::Deploy(why)) => State::Needs(why),
                Some(_) => State::Needs("its files changed".to_owned()),
            }
        }
        (StackState::Running, Err(Ill::NotYet(why) | Ill::Failed(why))) => State::Needs(why),
        (state, _) => State::Needs(format!("it is {}", state.to_string().to_lowercase())),
    }
}

fn state_of_deployment(core: &Core, deployment: &Arc<Deployment>) -> State {
    if core.runs.holder(&Deployments::target(deployment.id.as_str())).is_some() {
        return State::LeftAlone;
    }
    match crate::deployment::state(core, deployment) {
        DeploymentState::Unknown | DeploymentState::Deploying => State::LeftAlone,
        DeploymentState::Running => match newer_build(core, deployment) {
            Some(why) => State::Needs(why),
            None => State::Fine,
        },
        DeploymentState::NotDeployed => State::Needs("it is not deployed".to_owned()),
        state => State::Needs(format!("it is {}", state.to_string().to_lowercase())),
    }
}

/// That a deployment of a build's latest version runs an older one.
fn newer_build(core: &Core, deployment: &Deployment) -> Option<String> {
    let DeploymentImage::Build { build_id, version } = &deployment.config.image else {
        return None;
    };
    if !version.is_none() {
        return None;
    }
    let build = core.catalog.builds.get(build_id)?;
    let status = core.observed.server(&deployment.config.server_id);
    let name = crate::deployment::container_name(deployment);
    let running = status.containers()?.iter().find(|container| container.name == name)?;
    let running = running.image.as_deref()?;
    let (latest, _, at) = image::deployed(&build, *version).ok()?;
    let same_name = running.rsplit_once(':')?.0 == latest.rsplit_once(':')?.0;
    (same_name && running != latest)
        .then(|| format!("it runs {running}, and build {:?} is at {at}", build.name))
}

fn id(core: &Core, (kind, name): &Name) -> String {
    crate::resource::resolve(core, &ResourceTarget::new(*kind, name.as_str()))
        .map_or_else(|| name.clone(), |target| target.id().to_owned())
}
