//! Putting a stack's files in place, and finding them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varanus_proto::agent::compose::WriteCommitComposeContents;
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::file::SystemCommand;
use varanus_proto::entity::git::{RepoExecutionArgs, RepoExecutionResponse};
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::stack::{Stack, StackFileDependency, StackRemoteFileContents};
use varanus_proto::entity::update::Log;
use varanus_proto::environment::parse_environment;
use varanus_proto::stack_files::{compose_files, default_env};
use varanus_proto::{Context, Error, Result};

use crate::agent::{Agent, below, folder_name};
use crate::apart::exists;
use crate::confine;
use crate::git::{Edit, Remote};
use crate::repo::{self, Request};
use crate::secrets;
use crate::sops;
use crate::work::{Work, log};

/// A stack's files, in place.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Placed {
    /// The folder that compose runs in.
    pub folder: PathBuf,
    /// What no link may lead out of, where others than the host's owner filled
    /// the folder: a clone, or the stack's own folder.
    pub root: Option<PathBuf>,
    /// The stages so far.
    pub logs: Vec<Log>,
    /// The env file, relative to the folder, if there is one.
    pub env_file: Option<String>,
    /// The commit, for files from a repository.
    pub hash: Option<String>,
    /// Its message.
    pub message: Option<String>,
}

impl Placed {
    /// The folder of a hook's path: no link leads it out of the root.
    pub async fn hook_folder(&self, hook: &SystemCommand) -> Result<PathBuf> {
        let folder = below(&self.folder, &hook.path)?;
        match &self.root {
            Some(root) => confine::inside(root, &folder).await.context("the path of a hook"),
            None => Ok(folder),
        }
    }

    /// Runs a person's own command there. Nothing to run gives no log.
    pub async fn run_hook(
        &self,
        agent: &Agent,
        work: &Work,
        stage: &str,
        hook: &SystemCommand,
    ) -> Result<Option<Log>> {
        repo::run_hook(agent, work, stage, hook, &self.hook_folder(hook).await?).await
    }

    /// Whether every stage succeeded.
    pub fn success(&self) -> bool {
        self.logs.iter().all(|log| log.success)
    }
}

/// What the request brought beside the stack.
#[derive(Default)]
pub struct Sources {
    /// The linked repo.
    pub repo: Option<Repo>,
    /// The token for the repository.
    pub git_token: Option<String>,
}

/// The folder of a stack whose files are on the host.
pub fn host_folder(agent: &Agent, name: &str, run_directory: &str) -> Result<PathBuf> {
    // An absolute run directory is a person's own choice of another place.
    Ok(agent.config.stacks().join(folder_name(name)?).join(run_directory))
}

/// Writes, clones or finds the files of a stack.
pub async fn place(agent: &Agent, work: &Work, stack: &Stack, sources: Sources) -> Result<Placed> {
    let config = &stack.config;
    let mut placed = Placed::default();
    if config.files_on_host {
        placed.folder = host_folder(agent, &stack.name, &config.run_directory)?;
    } else if let Some(linked) = &sources.repo {
        let request = Request {
            args: RepoExecutionArgs::of_repo(linked),
            token: sources.git_token,
            environment: parse_environment(&linked.config.environment)
                .context("the environment of the linked repo")?,
            env_file_path: linked.config.env_file_path.clone(),
            on_clone: Some(linked.config.on_clone.clone()),
            on_pull: Some(linked.config.on_pull.clone()),
        };
        fetch(agent, work, request, config, &mut placed).await?;
    } else if !config.repo.is_empty() {
        let request = Request {
            args: RepoExecutionArgs::of_stack(stack),
            token: sources.git_token,
            environment: Vec::new(),
            env_file_path: String::new(),
            on_clone: None,
            on_pull: None,
        };
        fetch(agent, work, request, config, &mut placed).await?;
    } else {
        place_own(agent, work, stack, &mut placed).await?;
    }
    if !placed.success() {
        return Ok(placed);
    }
    placed.folder = tokio::fs::canonicalize(&placed.folder).await.map_err(|error| {
        Error::invalid(format!(
            "the run directory {} is not there; check run_directory, and the repository or host",
            placed.folder.display()
        ))
        .cause(error)
    })?;
    write_env(agent, work, stack, &mut placed).await?;
    Ok(placed)
}

async fn fetch(
    agent: &Agent,
    work: &Work,
    request: Request,
    config: &varanus_proto::entity::stack::StackConfig,
    placed: &mut Placed,
) -> Result<()> {
    let root = repo::folder(agent, &request.args)?;
    let fetched = repo::fetch(agent, work, request, config.reclone).await?.res;
    placed.folder = below(&root, &config.run_directory)?;
    if fetched.logs.iter().all(|log| log.success) {
        confine::inside(&root, &placed.folder).await.context("run_directory")?;
    }
    placed.root = Some(root);
    placed.logs = fetched.logs;
    placed.hash = fetched.commit_hash;
    placed.message = fetched.commit_message;
    Ok(())
}

/// Writes a file of a stack's repository, commits it in a person's name and
/// pushes it.
pub async fn commit(
    agent: &Agent,
    work: &Work,
    request: WriteCommitComposeContents,
) -> Result<RepoExecutionResponse> {
    let WriteCommitComposeContents { stack, repo, username, file_path, contents, git_token } =
        request;
    let args = match &repo {
        Some(linked) => RepoExecutionArgs::of_repo(linked),
        None => RepoExecutionArgs::of_stack(&stack),
    };
    let token = git_token.or_else(|| repo::configured_token(agent, &args));
    let remote = Remote::new(&args, token.as_deref())?;
    let root = repo::folder(agent, &args)?;
    let path = below(Path::new(&stack.config.run_directory), &file_path)?.display().to_string();
    let path = path.trim_start_matches("./").to_owned();
    let author = username.unwrap_or_default();
    let who = if author.is_empty() { "varanus" } else { &author };
    let message = format!("[Varanus] {who}: update \"{path}\"");
    let edit = Edit { author: &author, message: &message, files: &[(path, contents)] };
    let committed = agent.git.commit(work, &remote, &root, &edit).await;
    Ok(RepoExecutionResponse {
        path: root.display().to_string(),
        logs: committed.logs,
        commit_hash: committed.hash,
        commit_message: committed.message,
    })
}

async fn place_own(agent: &Agent, work: &Work, stack: &Stack, placed: &mut Placed) -> Result<()> {
    if stack.config.file_contents.trim().is_empty() {
        return Err(Error::invalid(format!(
            "stack {:?} has no compose file: fill in its contents, or set a repo or files on host",
            stack.name
        )));
    }
    placed.folder = agent.config.stacks().join(folder_name(&stack.name)?);
    let file = below(&placed.folder, &compose_files(stack)[0])?;
    let file = confine::writable(&placed.folder, &file).await?;
    placed.root = Some(placed.folder.clone());
    let contents = repo::fill(agent, work, &stack.config.file_contents).context("file_contents")?;
    repo::write_secret_file(&file, contents.as_bytes()).await?;
    placed.logs.push(log("Write Compose File", Ok(format!("wrote {}", file.display()))));
    Ok(())
}

async fn write_env(agent: &Agent, work: &Work, stack: &Stack, placed: &mut Placed) -> Result<()> {
    let name = default_env(&stack.config.env_file_path);
    let mut file = below(&placed.folder, name)?;
    let environment =
        parse_environment(&stack.config.environment).context("the stack's environment")?;
    if let Some(root) = &placed.root {
        file = match environment.is_empty() {
            true => confine::inside(root, &file).await,
            false => confine::writable(root, &file).await,
        }
        .context("env_file_path")?;
    }
    if environment.is_empty() {
        placed.env_file = exists(&file).await.then(|| name.to_owned());
        return Ok(());
    }
    let log = repo::write_environment(agent, work, &environment, &file).await;
    placed.logs.push(log);
    placed.env_file = Some(name.to_owned());
    Ok(())
}

/// Reads files below a folder; those that cannot be read are told apart. With a
/// root, nothing outside of it is read, whatever links there are, except where
/// the stack's own configuration gives an absolute path.
pub async fn read(
    root: Option<&Path>,
    folder: &Path,
    files: &[StackFileDependency],
) -> (Vec<StackRemoteFileContents>, Vec<FileContents>) {
    let (mut contents, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match read_one(root, folder, &file.path).await {
            Ok(text) => contents.push(StackRemoteFileContents {
                path: file.path.clone(),
                contents: text,
                services: file.services.clone(),
                requires: file.requires,
            }),
            Err(error) => {
                errors.push(FileContents { path: file.path.clone(), contents: error.to_string() })
            }
        }
    }
    (contents, errors)
}

/// Whether the env files that nobody reads here are inside of the root too:
/// compose reads them.
pub async fn check_env_files(placed: &Placed, stack: &Stack) -> Result<()> {
    let Some(root) = &placed.root else { return Ok(()) };
    let relative = stack.config.additional_env_files.iter().map(|file| Path::new(&file.path));
    for path in relative.filter(|path| path.is_relative()) {
        confine::inside(root, &placed.folder.join(path)).await.context("additional_env_files")?;
    }
    Ok(())
}

async fn read_one(root: Option<&Path>, folder: &Path, path: &str) -> Result<String> {
    let given = Path::new(path);
    let place = folder.join(given);
    // What is read is kept and shown. The encrypted file says when it changes, and
    // is there before a hook has decrypted it.
    if let Some(from) = secrets::encrypted_of(&place).await {
        return Ok(sops::in_place_of(&from));
    }
    match given.is_absolute() {
        true => confine::read(None, given).await,
        false => confine::read(root, &place).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_decrypted_file_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("app.env", "A=hunter2"),
            ("app.sops.env", "A=ENC"),
            ("new.sops.env", "N=ENC"),
            ("b.env", "B=1"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let wanted = ["app.env", "./app.env", "new.env", "app.sops.env", "b.env"]
            .map(|path| StackFileDependency { path: path.into(), ..Default::default() });
        let (read, errors) = read(Some(folder.path()), folder.path(), &wanted).await;
        let texts: Vec<_> = read.iter().map(|file| file.contents.as_str()).collect();
        let hidden = "# decrypted from app.sops.env, and not shown\n";
        let new = "# decrypted from new.sops.env, and not shown\n";
        assert_eq!((texts, errors.len()), (vec![hidden, hidden, new, "A=ENC", "B=1"], 0));
    }
}
