//! Writing the files of a sync where they are: in the configuration, on Core's
//! host, or in the repository, with a commit in the caller's name.

use std::path::Path;
use std::sync::Arc;

use varanus_host::confine::{below, writable, write_secret_file};
use varanus_proto::api::write::resource_sync::{CommitSync, WriteSyncFileContents};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource_sync::{PartialResourceSyncConfig, ResourceSync};
use varanus_proto::entity::update::{Log, Operation, Update};
use varanus_proto::{Error, Result};

use super::kind::Syncs;
use super::source::{folder_name, is_inline};
use super::{export, refresh_soon};
use crate::Core;
use crate::auth::Caller;
use crate::catalog::Commit;
use crate::git::{self, Place};
use crate::http::{Api, Call};
use crate::resource::{self, Kind};
use crate::run::{Audit, Run, simple_log};

const WRITE: &str = "Write File";

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: WriteSyncFileContents| async move {
        let sync = writable_sync(&call, &request.sync)?;
        let file = file(&sync, &request.resource_path, &request.file_path)?;
        let message = message(&call.caller, &format!("update {file:?}"));
        let mut audit = audit(&call.caller, Operation::WriteSyncContents, &sync);
        let logs = put(&call.core, &call.caller, &sync, &file, request.contents, &message).await?;
        for log in logs {
            audit.push(log);
        }
        refresh_soon(&call.core, sync.id.as_str());
        audit.commit(&call.core, Commit::new()).await
    });
    api.on(|call: Call, request: CommitSync| async move { asked(&call, &request).await });
}

async fn asked(call: &Call, request: &CommitSync) -> Result<Update> {
    let sync = writable_sync(call, &request.sync)?;
    let mut audit = audit(&call.caller, Operation::CommitSync, &sync);
    let logs = commit(&call.core, &call.caller, &sync).await?;
    for log in logs {
        audit.push(log);
    }
    audit.commit(&call.core, Commit::new()).await
}

/// Does it as a part of a procedure.
pub(super) async fn perform(core: &Arc<Core>, run: &Arc<Run>) -> Result<()> {
    let sync = resource::find::<Syncs>(core, run.target.id())?;
    run.extend(commit(core, &run.caller, &sync).await?);
    Ok(())
}

fn writable_sync(call: &Call, sync: &str) -> Result<Arc<ResourceSync>> {
    resource::get::<Syncs>(&call.core, &call.caller, sync, PermissionLevel::Write)
}

fn audit(caller: &Caller, operation: Operation, sync: &ResourceSync) -> Audit {
    Audit::new(caller, operation, Syncs::target(sync.id.as_str()))
}

fn message(caller: &Caller, what: &str) -> String {
    format!("[Varanus] {}: {what}", caller.user.username)
}

/// Writes what there is as resource files into the sync's file.
async fn commit(core: &Arc<Core>, caller: &Caller, sync: &ResourceSync) -> Result<Vec<Log>> {
    let config = &sync.config;
    let fresh = is_inline(sync) && config.file_contents.is_empty();
    if !config.managed && !fresh {
        return Err(Error::invalid(format!(
            "sync {:?} is not managed: a commit would overwrite what people wrote. Set `managed` \
             if its file is to be written from what there is",
            sync.name
        )));
    }
    let file = match (is_inline(sync), config.resource_path.0.as_slice()) {
        (true, _) => String::new(),
        (false, [file]) if file.ends_with(".toml") => file.clone(),
        (false, _) => {
            return Err(Error::invalid(format!(
                "sync {:?} needs one resource_path that ends in .toml: the file to write",
                sync.name
            )));
        }
    };
    let contents = export::of_sync(core, sync)?;
    let message = message(caller, "commit resource file");
    let logs = put(core, caller, sync, &file, contents, &message).await?;
    refresh_soon(core, sync.id.as_str());
    Ok(logs)
}

/// The file that is meant, below the root of the sync's files. Its path is given
/// from there, or from the resource path that it was found below.
fn file(sync: &ResourceSync, resource_path: &str, file_path: &str) -> Result<String> {
    if is_inline(sync) {
        return Ok("file_contents".to_owned());
    }
    let known = |path: &str| sync.config.resource_path.0.iter().any(|known| known == path);
    if !known(resource_path) {
        return Err(Error::invalid(format!(
            "{resource_path:?} is no resource_path of sync {:?}; those are {}",
            sync.name,
            sync.config.resource_path.0.join(", ")
        )));
    }
    let (base, given) = (Path::new(resource_path), Path::new(file_path));
    let file = match given.starts_with(base) || file_path.is_empty() {
        _ if resource_path.ends_with(".toml") => base.to_owned(),
        true => given.to_owned(),
        false => base.join(given),
    };
    let plain = file.components().collect::<std::path::PathBuf>();
    let plain = plain.strip_prefix(".").unwrap_or(&plain).display().to_string();
    match plain.ends_with(".toml") {
        true => Ok(plain),
        false => Err(Error::invalid(format!("{plain:?} does not end in .toml"))),
    }
}

async fn put(
    core: &Arc<Core>,
    caller: &Caller,
    sync: &ResourceSync,
    file: &str,
    contents: String,
    message: &str,
) -> Result<Vec<Log>> {
    if let Some(place) = Place::of_sync(core, sync)? {
        let files = [(file.to_owned(), contents)];
        let author = &caller.user.username;
        return Ok(git::commit(core, &place, author, message, &files).await?.logs);
    }
    if sync.config.files_on_host {
        let root = core.config.sync_directory.join(folder_name(&sync.name)?);
        tokio::fs::create_dir_all(&root).await.map_err(|error| {
            Error::failed(format!("the folder {} cannot be made", root.display())).cause(error)
        })?;
        let place = writable(&root, &below(&root, file)?).await?;
        write_secret_file(&place, contents.as_bytes()).await?;
        return Ok(vec![simple_log(WRITE, format!("wrote {}", place.display()))]);
    }
    let config = PartialResourceSyncConfig {
        file_contents: Some(contents.into()),
        ..PartialResourceSyncConfig::default()
    };
    resource::update::<Syncs>(core, caller, sync.id.as_str(), config).await?;
    Ok(vec![simple_log(WRITE, "wrote the sync's file_contents".to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_root_or_from_its_resource_path() {
        let mut sync = ResourceSync::default();
        sync.config.files_on_host = true;
        sync.config.resource_path = vec!["a.toml".to_owned(), "./fleet".to_owned()].into();
        let named = |base: &str, path: &str| file(&sync, base, path);
        assert_eq!(named("a.toml", "a.toml").unwrap(), "a.toml");
        assert_eq!(named("a.toml", "").unwrap(), "a.toml");
        assert_eq!(named("./fleet", "b/c.toml").unwrap(), "fleet/b/c.toml");
        assert_eq!(named("./fleet", "./fleet/c.toml").unwrap(), "fleet/c.toml");
        assert!(named("./fleet", "run.sh").is_err());
        assert!(named("other", "c.toml").is_err());
    }
}
