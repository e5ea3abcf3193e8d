//! Procedures that would run themselves: refused when they are saved, and once
//! more when they run, since a batch may mean other procedures by then.

use std::collections::HashSet;

use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::procedure::ProcedureStage;
use varanus_proto::{Error, Result};

use super::expand::{Batch, Member};
use crate::Core;

/// Goes on unless the procedure of a name would, with these stages, run itself.
/// What is disabled does not count.
pub fn check(core: &Core, name: &str, stages: &[ProcedureStage]) -> Result<()> {
    let mut path = vec![name.to_owned()];
    walk(core, stages, &mut path, &mut HashSet::new())
}

fn walk(
    core: &Core,
    stages: &[ProcedureStage],
    path: &mut Vec<String>,
    known_good: &mut HashSet<String>,
) -> Result<()> {
    for called in calls(core, &path[0], stages)? {
        if let Some(at) = path.iter().position(|name| *name == called.name) {
            let mut chain: Vec<_> = path[at..].iter().map(|name| format!("{name:?}")).collect();
            chain.push(format!("{:?}", called.name));
            return Err(Error::invalid(format!(
                "the procedure would run itself: {}; take one of these out (in a batch, the \
                 pattern \"!{}\" leaves one out)",
                chain.join(" → "),
                called.name
            )));
        }
        if known_good.contains(&called.name) {
            continue;
        }
        if let Some(procedure) = core.catalog.procedures.get(&called.id) {
            path.push(called.name.clone());
            walk(core, &procedure.config.stages, path, known_good)?;
            path.pop();
        }
        known_good.insert(called.name);
    }
    Ok(())
}

/// The procedures that stages run. `root` counts as one that is there, also
/// while it is being created.
fn calls(core: &Core, root: &str, stages: &[ProcedureStage]) -> Result<Vec<Member>> {
    let enabled = stages.iter().filter(|stage| stage.enabled).flat_map(|stage| &stage.executions);
    let mut calls = Vec::new();
    for entry in enabled.filter(|entry| entry.enabled) {
        match &entry.execution {
            Execution::RunProcedure(run) => {
                let found = core.catalog.procedures.get(&run.procedure);
                let name = found.map_or_else(|| run.procedure.clone(), |found| found.name.clone());
                calls.push(Member { id: run.procedure.clone(), name });
            }
            batch @ Execution::BatchRunProcedure(_) => {
                let Some(batch) = Batch::of(batch)? else { continue };
                calls.extend(batch.members(core)?);
                let is_new = core.catalog.procedures.get(root).is_none();
                if is_new && batch.tags.is_empty() && batch.pattern.matches(root) {
                    calls.push(Member { id: String::new(), name: root.to_owned() });
                }
            }
            _ => {}
        }
    }
    Ok(calls)
}
