//! The Dockerfile of a build, as it is now: in the configuration, on the host of
//! a builder, or in a repository that the builder has cloned.

use std::path::Path;
use std::sync::Arc;

use varanus_host::confine;
use varanus_proto::agent::build::{GetDockerfileContentsOnHost, WriteDockerfileContentsToHost};
use varanus_proto::agent::compose::WriteCommitComposeContents;
use varanus_proto::api::write::build::{RefreshBuildCache, WriteBuildFileContents};
use varanus_proto::entity::build::{Build, BuildInfo, PartialBuildConfig};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::update::{Operation, Update};
use varanus_proto::image::is_of_git;
use varanus_proto::{Error, NoData, Result};

use super::Builds;
use super::execute::{Commit as Fetched, fetch};
use crate::Core;
use crate::agent::Ask;
use crate::builder::{Lease, lease};
use crate::catalog::Commit;
use crate::core::now;
use crate::git::{self, Place};
use crate::http::{Api, Call};
use crate::resource::{self, Kind};
use crate::run::{Audit, simple_log};
use crate::stack::git_token;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: RefreshBuildCache| async move {
        let (core, level) = (&call.core, PermissionLevel::Execute);
        let build = resource::get::<Builds>(core, &call.caller, &request.build, level)?;
        refresh(core, build.id.as_str(), now(), None).await?;
        Ok(NoData {})
    });
    api.on(
        |call: Call, request: WriteBuildFileContents| async move { write(&call, request).await },
    );
}

/// Whether the Dockerfile is a part of the configuration.
pub(super) fn in_configuration(build: &Build) -> bool {
    !build.config.files_on_host && !is_of_git(&build.config)
}

fn linked(core: &Core, build: &Build) -> Option<Arc<Repo>> {
    core.catalog.repos.get(&build.config.linked_repo)
}

/// The folder of the Dockerfile as an agent is told of it.
fn folder(build: &Build, fetched: &Fetched) -> String {
    match fetched.path.as_str() {
        "" => build.config.build_path.clone(),
        path => format!("{}/{}", path.trim_end_matches('/'), build.config.build_path),
    }
}

async fn fetched(core: &Arc<Core>, lease: &Lease, build: &Build) -> Result<Fetched> {
    match is_of_git(&build.config) {
        false => Ok(Fetched::default()),
        true => fetch(core, None, lease, build, linked(core, build).as_deref(), &[]).await,
    }
}

/// Reads the Dockerfile and keeps what it says, or what is wrong with it: in a
/// repository that Core can read from Core's own clone, else on a builder. A fetch
/// that began after `since` (Unix milliseconds) is new enough, and none is made
/// where the clone is at `head`.
pub async fn refresh(core: &Arc<Core>, id: &str, since: i64, head: Option<&str>) -> Result<()> {
    let build = resource::find::<Builds>(core, id)?;
    if in_configuration(&build) {
        return resource::update_info::<Builds>(core, id, |info| {
            info.remote_path = None;
            info.remote_contents = None;
            info.remote_error = None;
            info.latest_hash = None;
            info.latest_message = None;
        })
        .await;
    }
    if let Some(place) = Place::of_build(core, &build)?.filter(Place::is_reachable) {
        match read_clone(core, &build, &place, since, head).await {
            Ok(change) => return resource::update_info::<Builds>(core, id, change).await,
            Err(error) if build.config.builder_id.is_empty() => {
                let keep = |info: &mut BuildInfo| info.remote_error = Some(error.to_string());
                resource::update_info::<Builds>(core, id, keep).await?;
                return Err(error);
            }
            Err(error) => {
                let name = &build.name;
                tracing::debug!(build = name, %error, "Core cannot read a repository; a builder is asked");
            }
        }
    }
    // What is being built must not change on the way.
    if let Some(operation) = core.runs.holder(&Builds::target(id)) {
        return Err(Error::busy(format!("build {:?} is busy with {operation}", build.name)));
    }
    let lease = lease(core, &build.config.builder_id, "")?;
    let fetched = fetched(core, &lease, &build).await?;
    let ask = GetDockerfileContentsOnHost {
        name: build.name.clone(),
        build_path: folder(&build, &fetched),
        dockerfile_path: build.config.dockerfile_path.clone(),
    };
    let read = core.agents.request(&lease.server, ask, Ask::default()).await;
    resource::update_info::<Builds>(core, id, |info| {
        info.latest_hash = fetched.hash;
        info.latest_message = fetched.message;
        (info.remote_path, info.remote_contents, info.remote_error) = match read {
            Ok(file) => (Some(file.path), Some(file.contents), None),
            Err(error) => {
                (Some(build.config.dockerfile_path.clone()), None, Some(error.to_string()))
            }
        };
    })
    .await
}

/// What Core's own clone says of the Dockerfile.
async fn read_clone(
    core: &Core,
    build: &Build,
    place: &Place,
    since: i64,
    head: Option<&str>,
) -> Result<impl FnOnce(&mut BuildInfo)> {
    let clone = git::checkout_unless(core, place, since, head).await?;
    let name = match build.config.dockerfile_path.as_str() {
        "" => "Dockerfile",
        name => name,
    };
    let path = Path::new(build.config.build_path.trim_start_matches('/')).join(name);
    let read = confine::read(Some(&clone.path), &clone.path.join(&path)).await;
    let (hash, message) = (clone.hash.clone(), clone.message.clone());
    Ok(move |info: &mut BuildInfo| {
        (info.latest_hash, info.latest_message) = (Some(hash), Some(message));
        info.remote_path = Some(path.display().to_string());
        (info.remote_contents, info.remote_error) = match read {
            Ok(contents) => (Some(contents), None),
            Err(error) => (None, Some(error.to_string())),
        };
    })
}

/// The same, behind the caller's back: after a change of the configuration.
pub(super) fn refresh_soon(core: &Arc<Core>, id: &str) {
    let (core, id) = (core.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = refresh(&core, &id, now(), None).await {
            tracing::debug!(build = id, %error, "the Dockerfile was not read after a change");
        }
    });
}

/// Writes the Dockerfile where it is: into the configuration, onto the host, or
/// as a commit in the caller's name.
async fn write(call: &Call, request: WriteBuildFileContents) -> Result<Update> {
    let core = &call.core;
    let level = PermissionLevel::Write;
    let build = resource::get::<Builds>(core, &call.caller, &request.build, level)?;
    let (id, config) = (build.id.as_str(), &build.config);
    let mut audit = Audit::new(&call.caller, Operation::WriteDockerfile, Builds::target(id));
    if in_configuration(&build) {
        let config = PartialBuildConfig {
            dockerfile: Some(request.contents),
            ..PartialBuildConfig::default()
        };
        resource::update::<Builds>(core, &call.caller, id, config).await?;
        audit.push(simple_log("Write File", "the Dockerfile is in the configuration".into()));
    } else {
        let lease = lease(core, &config.builder_id, "")?;
        if config.files_on_host {
            let ask = WriteDockerfileContentsToHost {
                name: build.name.clone(),
                build_path: config.build_path.clone(),
                dockerfile_path: config.dockerfile_path.clone(),
                contents: request.contents,
            };
            audit.push(core.agents.request(&lease.server, ask, Ask::default()).await?);
        } else {
            let ask = commit(call, &lease, &build, request.contents).await?;
            for log in core.agents.request(&lease.server, ask, Ask::default()).await?.logs {
                audit.push(log);
            }
        }
        refresh_soon(core, id);
    }
    audit.commit(core, Commit::new()).await
}

/// What asks an agent to commit the Dockerfile. The protocol has this for files
/// of stacks alone, so that the clone of the build is described as one.
async fn commit(
    call: &Call,
    lease: &Lease,
    build: &Build,
    contents: String,
) -> Result<WriteCommitComposeContents> {
    let (core, config) = (&call.core, &build.config);
    let linked = linked(core, build);
    let mut repo = match &linked {
        Some(linked) => (**linked).clone(),
        None => {
            let fetched = fetched(core, lease, build).await?;
            let mut repo = Repo { name: build.name.clone(), ..Repo::default() };
            repo.config.git_provider.clone_from(&config.git_provider);
            repo.config.git_https = config.git_https;
            repo.config.git_account.clone_from(&config.git_account);
            repo.config.repo.clone_from(&config.repo);
            repo.config.branch.clone_from(&config.branch);
            repo.config.commit.clone_from(&config.commit);
            repo.config.path = fetched.path;
            repo
        }
    };
    repo.config.webhook_secret.clear();
    let git_token = git_token(core, &repo.config.git_provider, &repo.config.git_account)?;
    let mut stack = Stack { name: build.name.clone(), ..Stack::default() };
    stack.config.run_directory.clone_from(&config.build_path);
    Ok(WriteCommitComposeContents {
        stack,
        repo: Some(repo),
        username: Some(call.caller.user.username.clone()),
        file_path: match config.dockerfile_path.is_empty() {
            true => "Dockerfile".to_owned(),
            false => config.dockerfile_path.clone(),
        },
        contents,
        git_token,
    })
}
