//! A deploy that would change nothing starts nothing.
//!
//! After a deploy that succeeded a record is kept: a digest of everything that
//! the deploy depended on ([`key`]), the containers that were there, and the
//! images that their references stood for. The next deploy reads the files
//! ([`reads`]) and asks the engine and, where the person wants new images, the
//! registries. When all of that is as it was, compose has nothing to do. Whatever
//! is not known for sure is a reason to deploy.

mod key;
mod reads;
pub mod since;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_yaml_ng::Value;
use varanus_proto::agent::compose::DeployStackResponse;
use varanus_proto::entity::stack::{Stack, StackServiceNames};
use varanus_proto::environment::parse_command;
use varanus_proto::stack_files::compose_files;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::Placed;
use super::up::project_name;
use crate::agent::{Agent, folder_name};
use crate::apart::apart;
use crate::docker::{Part, Standing};
use crate::repo::{self, write_secret_file};

/// Arguments of `up` that ask for nothing when nothing changed, and whether a
/// value follows.
const HARMLESS: &[(&str, bool)] = &[
    ("-d", false),
    ("--detach", false),
    ("--wait", false),
    ("--wait-timeout", true),
    ("--remove-orphans", false),
    ("--quiet-pull", false),
    ("--no-build", false),
    ("--timeout", true),
    ("-t", true),
    ("--scale", true),
];

/// What a deploy that succeeded left.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// Of everything it depended on.
    digest: String,
    /// The project's containers.
    containers: Vec<Part>,
    /// What the references of their images stood for.
    images: BTreeMap<String, Image>,
    /// As that deploy answered.
    pub services: Vec<StackServiceNames>,
    /// As that deploy answered.
    pub merged_config: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Image {
    id: String,
    /// Whether a deploy asks its registry for a newer one.
    pulled: bool,
}

/// A deploy that may turn out to change nothing.
pub struct Question<'a> {
    agent: &'a Agent,
    stack: &'a Stack,
    services: &'a [String],
    placed: &'a Placed,
    project: String,
    command: Vec<String>,
    engine: String,
}

/// Why this stack is deployed anew each time; `None` when it need not be.
pub fn never(stack: &Stack) -> Option<&'static str> {
    let config = &stack.config;
    let given = |hook| !repo::hook_command(hook).is_empty();
    let extra = config.extra_args.iter().map(|line| shlex::split(line)).collect::<Option<Vec<_>>>();
    let extra = extra.map(|lines| lines.concat());
    [
        (config.force_deploy, "force_deploy is set"),
        (config.destroy_before_deploy, "destroy_before_deploy is set"),
        (config.run_build, "run_build is set"),
        (given(&config.post_deploy), "it has a post_deploy command"),
        (crate::secrets::is_own_hook(stack), "it has a pre_deploy command"),
        (!parse_command(&config.compose_cmd_wrapper).is_empty(), "it has a compose_cmd_wrapper"),
        (!extra.is_some_and(|words| harmless(&words)), "its extra_args may ask for more"),
    ]
    .into_iter()
    .find_map(|(is, why)| is.then_some(why))
}

fn harmless(words: &[String]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((&**word, None), |(n, v)| (n, Some(v)));
        match HARMLESS.iter().find(|(known, _)| *known == name) {
            Some((_, true)) if value.is_none() && words.next().is_none() => return false,
            Some(_) => {}
            None => return false,
        }
    }
    true
}

fn folder(agent: &Agent) -> PathBuf {
    agent.config.root_directory.join("deployed")
}

fn file(agent: &Agent, project: &str) -> Result<PathBuf> {
    Ok(folder(agent).join(format!("{}.json", folder_name(project)?)))
}

/// The next deploy of a project goes its whole way.
pub async fn forget(agent: &Agent, project: &str) {
    if let Ok(file) = file(agent, project) {
        let _ = tokio::fs::remove_file(file).await;
    }
}

impl Record {
    /// How many containers there are.
    pub fn containers(&self) -> usize {
        self.containers.len()
    }
}

impl<'a> Question<'a> {
    /// About a stack whose files are in place. `None` when it is deployed anyway.
    pub async fn new(
        agent: &'a Agent,
        stack: &'a Stack,
        services: &'a [String],
        placed: &'a Placed,
    ) -> Option<Self> {
        if let Some(why) = never(stack) {
            tracing::debug!(stack = stack.name, why, "deployed anew each time");
            return None;
        }
        let engine = agent.docker.engine().await.ok()?;
        let project = project_name(stack);
        let env_file = super::raise::env_file(stack, placed).await;
        let compose = Compose::new(agent, stack, &project, &placed.folder, env_file);
        let mut command = super::command::compose(agent, []).argv;
        command.extend(compose.options.iter().cloned());
        Some(Self { agent, stack, services, placed, project, command, engine })
    }

    /// The digest of everything as it is now.
    async fn digest(&self) -> Result<String> {
        let (within, compose) = (self.placed.folder.clone(), compose_files(self.stack));
        let more = self.stack.config.additional_env_files.iter().map(|file| file.path.clone());
        let mut more: Vec<_> = more.chain(self.placed.env_file.clone()).collect();
        more.extend(self.stack.config.config_files.iter().map(|file| file.path.clone()));
        let decrypted = crate::secrets::decrypted(self.stack, self.placed).await?;
        let read = move || {
            let mut files = reads::files(&within, &compose)?;
            for path in more.iter().map(|path| within.join(path)).chain(decrypted) {
                let contents = std::fs::read(&path).map_err(|error| error.to_string())?;
                files.insert(path, Some(contents));
            }
            Ok::<_, reads::Unknown>(files)
        };
        let files = apart(read).await?.map_err(Error::failed)?;
        let secret = key::secret(&folder(self.agent)).await?;
        let inputs = key::Inputs {
            stack: self.stack,
            services: self.services,
            project: &self.project,
            command: &self.command,
            folder: &self.placed.folder,
            environment: crate::process::inherited(),
            engine: &self.engine,
            files: &files,
        };
        Ok(inputs.digest(&secret))
    }

    /// The record of the last deploy, when nothing is different now.
    pub async fn unchanged(&self, registry_token: Option<&str>) -> Option<Record> {
        match self.compare(registry_token).await {
            Ok(record) => Some(record),
            Err(reason) => {
                tracing::debug!(stack = self.stack.name, %reason, "there is something to deploy");
                None
            }
        }
    }

    async fn compare(&self, registry_token: Option<&str>) -> Result<Record> {
        let text = tokio::fs::read(file(self.agent, &self.project)?)
            .await
            .map_err(|error| Error::not_found("there is no record").cause(error))?;
        let record: Record = serde_json::from_slice(&text)
            .map_err(|error| Error::invalid("the record is unreadable").cause(error))?;
        if record.digest != self.digest().await? {
            return Err(Error::failed("its files or settings have changed"));
        }
        let found = self.agent.docker.project(&self.project).await?;
        if found != record.containers {
            return Err(Error::failed("its containers are not those of the last deploy"));
        }
        self.images_hold(&record.images).await?;
        self.none_is_newer(&record.images, registry_token).await?;
        Ok(record)
    }

    /// Every reference still stands for the same image on this host.
    async fn images_hold(&self, images: &BTreeMap<String, Image>) -> Result<()> {
        let hold = images.iter().map(async |(reference, image)| {
            match self.agent.docker.resolve(reference).await?.0 == image.id {
                true => Ok(()),
                false => Err(Error::failed(format!("{reference} is another image now"))),
            }
        });
        try_join_all(hold).await.map(drop)
    }

    /// No registry has a newer image of those that would be pulled.
    async fn none_is_newer(
        &self,
        images: &BTreeMap<String, Image>,
        token: Option<&str>,
    ) -> Result<()> {
        let config = &self.stack.config;
        let pulled = images.iter().filter(|(name, image)| image.pulled && !name.contains('@'));
        let same = pulled.map(async |(reference, _)| {
            let docker = &self.agent.docker;
            let own = !config.registry_provider.is_empty()
                && reference.starts_with(&format!("{}/", config.registry_provider));
            let account = own.then(|| config.registry_account.clone());
            let token = token.filter(|_| own).map(str::to_owned);
            let latest = docker.latest_digest(reference, account, token).await?.digest;
            let known = docker.resolve(reference).await?.1;
            let same = known.iter().any(|name| name.rsplit('@').next() == Some(&*latest));
            match same {
                true => Ok(()),
                false => Err(Error::failed(format!("there is a newer {reference}"))),
            }
        });
        try_join_all(same).await.map(drop)
    }

    /// What is to be compared after the deploy with how it is before it.
    pub async fn before(&self) -> Option<String> {
        self.digest().await.ok()
    }

    /// Keeps the record of a deploy that succeeded, if all it depended on is
    /// still as it was before. What cannot be compared the next time has none.
    pub async fn keep(&self, before: Option<String>, answer: &DeployStackResponse, merged: &str) {
        if let Err(reason) = self.try_keep(before, answer, merged).await {
            tracing::debug!(stack = self.stack.name, %reason, "the next deploy goes its whole way");
        }
    }

    async fn try_keep(
        &self,
        before: Option<String>,
        answer: &DeployStackResponse,
        merged: &str,
    ) -> Result<()> {
        let digest = self.digest().await?;
        if before.as_deref() != Some(digest.as_str()) {
            return Err(Error::failed("something has changed during the deploy"));
        }
        let containers = self.agent.docker.project(&self.project).await?;
        let well = |part: &Part| part.standing != Standing::Other;
        if containers.is_empty() || !containers.iter().all(well) {
            return Err(Error::failed("not every container is up"));
        }
        let images = images(merged, &containers, self.stack.config.auto_pull)?;
        let mut known = BTreeMap::new();
        for (reference, pulled) in images {
            let (id, _) = self.agent.docker.resolve(&reference).await?;
            known.insert(reference, Image { id, pulled });
        }
        let record = Record {
            digest,
            containers,
            images: known,
            services: answer.services.clone(),
            merged_config: answer.merged_config.clone(),
        };
        let text = serde_json::to_vec(&record)
            .map_err(|error| Error::internal("a record cannot be written").cause(error))?;
        write_secret_file(&file(self.agent, &self.project)?, &text).await
    }
}

/// The references of the images of a project's containers, from the merged
/// configuration, and whether a deploy asks a registry for each.
fn images(merged: &str, containers: &[Part], auto_pull: bool) -> Result<BTreeMap<String, bool>> {
    let merged: Value = serde_yaml_ng::from_str(merged)
        .map_err(|error| Error::failed("compose printed no configuration").cause(error))?;
    let mut images = BTreeMap::new();
    let names: HashSet<&str> = containers.iter().map(|part| part.service.as_str()).collect();
    for name in names {
        let service = merged.get("services").and_then(|services| services.get(name));
        let service = service.ok_or_else(|| Error::failed(format!("{name:?} is no service")))?;
        if ["build", "provider"].iter().any(|section| service.get(section).is_some()) {
            return Err(Error::failed(format!("{name:?} is built")));
        }
        let text = |field: &str| service.get(field).and_then(Value::as_str);
        let image = text("image").ok_or_else(|| Error::failed(format!("{name:?} has no image")))?;
        let pulled = match text("pull_policy") {
            Some("never") => false,
            Some("missing" | "if_not_present") => auto_pull && is_latest(image),
            None | Some("") => auto_pull,
            Some("build") => return Err(Error::failed(format!("{name:?} is built"))),
            Some(_) => true,
        };
        *images.entry(image.to_owned()).or_default() |= pulled;
    }
    Ok(images)
}

/// Whether a reference has the tag `latest`, or none: such are pulled although
/// they are there.
fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests;
