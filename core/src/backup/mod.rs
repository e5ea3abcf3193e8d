//! `BackupCoreDatabase`: a backup of the store that this Core runs on.
//!
//! What a backup is knows the crate `varanus_backup`, which `km` uses too; here
//! it becomes a run. The store is read beside this Core's own work, which goes on.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use varanus_backup::{Recipients, Take};
use varanus_proto::Result;
use varanus_proto::api::execute::maintenance::BackupCoreDatabase;
use varanus_proto::entity::execution::Execution;
use varanus_store::raw::Place;

use crate::Core;
use crate::core::store_settings;
use crate::http::Api;
use crate::run::{Run, executions};

/// The requests of this room.
pub fn api(api: &mut Api) {
    executions!(api, BackupCoreDatabase);
}

/// Does an execution of this room. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::BackupCoreDatabase(_) => backup(core, run).await,
        _ => return None,
    })
}

async fn backup(core: &Core, run: &Run) -> Result<()> {
    const STAGE: &str = "Backup Core Database";
    let config = &core.config;
    let settings = store_settings(config);
    let take = Take {
        from: match settings.database {
            Some(database) => Place::Mongo(database),
            None => Place::Embedded(settings.data_directory),
        },
        folder: config.backups_folder.clone(),
        keep: config.max_backups,
        recipients: Recipients::parse(config.backup_recipients.iter().map(String::as_str))?,
        unsealed: false,
        key_file: config.seal_key(),
        deadline: settings.deadline,
        program: format!("varanus-core {}", env!("CARGO_PKG_VERSION")),
    };
    let taken = varanus_backup::take(&take).await?;
    run.info(STAGE, taken.summary());
    Ok(())
}
