//! Where a build's files are, and its Dockerfile.

use std::path::{Path, PathBuf};

use varanus_proto::entity::build::Build;
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::git::RepoExecutionArgs;
use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::update::Log;
use varanus_proto::image::is_of_git;
use varanus_proto::{Context as _, Error, Result};

use crate::agent::{Agent, below, folder_name};
use crate::confine;
use crate::fill::Filler;
use crate::repo;
use crate::work::log;

/// Docker's own name for it.
const DOCKERFILE: &str = "Dockerfile";

/// A build's files, in place.
pub struct Placed {
    /// Everything is below it: a clone, or the build's own folder.
    pub root: PathBuf,
    /// The folder that is built: the context.
    pub folder: PathBuf,
    /// The Dockerfile, as docker is told of it.
    pub dockerfile: String,
    /// Stages on the way.
    pub logs: Vec<Log>,
}

/// The name of the Dockerfile.
fn name(path: &str) -> &str {
    if path.is_empty() { DOCKERFILE } else { path }
}

/// The folder that Komodo 2.3 gives a build on its host. An absolute path is a
/// person's own choice of another place.
fn host_folder(agent: &Agent, build: &str, path: &str) -> Result<PathBuf> {
    Ok(agent.config.builds().join(folder_name(build)?).join(path))
}

/// Finds the files, which Core has had fetched before, or writes the Dockerfile
/// that is configured.
pub async fn place(
    agent: &Agent,
    build: &Build,
    linked: Option<&Repo>,
    filler: &Filler<'_>,
) -> Result<Placed> {
    let config = &build.config;
    let dockerfile = name(&config.dockerfile_path).to_owned();
    let mut logs = Vec::new();
    let (root, folder) = if config.files_on_host {
        let folder = host_folder(agent, &build.name, &config.build_path)?;
        (folder.clone(), folder)
    } else if is_of_git(config) {
        let args = match linked {
            Some(repo) => RepoExecutionArgs::of_repo(repo),
            None => RepoExecutionArgs::of_build(build),
        };
        let root = repo::folder(agent, &args)?;
        let folder = below(&root, &config.build_path).context("build_path")?;
        (root, folder)
    } else {
        if config.dockerfile.trim().is_empty() {
            return Err(Error::invalid(format!(
                "build {:?} has nothing to build: write its Dockerfile, or set a repo or files on \
                 host",
                build.name
            )));
        }
        let root = agent.config.builds().join(folder_name(&build.name)?);
        let folder = below(&root, &config.build_path).context("build_path")?;
        make(&folder).await?;
        let file = confine::writable(&root, &below(&folder, &dockerfile)?).await?;
        let contents = filler.fill(&config.dockerfile).context("dockerfile")?;
        repo::write_secret_file(&file, contents.as_bytes()).await?;
        logs.push(log("Write Dockerfile", Ok(format!("wrote {}", file.display()))));
        (root, folder)
    };
    let folder = tokio::fs::canonicalize(&folder).await.map_err(|error| {
        Error::invalid(format!(
            "the folder to build, {}, is not there; check build_path, and the repository or host",
            folder.display()
        ))
        .cause(error)
    })?;
    if !config.files_on_host {
        confine::inside(&root, &folder).await.context("build_path")?;
        let file = below(&folder, &dockerfile)?;
        confine::inside(&root, &file).await.context("dockerfile_path")?;
    }
    Ok(Placed { root, folder, dockerfile, logs })
}

async fn make(folder: &Path) -> Result<()> {
    // Without its dots: a folder `x/.` cannot be made.
    let folder: PathBuf = folder.components().collect();
    tokio::fs::create_dir_all(&folder).await.map_err(|error| {
        Error::failed(format!("the folder {} cannot be made", folder.display())).cause(error)
    })
}

/// Reads the Dockerfile of a build whose files are on this host. What belongs to
/// a repository stays inside of it.
pub async fn read(
    agent: &Agent,
    build: &str,
    path: &str,
    dockerfile: &str,
) -> Result<FileContents> {
    let file = host_folder(agent, build, path)?.join(name(dockerfile));
    let contents = confine::read(root_of(agent, &file).as_deref(), &file).await?;
    Ok(FileContents { path: file.display().to_string(), contents })
}

/// Writes it.
pub async fn write(
    agent: &Agent,
    build: &str,
    path: &str,
    dockerfile: &str,
    contents: &str,
) -> Result<Log> {
    let file = host_folder(agent, build, path)?.join(name(dockerfile));
    if let Some(folder) = file.parent() {
        make(folder).await?;
    }
    let file = match root_of(agent, &file) {
        Some(root) => confine::writable(&root, &file).await?,
        None => file,
    };
    repo::write_secret_file(&file, contents.as_bytes()).await?;
    Ok(log("Write File", Ok(format!("wrote {}", file.display()))))
}

/// The folder below those of clones and builds in which a file is.
fn root_of(agent: &Agent, file: &Path) -> Option<PathBuf> {
    [agent.config.repos(), agent.config.builds()].into_iter().find_map(|base| {
        let first = file.strip_prefix(&base).ok()?.components().next()?;
        Some(base.join(first))
    })
}
