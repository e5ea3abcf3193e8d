//! Repositories on this host: where they are, and what is run after a pull.

use std::path::{Path, PathBuf};

use varanus_proto::agent::repo::PeripheryRepoExecutionResponse;
use varanus_proto::entity::file::SystemCommand;
use varanus_proto::entity::git::{DefaultRepoFolder, RepoExecutionArgs, RepoExecutionResponse};
use varanus_proto::entity::update::Log;
use varanus_proto::environment::parse_command;
use varanus_proto::interpolate::interpolate;
use varanus_proto::lenient::EnvironmentVar;
use varanus_proto::stack_files::default_env;
use varanus_proto::{Error, Result};

use crate::agent::{Agent, below, folder_name};
use crate::apart::exists;
use crate::confine;
pub use crate::confine::write_secret_file;
use crate::git::{Fetched, Remote};
use crate::process::Program;
use crate::work::{Work, log};

/// What a request says about a repository.
pub struct Request {
    /// Where it comes from and where it goes.
    pub args: RepoExecutionArgs,
    /// The token of the account.
    pub token: Option<String>,
    /// Variables to write into the env file.
    pub environment: Vec<EnvironmentVar>,
    /// The env file, relative to the repository.
    pub env_file_path: String,
    /// Run after a clone, before what is run after a pull.
    pub on_clone: Option<SystemCommand>,
    /// Run after a pull, and after a clone.
    pub on_pull: Option<SystemCommand>,
}

/// The folder a repository lives in.
pub fn folder(agent: &Agent, args: &RepoExecutionArgs) -> Result<PathBuf> {
    let base = match args.default_folder {
        DefaultRepoFolder::Stacks => agent.config.stacks(),
        DefaultRepoFolder::Builds => agent.config.builds(),
        DefaultRepoFolder::Repos => agent.config.repos(),
        DefaultRepoFolder::NotApplicable => PathBuf::from("/"),
    };
    let destination = args.destination.as_deref().unwrap_or_default();
    if Path::new(destination).is_absolute() {
        // A person's own choice: a clone that lives elsewhere on the host.
        return Ok(PathBuf::from(destination));
    }
    below(&base.join(folder_name(&args.name)?), destination)
}

/// Clones or pulls, writes the env file and runs the hook.
pub async fn fetch(
    agent: &Agent,
    work: &Work,
    mut request: Request,
    anew: bool,
) -> Result<PeripheryRepoExecutionResponse> {
    let path = folder(agent, &request.args)?;
    let token = request.token.take().or_else(|| configured_token(agent, &request.args));
    let remote = Remote::new(&request.args, token.as_deref())?;
    let is_new = anew || !exists(&path.join(".git")).await;
    let fetched = match anew {
        true => agent.git.clone(work, &remote, &path).await,
        false => agent.git.pull_or_clone(work, &remote, &path).await,
    };
    let Fetched { mut logs, hash, message } = fetched;
    let mut env_file_path = None;
    if logs.iter().all(|log| log.success) {
        if !request.environment.is_empty() {
            let file = below(&path, default_env(&request.env_file_path))?;
            let file = confine::writable(&path, &file).await?;
            logs.push(write_environment(agent, work, &request.environment, &file).await);
            env_file_path = Some(file.display().to_string());
        }
        // What a clone brings is new as well: a request for a clone has both.
        let on_clone = request.on_clone.as_ref().filter(|_| is_new);
        for (stage, hook) in [("On Clone", on_clone), ("On Pull", request.on_pull.as_ref())] {
            let Some(hook) = hook.filter(|_| logs.iter().all(|log| log.success)) else { continue };
            let folder = confine::inside(&path, &below(&path, &hook.path)?).await?;
            logs.extend(run_hook(agent, work, stage, hook, &folder).await?);
        }
    }
    let res = RepoExecutionResponse {
        logs,
        path: path.display().to_string(),
        commit_hash: hash,
        commit_message: message,
    };
    Ok(PeripheryRepoExecutionResponse { res, env_file_path })
}

/// Renames the folder of a repository that lives where Core put it.
pub async fn rename(agent: &Agent, from: &str, to: &str) -> Log {
    let moved = async {
        let repos = agent.config.repos();
        let (from, to) = (repos.join(folder_name(from)?), repos.join(folder_name(to)?));
        if !exists(&from).await {
            return Ok("the repository has no folder on this server".to_owned());
        }
        if exists(&to).await {
            return Err(Error::conflict(format!("{} is there already", to.display())));
        }
        tokio::fs::rename(&from, &to)
            .await
            .map_err(|error| Error::failed("the folder cannot be renamed").cause(error))?;
        Ok(format!("renamed {} to {}", from.display(), to.display()))
    };
    log("Rename Repo", moved.await)
}

/// Removes the folder of a repository or build.
pub async fn delete(agent: &Agent, name: &str, is_build: bool) -> Log {
    let removed = async {
        let base = if is_build { agent.config.builds() } else { agent.config.repos() };
        let folder = base.join(folder_name(name)?);
        crate::git::remove(&folder).await?;
        Ok(format!("removed {}", folder.display()))
    };
    log("Delete Repo", removed.await)
}

/// The token of the agent's own configuration, where Core has none.
pub fn configured_token(agent: &Agent, args: &RepoExecutionArgs) -> Option<String> {
    let account = args.account.as_deref()?;
    let host = agent.config.git_providers.iter().find(|known| known.domain == args.provider)?;
    let known = host.accounts.iter().find(|known| known.username == account)?;
    Some(known.token.expose().clone())
}

/// Whether a variable of this name holds a secret, as people name them. Others
/// are not hidden: that would garble every line that has their value.
pub(crate) fn is_named_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL"].iter().any(|part| name.contains(part))
}

/// Writes an env file with this agent's secrets filled in, 0600.
pub async fn write_environment(
    agent: &Agent,
    work: &Work,
    environment: &[EnvironmentVar],
    file: &Path,
) -> Log {
    const STAGE: &str = "Write Environment File";
    let mut text = String::new();
    for variable in environment {
        match fill(agent, work, &variable.value) {
            Ok(value) => {
                text.push_str(&format!("{}={value}\n", variable.variable));
                if is_named_secret(&variable.variable) && value.len() >= 6 {
                    work.redactor.add(value.trim_matches(['"', '\'']), &variable.variable);
                }
            }
            Err(error) => {
                return log(
                    STAGE,
                    Err(error.context(format!("the variable {}", variable.variable))),
                );
            }
        }
    }
    let written = write_secret_file(file, text.as_bytes()).await;
    log(STAGE, written.map(|()| format!("{} variables in {}", environment.len(), file.display())))
}

/// The third pass of interpolation: this agent's own secrets.
pub fn fill(agent: &Agent, _work: &Work, text: &str) -> Result<String> {
    if !text.contains("[[") {
        return Ok(text.to_owned());
    }
    let value = |name: &str| agent.config.secrets.get(name).map(|secret| secret.expose().as_str());
    Ok(interpolate(text, value)?.text)
}

/// What a shell is given of a person's own command; empty when there is none.
pub fn hook_command(hook: &SystemCommand) -> String {
    match hook.shell_mode {
        true => hook.command.trim().to_owned(),
        false => parse_command(&hook.command),
    }
}

/// Runs a person's own command in a folder. Nothing to run gives no log.
pub async fn run_hook(
    agent: &Agent,
    work: &Work,
    stage: &str,
    hook: &SystemCommand,
    folder: &Path,
) -> Result<Option<Log>> {
    let command = hook_command(hook);
    if command.is_empty() {
        return Ok(None);
    }
    let command = fill(agent, work, &command)?;
    let program = Program::shell(&command, agent.config.deadlines.hook.duration()).within(folder);
    Ok(Some(work.stage(stage, &program).await))
}
