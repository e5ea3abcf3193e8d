//! What a stack's files say now.
//!
//! Files in the configuration are read there, those of a repository in Core's own
//! clone of it. All others are on the host, so the agent is asked; so it is for a
//! repository that Core cannot read, as when only the host has an account for it.

use std::sync::Arc;

use varanus_proto::agent::compose::{Deployed, FilesChanged, GetComposeContentsOnHost};
use varanus_proto::agent::repo::PullOrCloneRepo;
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::git::RepoExecutionArgs;
use varanus_proto::entity::stack::{
    ComposeFile, Stack, StackFileRequires, StackInfo, StackRemoteFileContents, StackServiceNames,
};
use varanus_proto::stack_files::{compose_files, default_env, tracked};
use varanus_proto::{Error, Result};

use super::{Stacks, clone, fresh_project_name, git_token, server_of};
use crate::Core;
use crate::agent::Ask;
use crate::core::now;
use crate::git::Place;
use crate::resource;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Latest {
    pub contents: Vec<StackRemoteFileContents>,
    pub errors: Vec<FileContents>,
    pub hash: Option<String>,
    pub message: Option<String>,
    pub beside: Beside,
}

/// How the stack's own files that are not tracked differ from what is deployed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Beside {
    /// Not at all, as far as is known.
    #[default]
    Same,
    /// These did change.
    Differ(Vec<String>),
    /// What is deployed is not known.
    Unknown,
}

/// Whether the files are a part of the configuration.
pub(super) fn in_configuration(stack: &Stack) -> bool {
    let config = &stack.config;
    !config.files_on_host && config.linked_repo.is_empty() && config.repo.is_empty()
}

/// The files in the configuration.
pub(super) fn configured(stack: &Stack) -> Latest {
    let path = tracked(stack).into_iter().next().map(|file| file.path).unwrap_or_default();
    let contents = StackRemoteFileContents {
        path,
        contents: stack.config.file_contents.0.clone(),
        services: Vec::new(),
        requires: StackFileRequires::Redeploy,
    };
    Latest { contents: vec![contents], ..Latest::default() }
}

/// Reads the files as they are now. A fetch of a repository that began after
/// `since` (Unix milliseconds) is new enough.
async fn latest(core: &Core, stack: &Arc<Stack>, since: i64) -> Result<Latest> {
    if in_configuration(stack) {
        return Ok(configured(stack));
    }
    if let Some(place) = Place::of_stack(core, stack)?
        && place.is_reachable()
    {
        match clone::read(core, &place, std::slice::from_ref(stack), since, None).await {
            Ok(mut found) => return Ok(found.pop().unwrap_or_default()),
            Err(error) if stack.config.server_id.is_empty() => return Err(error),
            Err(error) => {
                let name = &stack.name;
                tracing::debug!(stack = name, %error, "Core cannot read a repository; the agent is asked");
            }
        }
    }
    from_agent(core, stack).await
}

pub(super) async fn from_agent(core: &Core, stack: &Stack) -> Result<Latest> {
    let server = server_of(core, stack)?;
    let mut latest = Latest::default();
    let mut run_directory = stack.config.run_directory.clone();
    if !stack.config.files_on_host {
        let (args, token) = repo_args(core, stack)?;
        let pull = PullOrCloneRepo {
            args,
            git_token: token,
            environment: Vec::new(),
            env_file_path: String::new(),
            on_clone: None,
            on_pull: None,
            skip_secret_interp: true,
            replacers: Vec::new(),
        };
        let pulled = core.agents.request(&server, pull, Ask::default()).await?.res;
        if let Some(failed) = pulled.logs.iter().find(|log| !log.success) {
            return Err(Error::failed(format!(
                "{}: {}{}",
                failed.stage, failed.stdout, failed.stderr
            )));
        }
        latest.hash = pulled.commit_hash;
        latest.message = pulled.commit_message;
        run_directory = format!("{}/{run_directory}", pulled.path.trim_end_matches('/'));
    }
    let read = GetComposeContentsOnHost {
        name: stack.name.clone(),
        run_directory,
        file_paths: tracked(stack),
        since_deploy: stack.config.files_on_host.then(|| Deployed {
            project: fresh_project_name(stack),
            compose_files: compose_files(stack).len(),
            env_file: default_env(&stack.config.env_file_path).to_owned(),
        }),
    };
    let read = core.agents.request(&server, read, Ask::default()).await?;
    latest.contents = read.contents;
    latest.errors = read.errors;
    latest.beside = match read.changed {
        Some(FilesChanged::Unknown) => Beside::Unknown,
        Some(FilesChanged::Paths(paths)) if !paths.is_empty() => Beside::Differ(paths),
        _ => Beside::Same,
    };
    Ok(latest)
}

/// How the agent gets the repository of a stack.
fn repo_args(core: &Core, stack: &Stack) -> Result<(RepoExecutionArgs, Option<String>)> {
    if !stack.config.linked_repo.is_empty() {
        let repo = resource::find::<crate::repo::Repos>(core, &stack.config.linked_repo)?;
        let token = git_token(core, &repo.config.git_provider, &repo.config.git_account)?;
        return Ok((RepoExecutionArgs::of_repo(&repo), token));
    }
    let config = &stack.config;
    let token = git_token(core, &config.git_provider, &config.git_account)?;
    Ok((RepoExecutionArgs::of_stack(stack), token))
}

/// The services that compose files declare. The files are what a person wrote;
/// a deploy learns more from compose itself.
pub(super) fn services(
    stack: &Stack,
    contents: &[StackRemoteFileContents],
) -> Result<Vec<StackServiceNames>> {
    let compose_files = compose_files(stack).len();
    let mut project = fresh_project_name(stack);
    let mut services: Vec<StackServiceNames> = Vec::new();
    for file in contents.iter().take(compose_files) {
        let parsed: ComposeFile = serde_yaml_ng::from_str(&file.contents).map_err(|error| {
            Error::invalid(format!("{} is not a compose file", file.path)).cause(error)
        })?;
        if let Some(name) = parsed.name
            && stack.config.project_name.is_empty()
            && stack.info.deployed_project_name.is_none()
        {
            project = name;
        }
        for (name, service) in parsed.services {
            let known = services.iter().position(|known| known.service_name == name);
            let at = known.unwrap_or_else(|| {
                services.push(StackServiceNames {
                    container_name: format!("{project}-{name}"),
                    service_name: name,
                    ..Default::default()
                });
                services.len() - 1
            });
            if let Some(container) = service.container_name {
                services[at].container_name = container;
            }
            if let Some(image) = service.image {
                services[at].image = image;
            }
        }
    }
    Ok(services)
}

/// Reads the files and keeps what they say; also what is wrong with them. A fetch
/// of a repository that began after `since` is new enough.
pub(super) async fn refresh(core: &Core, id: &str, since: i64) -> Result<Latest> {
    let stack = resource::find::<Stacks>(core, id)?;
    if in_configuration(&stack) && stack.config.file_contents.is_empty() {
        return Ok(Latest::default());
    }
    let mut latest = latest(core, &stack, since).await?;
    let mut found = stack.info.clone();
    note(&stack, &mut latest, &mut found);
    if found != stack.info {
        // Of what is there by now: a deploy may have ended meanwhile.
        resource::update_info::<Stacks>(core, id, |info| note(&stack, &mut latest, info)).await?;
    }
    Ok(latest)
}

/// Keeps what files say in what is known of their stack.
pub(super) fn note(stack: &Stack, latest: &mut Latest, info: &mut StackInfo) {
    let found = services(stack, &latest.contents);
    let told =
        |error: &Error| FileContents { path: stack.name.clone(), contents: error.to_string() };
    if let Err(error) = &found
        && !latest.errors.contains(&told(error))
    {
        latest.errors.push(told(error));
    }
    let in_ui = in_configuration(stack);
    if let Ok(mut found) = found {
        for service in &mut found {
            let known =
                info.latest_services.iter().find(|k| k.service_name == service.service_name);
            service.image_digest = known.and_then(|known| known.image_digest.clone());
        }
        info.latest_services = found;
    }
    info.missing_files = tracked(stack)
        .into_iter()
        .map(|file| file.path)
        .filter(|path| !latest.contents.iter().any(|file| file.path == *path))
        .filter(|_| !in_ui)
        .collect();
    info.remote_contents = (!in_ui).then(|| latest.contents.clone());
    info.remote_errors = (!latest.errors.is_empty()).then(|| latest.errors.clone());
    info.latest_hash.clone_from(&latest.hash);
    info.latest_message.clone_from(&latest.message);
}

/// A fetch so long before a change of the configuration is new enough for it:
/// a sync may make hundreds of stacks of one repository.
const RECENT: i64 = 30_000;

/// The same, behind the caller's back: after a push or a change of the files.
pub(crate) fn refresh_soon(core: &Arc<Core>, id: &str) {
    refresh_later(core, id, now());
}

/// The same after a change of the configuration.
pub(super) fn refresh_changed(core: &Arc<Core>, id: &str) {
    refresh_later(core, id, now() - RECENT);
}

fn refresh_later(core: &Arc<Core>, id: &str, since: i64) {
    let (core, id) = (core.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = refresh(&core, &id, since).await {
            tracing::debug!(stack = id, %error, "the files of a stack were not read");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_several_files_are_merged() {
        let file = |contents: &str| StackRemoteFileContents {
            contents: contents.into(),
            ..Default::default()
        };
        let mut stack = Stack { name: "my.app".into(), ..Stack::default() };
        stack.config.file_paths = vec!["a.yaml".to_owned(), "b.yaml".to_owned()].into();
        let files = [
            file("services:\n  web:\n    image: nginx\n  db:\n    image: postgres\n"),
            file("services:\n  web:\n    image: nginx:2\n    container_name: front\n"),
            file("this: is not compose\n"),
        ];
        let found = services(&stack, &files).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|s| (s.service_name.as_str(), s.container_name.as_str(), s.image.as_str()))
            .collect();
        assert_eq!(found, [("web", "front", "nginx:2"), ("db", "my_app-db", "postgres")]);
    }
}
