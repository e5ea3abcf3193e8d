//! Runs that are made of other runs: their parts are known before they begin, so
//! that a restart of Core finds each of them, and none runs twice.

use std::sync::Arc;

use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::update::Update;
use varanus_proto::{Context, Error, Kind, Result};

use super::record::{self, Part};
use super::{Origin, Run, submit, try_again, wait};
use crate::Core;
use crate::auth::Caller;
use crate::store::{Change, Collection, ObjectId};

/// The parts of a stage: those that were noted before a restart, or new ones,
/// which are noted now.
pub async fn parts(
    core: &Core,
    run: &Run,
    stage: usize,
    executions: impl FnOnce() -> Result<Vec<Execution>>,
) -> Result<Vec<Part>> {
    if let Some(parts) = run.stage(stage) {
        return Ok(parts);
    }
    let parts: Vec<_> = executions()?
        .into_iter()
        .map(|execution| Part { id: ObjectId::generate().as_str().to_owned(), execution })
        .collect();
    run.set_stage(stage, parts.clone());
    let id = ObjectId::parse(&run.id).ok_or_else(|| Error::internal("a run has no id"))?;
    let document = record::run_document(&id, &run.stored_record())?;
    let changes = vec![Change::Put(Collection::Run, document)];
    loop {
        let noted = run.store(core, changes.clone()).await;
        if !try_again(&noted, "a stage").await {
            noted.context("the stage could not be noted, so it was not begun")?;
            return Ok(parts);
        }
    }
}

/// Begins a part, unless it was begun before a restart. The update is that of
/// the beginning.
pub async fn begin(
    core: &Arc<Core>,
    run: &Arc<Run>,
    caller: &Caller,
    part: &Part,
) -> Result<Update> {
    if run.is_resumed() {
        loop {
            match super::read::stored(core, &part.id).await {
                Err(error) if error.kind() == Kind::NotFound => break,
                stored if try_again(&stored, "a part of a run").await => {}
                stored => return stored,
            }
        }
    }
    loop {
        let origin = Origin {
            parent: Some(run.clone()),
            id: ObjectId::parse(&part.id),
            fetched_since: fetched_since(run),
            ..Origin::default()
        };
        match submit(core, caller, part.execution.clone(), origin).await {
            // The store had taken it before it went away, and it is accepted by now.
            Err(error) if error.kind() == Kind::Conflict => {
                return super::read::known(core, &part.id).await.map_err(|_| error);
            }
            begun if try_again(&begun, "a part of a run").await => {}
            begun => return begun,
        }
    }
}

/// Parts of one run deploy one commit: what the first of them fetched is new
/// enough for the others, for as long as none does anything but fetch and deploy
/// (an action may push, and mean what it pushed).
pub fn fetched_since(run: &Run) -> Option<i64> {
    use Execution as E;
    let only_fetches = run.all_parts(|part| {
        matches!(
            part.execution,
            E::PullRepo(_)
                | E::CloneRepo(_)
                | E::DeployStack(_)
                | E::DeployStackIfChanged(_)
                | E::PullStack(_)
        )
    });
    only_fetches.then(|| run.fetched_since())
}

/// Waits for the end of a part.
pub async fn end(core: &Core, part: &Part) -> Result<Update> {
    wait(core, &part.id).await
}
