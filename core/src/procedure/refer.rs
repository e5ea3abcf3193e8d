//! What the executions of a procedure refer to: names become ids when it is
//! saved, ids become names when it is shown as a file.

use serde_json::{Value, json};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::procedure::ProcedureStage;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::{Context, Error, Result};

use crate::Core;
use crate::auth::{Caller, access};
use crate::run::pattern::Pattern;
use crate::run::plan;

/// Executions beside the batches that only an admin may put into a procedure
/// (Komodo 2.3 API).
const ADMIN_ONLY: [&str; 5] = [
    "ClearRepoCache",
    "BackupCoreDatabase",
    "GlobalAutoUpdate",
    "RotateAllServerKeys",
    "RotateCoreKeys",
];

/// How a stage is spoken of: its number and its name.
pub fn label(index: usize, stage: &ProcedureStage) -> String {
    match stage.name.is_empty() {
        true => format!("stage {}", index + 1),
        false => format!("stage {} {:?}", index + 1, stage.name),
    }
}

/// An execution for one resource.
pub fn single(name: &str, field: &str, id: &str) -> Result<Execution> {
    from_parts(name, json!({ field: id }))
}

fn from_parts(name: &str, params: Value) -> Result<Execution> {
    serde_json::from_value(json!({ "type": name, "params": params }))
        .map_err(|error| Error::internal(format!("{name} cannot be written")).cause(error))
}

/// The kind a batch is about, its single execution and that one's field; `None`
/// when an execution is no batch.
pub fn batch(name: &str) -> Option<(&str, &'static str, ResourceTargetVariant)> {
    let single = name.strip_prefix("Batch")?;
    let (field, kind) = plan::target_field(single)?;
    Some((single, field, kind))
}

/// Replaces names by ids, where the caller has the right to do what the stages
/// would do. Errors name stage and execution.
pub fn to_ids(core: &Core, caller: &Caller, stages: &mut [ProcedureStage]) -> Result<()> {
    for (index, stage) in stages.iter_mut().enumerate() {
        let label = label(index, stage);
        for (number, entry) in stage.executions.iter_mut().enumerate() {
            entry.execution = to_id(core, caller, &entry.execution)
                .with_context(|| format!("{label}, execution {}", number + 1))?;
        }
    }
    Ok(())
}

fn to_id(core: &Core, caller: &Caller, execution: &Execution) -> Result<Execution> {
    let (name, mut params) = plan::parts(execution)?;
    if name.starts_with("Batch") || ADMIN_ONLY.contains(&name.as_str()) {
        caller.require_admin(&format!("let a procedure run {name}"))?;
    }
    if name.starts_with("Batch") {
        let pattern = params.get("pattern").and_then(Value::as_str).unwrap_or_default();
        Pattern::parse(pattern).with_context(|| name.clone())?;
    }
    let Some((field, kind)) = plan::target_field(&name) else { return Ok(execution.clone()) };
    let given = params.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let target = crate::resource::resolve(core, &ResourceTarget::new(kind, &*given))
        .filter(|_| !given.is_empty())
        .ok_or_else(|| match given.is_empty() {
            true => Error::invalid(format!("choose a {kind}; none is given")),
            // In the words of `access::check`, so that what is hidden is not told apart.
            false => Error::not_found(format!("there is no {kind} {given:?}")),
        })
        .with_context(|| name.clone())?;
    let level = match execution {
        Execution::CommitSync(_) => PermissionLevel::Write,
        _ => PermissionLevel::Execute,
    };
    access::check(core, caller, &target, &given, &access::need(level, &[]))
        .with_context(|| name.clone())?;
    params[field] = target.id().into();
    from_parts(&name, params)
}

/// Replaces ids by names; what is gone keeps its id.
pub fn to_names(core: &Core, stages: &mut [ProcedureStage]) {
    for entry in stages.iter_mut().flat_map(|stage| &mut stage.executions) {
        let Ok((name, mut params)) = plan::parts(&entry.execution) else { continue };
        let Some((field, kind)) = plan::target_field(&name) else { continue };
        let Some(id) = params.get(field).and_then(Value::as_str) else { continue };
        params[field] = crate::resource::name_of(core, &ResourceTarget::new(kind, id)).into();
        if let Ok(execution) = from_parts(&name, params) {
            entry.execution = execution;
        }
    }
}

/// How an execution is spoken of: `DeployStack web`.
pub fn spoken(core: &Core, execution: &Execution) -> String {
    let Ok((name, params)) = plan::parts(execution) else { return "an execution".into() };
    if let Execution::Sleep(sleep) = execution {
        return format!("Sleep {} ms", sleep.duration_ms);
    }
    let id = plan::target_field(&name)
        .and_then(|(field, kind)| Some((kind, params.get(field)?.as_str()?)));
    match id {
        Some((kind, id)) => {
            format!("{name} {}", crate::resource::name_of(core, &ResourceTarget::new(kind, id)))
        }
        None => name,
    }
}
