//! Deletes that a sync does only when it was told twice: they may take away what
//! it stands on.

use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::entity::resource_sync::ResourceSync;

use super::plan::{Change, Deed};
use crate::Core;

/// Why a change needs to be confirmed; `None` where it does not.
pub fn needs_confirm(core: &Core, sync: &ResourceSync, change: &Change) -> Option<String> {
    if change.deed != Deed::Delete {
        return None;
    }
    let catalog = &core.catalog;
    let own_repo = catalog.repos.get(&sync.config.linked_repo);
    match change.kind {
        Variant::Server => {
            let server = catalog.servers.get(&change.name)?;
            let id = server.id.as_str();
            let stacks = catalog.stacks.all();
            let stack = stacks
                .iter()
                .find(|stack| stack.config.self_managed && stack.config.server_id == id);
            match stack {
                Some(stack) => Some(format!(
                    "stack {:?}, which holds Core or the way to it, is on this server",
                    stack.name
                )),
                None => own_repo
                    .filter(|repo| repo.config.server_id == id)
                    .map(|repo| format!("repo {:?} of this sync is on this server", repo.name)),
            }
        }
        Variant::Stack => {
            let stack = catalog.stacks.get(&change.name)?;
            let told = "it holds Core or the way to it, and would be taken down";
            stack.config.self_managed.then(|| told.to_owned())
        }
        Variant::Repo => own_repo
            .filter(|repo| repo.name == change.name)
            .map(|_| "the files of this sync are in it".to_owned()),
        _ => None,
    }
}
