//! Running a build, and ending one.

use std::sync::Arc;

use varanus_proto::agent::build as agent;
use varanus_proto::agent::repo::PullOrCloneRepo;
use varanus_proto::api::execute::build::{BatchRunBuild, CancelBuild, RunBuild};
use varanus_proto::api::execute::deployment::Deploy;
use varanus_proto::entity::build::Build;
use varanus_proto::entity::deployment::{DeploymentImage, DeploymentState};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::git::RepoExecutionArgs;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::update::{Operation, UpdateStatus};
use varanus_proto::environment::parse_environment;
use varanus_proto::image::{is_of_git, names, registries};
use varanus_proto::{Context as _, Error, Result, Version};

use super::Builds;
use crate::Core;
use crate::agent::Ask;
use crate::auth::{Caller, ServiceUser};
use crate::builder::{Lease, lease};
use crate::core::now;
use crate::http::{Api, Call};
use crate::interpolate::Interpolator;
use crate::resource::{self, Kind};
use crate::run::{self, Run, batch::batch, executions, submit};
use crate::stack::{git_token, registry_token};

/// The name that a build's version has in its own texts: `[[$VERSION]]`.
const VERSION: &str = "$VERSION";

pub(super) fn api(api: &mut Api) {
    executions!(api, RunBuild);
    api.on(|call: Call, request: CancelBuild| async move {
        // Who asks to end what does not run is told at once, as by Komodo 2.3.
        let level = PermissionLevel::Execute;
        let build = resource::get::<Builds>(&call.core, &call.caller, &request.build, level)?;
        running(&call.core, build.id.as_str(), &build.name)?;
        submit(&call.core, &call.caller, Execution::CancelBuild(request), Default::default()).await
    });
    api.on(|call: Call, request: BatchRunBuild| async move {
        let BatchRunBuild { pattern, tags } = request;
        batch::<Builds>(&call.core, &call.caller, &pattern, &tags, |build| {
            Execution::RunBuild(RunBuild { build })
        })
        .await
    });
}

/// Does an execution on a build. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::RunBuild(_) => build(core, run).await,
        Execution::CancelBuild(_) => cancel(core, run),
        _ => return None,
    })
}

/// The runs that build now and that nobody has ended yet.
fn running(core: &Core, id: &str, name: &str) -> Result<Vec<Arc<Run>>> {
    let mut found = core.runs.on(&Builds::target(id));
    found.retain(|run| {
        let update = run.update();
        update.operation == Operation::RunBuild
            && update.status == UpdateStatus::InProgress
            && !run.cancel.is_cancelled()
    });
    match found.is_empty() {
        true => Err(Error::conflict(format!("build {name:?} does not run"))),
        false => Ok(found),
    }
}

/// The runs that need not go on when an execution was accepted: a push is built
/// as it is then, and what is built of an older one is of no use (contract §2).
pub fn superseded(core: &Core, execution: &Execution) -> Vec<Arc<Run>> {
    match execution {
        Execution::RunBuild(request) => running(core, &request.build, "").unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn cancel(core: &Core, run: &Run) -> Result<()> {
    let build = resource::find::<Builds>(core, run.target.id())?;
    run::cancel_on(core, run, Operation::RunBuild, None, &format!("build {:?}", build.name))
}

/// The commit that is built.
#[derive(Default)]
pub(super) struct Commit {
    pub hash: Option<String>,
    pub message: Option<String>,
    /// Where the repository is on the builder.
    pub path: String,
}

/// What a build that succeeded found out.
struct Built {
    /// The version before.
    before: Version,
    version: Version,
    commit: Commit,
    contents: Option<String>,
    /// Unix milliseconds.
    at: i64,
}

/// Tells an agent that nobody wants a build any more: an unmodified one does not
/// know that from the request that is given up.
struct Wanted<'a> {
    core: &'a Arc<Core>,
    lease: Option<Lease>,
    id: String,
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        // What ends by itself must not be ended by its name: that may be the next
        // build's by then.
        let unaware = |lease: &Lease| !self.core.agents.withdraws(&lease.server);
        let Some(lease) = self.lease.take().filter(unaware) else { return };
        let (core, id) = (self.core.clone(), std::mem::take(&mut self.id));
        tokio::spawn(async move {
            let request = agent::CancelBuild { id };
            if let Err(error) = core.agents.request(&lease.server, request, Ask::default()).await {
                tracing::debug!(builder = lease.name, %error, "a builder was not told to stop");
            }
        });
    }
}

async fn build(core: &Arc<Core>, run: &Arc<Run>) -> Result<()> {
    let build = resource::find::<Builds>(core, run.target.id())?;
    let mut build = (*build).clone();
    let before = build.config.version;
    if build.config.auto_increment_version {
        build.config.version.patch += 1;
    }
    let version = build.config.version;
    let lease = lease(core, &build.config.builder_id, &run.update().other_data)?;
    run.amend(|update| {
        update.version = version;
        update.other_data.clone_from(&lease.server);
    });
    run.info("Builder", format!("building version {version} on {}", lease.name));
    let registry_tokens = tokens(core, &build)?;
    let names = names(&build)?;
    let mut repo = match build.config.linked_repo.as_str() {
        "" => None,
        id => Some((*resource::find::<crate::repo::Repos>(core, id)?).clone()),
    };
    let mut replacers = Vec::new();
    if !build.config.skip_secret_interp {
        let mut fill = Interpolator::new(core);
        fill.set(VERSION, version.to_string());
        let config = &mut build.config;
        fill.fill_lines("build_args", &mut config.build_args.0)?;
        fill.fill_lines("secret_args", &mut config.secret_args.0)?;
        fill.fill_lines("labels", &mut config.labels.0)?;
        fill.fill("dockerfile", &mut config.dockerfile)?;
        fill.fill("image_tag", &mut config.image_tag)?;
        fill.fill("pre_build.command", &mut config.pre_build.command.0)?;
        fill.fill_all("extra_args", &mut config.extra_args)?;
        if let Some(repo) = repo.as_mut().filter(|repo| !repo.config.skip_secret_interp) {
            crate::repo::fill(&mut fill, repo)?;
        }
        replacers = fill.finish(run);
    }
    let commit = match is_of_git(&build.config) {
        true => fetch(core, Some(run), &lease, &build, repo.as_ref(), &replacers).await?,
        false => Commit::default(),
    };
    if run.failed() {
        return Ok(());
    }
    run.amend(|update| update.commit_hash = commit.hash.clone().unwrap_or_default());
    // Nothing on a host has a use for these.
    build.config.webhook_secret.clear();
    if let Some(repo) = &mut repo {
        repo.config.webhook_secret.clear();
    }
    // As it was before anything was filled in.
    let in_ui = super::files::in_configuration(&build);
    let stored = core.catalog.builds.get(run.target.id()).filter(|_| in_ui);
    let contents = stored.map(|build| build.config.dockerfile.clone());
    let request = agent::Build {
        build,
        repo,
        registry_tokens,
        replacers,
        commit_hash: commit.hash.clone(),
        additional_tags: Vec::new(),
    };
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let server = lease.server.clone();
    let mut wanted = Wanted { core, lease: Some(lease), id: run.target.id().to_owned() };
    let logs = core.agents.request(&server, request, ask).await;
    let _lease = wanted.lease.take();
    run.extend(logs?);
    if run.failed() {
        return Ok(());
    }
    let built = Built { before, version, commit, contents, at: now() };
    note(core, run.target.id(), &built).await?;
    for image in names {
        core.digests.forget(&image);
    }
    redeploy(core, run, version).await;
    Ok(())
}

/// The tokens of the accounts that the image is pushed with. An account that
/// Core does not know may be one of the agent's own.
fn tokens(core: &Core, build: &Build) -> Result<Vec<(String, String, String)>> {
    let known = registries(build)?.into_iter().filter_map(|registry| {
        let (domain, account) = (&registry.domain, &registry.account);
        let token = registry_token(core, domain, account).ok().flatten()?;
        Some((domain.clone(), account.clone(), token))
    });
    Ok(known.collect())
}

/// Has the builder fetch the repository of a build.
pub(super) async fn fetch(
    core: &Arc<Core>,
    run: Option<&Arc<Run>>,
    lease: &Lease,
    build: &Build,
    linked: Option<&Repo>,
    replacers: &[(String, String)],
) -> Result<Commit> {
    let config = &build.config;
    let own = PullOrCloneRepo {
        args: RepoExecutionArgs::of_build(build),
        git_token: None,
        environment: Vec::new(),
        env_file_path: String::new(),
        on_clone: None,
        on_pull: None,
        skip_secret_interp: config.skip_secret_interp,
        replacers: replacers.to_vec(),
    };
    let request = match linked {
        None => {
            let git_token = git_token(core, &config.git_provider, &config.git_account)?;
            PullOrCloneRepo { git_token, ..own }
        }
        Some(repo) => {
            let linked = &repo.config;
            let environment = parse_environment(&linked.environment)
                .context("the environment of the linked repo")?;
            PullOrCloneRepo {
                args: RepoExecutionArgs::of_repo(repo),
                git_token: git_token(core, &linked.git_provider, &linked.git_account)?,
                environment,
                env_file_path: linked.env_file_path.clone(),
                on_clone: run.map(|_| linked.on_clone.clone()),
                on_pull: run.map(|_| linked.on_pull.clone()),
                skip_secret_interp: linked.skip_secret_interp,
                ..own
            }
        }
    };
    let ask = Ask { run: run.cloned(), ..Ask::default() };
    let fetched = core.agents.request(&lease.server, request, ask).await?.res;
    match run {
        Some(run) => run.extend(fetched.logs),
        None => {
            if let Some(failed) = fetched.logs.iter().find(|log| !log.success) {
                let said = format!("{}{}", failed.stdout, failed.stderr);
                return Err(Error::failed(format!("{}: {}", failed.stage, said.trim())));
            }
        }
    }
    let (hash, message) = (fetched.commit_hash, fetched.commit_message);
    Ok(Commit { hash, message, path: fetched.path })
}

/// Keeps what a build that succeeded found out. Its version counts from now on.
async fn note(core: &Core, id: &str, built: &Built) -> Result<()> {
    loop {
        let noted = note_once(core, id, built).await;
        if !crate::run::try_again(&noted, "what a build found out").await {
            return noted;
        }
    }
}

async fn note_once(core: &Core, id: &str, built: &Built) -> Result<()> {
    let _edit = core.edit().await;
    let Some(before) = core.catalog.builds.get(id) else { return Ok(()) };
    let mut after = (*before).clone();
    // What a person set meanwhile stays.
    if before.config.version == built.before {
        after.config.version = built.version;
    }
    let (info, commit) = (&mut after.info, &built.commit);
    info.last_built_at = built.at;
    info.built_hash.clone_from(&commit.hash);
    info.built_message.clone_from(&commit.message);
    info.built_contents = built.contents.clone().or_else(|| info.remote_contents.clone());
    if commit.hash.is_some() {
        info.latest_hash.clone_from(&commit.hash);
        info.latest_message.clone_from(&commit.message);
    }
    let mut commit = crate::Commit::new();
    commit.put(&core.catalog.builds, id, after)?;
    commit.commit(&*core.store).await
}

/// Deploys what runs an older image of the build, where that is wanted. Each is
/// a run of its own; the build does not wait for them.
async fn redeploy(core: &Arc<Core>, run: &Run, version: Version) {
    let id = run.target.id();
    let concerned = core.catalog.deployments.select(|deployment| {
        deployment.config.redeploy_on_build
            && !deployment.template
            && matches!(
                &deployment.config.image,
                // One that stays at a version has nothing new.
                DeploymentImage::Build { build_id, version: wanted }
                    if build_id == id && (wanted.is_none() || *wanted == version)
            )
    });
    let mut lines = Vec::new();
    for deployment in concerned {
        use DeploymentState as S;
        let state = crate::deployment::state(core, &deployment);
        if matches!(state, S::NotDeployed | S::Exited | S::Unknown) {
            lines.push(format!("{} is not redeployed: it is {state}", deployment.name));
            continue;
        }
        let execution = Execution::Deploy(Deploy {
            deployment: deployment.id.to_string(),
            ..Default::default()
        });
        let caller = Caller::from(ServiceUser::AutoRedeploy);
        lines.push(match submit(core, &caller, execution, Default::default()).await {
            Ok(update) => format!("{} is redeployed: update {}", deployment.name, update.id),
            Err(error) => format!("{} cannot be redeployed: {error}", deployment.name),
        });
    }
    if !lines.is_empty() {
        run.info("Redeploy", lines.join("\n"));
    }
}
