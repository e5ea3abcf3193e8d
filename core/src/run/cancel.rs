//! Ending any run early, by its update's id.

use std::time::Duration;

use tokio::time::timeout;
use varanus_proto::api::write::run::CancelRun;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::update::{Operation, Update, UpdateStatus};
use varanus_proto::{Error, Kind, Result};

use super::Run;
use super::engine::wait;
use crate::Core;
use crate::auth::access;
use crate::http::Call;

/// How long the answer waits for the run to be complete.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends a run; returns its update, complete unless the store is slow. The update
/// itself is the record of who did it.
pub(super) async fn cancel(call: &Call, request: CancelRun) -> Result<Update> {
    let core = &call.core;
    let Some(run) = core.runs.get(&request.id) else {
        // What is complete is not cancelled; say which of the two it is.
        super::read::get(call, &request.id).await?;
        return Err(Error::conflict(format!("the run {:?} is complete already", request.id)));
    };
    let name = crate::resource::name_of(core, &run.target);
    let needed = access::need(PermissionLevel::Execute, &[]);
    // Whoever may not see what it is about is not told the name of that either.
    access::check(core, &call.caller, &run.target, &name, &needed).map_err(|error| match error
        .kind()
    {
        Kind::NotFound => super::read::missing(&request.id),
        _ => error,
    })?;
    run.cancel(format!("cancelled by {}", call.caller.user.username));
    match timeout(PATIENCE, wait(core, &request.id)).await {
        Ok(update) => update,
        Err(_) => Ok(run.update()),
    }
}

/// Ends the runs of an operation on the resource that a run is about: one of them
/// by its id, or all that are in progress. `what` is the resource as people call it.
///
/// Errors: `Conflict` when there is none.
pub fn on_resource(
    core: &Core,
    run: &Run,
    operation: Operation,
    id: Option<&str>,
    what: &str,
) -> Result<()> {
    let mut meant = core.runs.on(&run.target);
    meant.retain(|other| {
        let update = other.update();
        update.operation == operation
            && match id {
                Some(id) => other.id == *id,
                None => update.status == UpdateStatus::InProgress,
            }
    });
    if meant.is_empty() {
        return Err(Error::conflict(match id {
            Some(id) => format!("{what} has no run {id} to cancel"),
            None => format!("{what} does not run"),
        }));
    }
    let stage = format!("Cancel {}", run.target.kind());
    for other in meant {
        other.cancel(format!("cancelled by {}", run.caller.user.username));
        run.info(&stage, format!("the run {} was ended", other.id));
    }
    Ok(())
}
