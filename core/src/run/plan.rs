//! What an execution means before it runs: its operation, its target, what its
//! caller needs, what it must hold and how long it may take.

use std::time::Duration;

use serde_json::Value;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant as Kind};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

use crate::Core;
use crate::auth::{Caller, access};

/// An execution, understood.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The update's operation.
    pub operation: Operation,
    /// What it is about.
    pub target: ResourceTarget,
    /// What it must hold while it runs.
    pub lock: Option<ResourceTarget>,
    /// Whether it takes a place; a procedure or a sync mostly waits for others.
    pub works: bool,
    /// How long it may run.
    pub deadline: Duration,
    /// The id of the server whose agent does the work; empty where there is none.
    pub server: String,
}

impl Plan {
    /// Whether what comes of it is the state of its target. What only ends others
    /// says nothing about it.
    pub fn tells_of_target(&self) -> bool {
        self.lock.is_some() || self.operation == Operation::RunAction
    }
}

/// The variant's name and its parameters.
pub fn parts(execution: &Execution) -> Result<(String, Value)> {
    let broken = || Error::internal("an execution cannot be written");
    let mut value = serde_json::to_value(execution).map_err(|_| broken())?;
    let name = value.get("type").and_then(Value::as_str).ok_or_else(broken)?.to_owned();
    let params = value.get_mut("params").map(Value::take).unwrap_or(Value::Null);
    Ok((name, params))
}

/// The field of the parameters that names the target, with its kind.
pub fn target_field(name: &str) -> Option<(&'static str, Kind)> {
    Some(match name {
        "DeployStack"
        | "DeployStackIfChanged"
        | "PullStack"
        | "StartStack"
        | "RestartStack"
        | "PauseStack"
        | "UnpauseStack"
        | "StopStack"
        | "DestroyStack"
        | "RunStackService" => ("stack", Kind::Stack),
        "CloneRepo" | "PullRepo" | "BuildRepo" | "CancelRepoBuild" => ("repo", Kind::Repo),
        "RunProcedure" | "CancelProcedure" => ("procedure", Kind::Procedure),
        "Deploy" | "PullDeployment" | "StartDeployment" | "RestartDeployment"
        | "PauseDeployment" | "UnpauseDeployment" | "StopDeployment" | "DestroyDeployment" => {
            ("deployment", Kind::Deployment)
        }
        "RunBuild" | "CancelBuild" => ("build", Kind::Build),
        "RunAction" | "CancelAction" => ("action", Kind::Action),
        "RunSync" | "CommitSync" => ("sync", Kind::ResourceSync),
        "TestAlerter" => ("alerter", Kind::Alerter),
        "RemoveSwarmNodes"
        | "UpdateSwarmNode"
        | "RemoveSwarmStacks"
        | "RemoveSwarmServices"
        | "CreateSwarmConfig"
        | "RotateSwarmConfig"
        | "RemoveSwarmConfigs"
        | "CreateSwarmSecret"
        | "RotateSwarmSecret"
        | "RemoveSwarmSecrets" => ("swarm", Kind::Swarm),
        "StartContainer"
        | "RestartContainer"
        | "PauseContainer"
        | "UnpauseContainer"
        | "StopContainer"
        | "DestroyContainer"
        | "StartAllContainers"
        | "RestartAllContainers"
        | "PauseAllContainers"
        | "UnpauseAllContainers"
        | "StopAllContainers"
        | "PruneContainers"
        | "DeleteNetwork"
        | "PruneNetworks"
        | "DeleteImage"
        | "PruneImages"
        | "DeleteVolume"
        | "PruneVolumes"
        | "PruneDockerBuilders"
        | "PruneBuildx"
        | "PruneSystem" => ("server", Kind::Server),
        _ => return None,
    })
}

/// Understands an execution and checks that its caller may ask for it.
pub fn plan(core: &Core, caller: &Caller, execution: &Execution) -> Result<Plan> {
    let (name, params) = parts(execution)?;
    let Some((field, kind)) = target_field(&name) else {
        return match execution {
            Execution::None(_) | Execution::Sleep(_) => Ok(Plan {
                operation: Operation::None,
                target: ResourceTarget::system(),
                lock: None,
                works: false,
                deadline: Duration::MAX,
                server: String::new(),
            }),
            // Which alerters the caller may use is found out when it is sent.
            Execution::SendAlert(_) => Ok(Plan {
                operation: Operation::SendAlert,
                target: ResourceTarget::system(),
                lock: None,
                works: false,
                deadline: deadline(core, &name),
                server: String::new(),
            }),
            Execution::GlobalAutoUpdate(_) => {
                caller.require_admin("update everything that runs")?;
                Ok(Plan {
                    operation: Operation::GlobalAutoUpdate,
                    target: ResourceTarget::system(),
                    lock: None,
                    // What it deploys is done by runs of their own.
                    works: false,
                    deadline: core.config.run_deadlines.procedure.duration(),
                    server: String::new(),
                })
            }
            Execution::BackupCoreDatabase(_) => {
                caller.require_admin("back up the database of Core")?;
                Ok(Plan {
                    operation: Operation::BackupCoreDatabase,
                    target: ResourceTarget::system(),
                    lock: None,
                    works: true,
                    deadline: deadline(core, &name),
                    server: String::new(),
                })
            }
            _ => Err(Error::invalid(format!("this server cannot run {name} yet"))),
        };
    };
    let given = params.get(field).and_then(Value::as_str).unwrap_or_default();
    let target = crate::resource::resolve(core, &ResourceTarget::new(kind, given))
        .filter(|_| !given.is_empty())
        // In the words of `access::check`, so that what is hidden is not told apart.
        .ok_or_else(|| Error::not_found(format!("there is no {kind} {given:?}")))?;
    let needed = access::need(PermissionLevel::Execute, &[]);
    access::check(core, caller, &target, given, &needed)?;
    let services = params.get("services").and_then(Value::as_array).is_some_and(|s| !s.is_empty());
    Ok(Plan {
        operation: operation(&name, services),
        lock: lock(&name, &target),
        works: !matches!(
            name.as_str(),
            "RunProcedure" | "CancelProcedure" | "RunSync" | "CancelAction"
        ),
        deadline: own_deadline(core, &target).unwrap_or_else(|| deadline(core, &name)),
        server: server(core, &target),
        target,
    })
}

/// Stack operations on some services have names of their own.
fn operation(name: &str, services: bool) -> Operation {
    let name = if name == "DeployStackIfChanged" { "DeployStack" } else { name };
    let of_services = services.then(|| format!("{name}Service").parse().ok()).flatten();
    of_services.or_else(|| name.parse().ok()).unwrap_or_default()
}

/// Runs on one resource exclude each other, except what ends others, and what
/// concerns single containers of a server.
fn lock(name: &str, target: &ResourceTarget) -> Option<ResourceTarget> {
    let exclusive = match target.kind() {
        Kind::Server => name.starts_with("Prune") || name.ends_with("AllContainers"),
        // Runs of an action go side by side (Komodo 2.3).
        _ => !name.starts_with("Cancel") && name != "RunAction",
    };
    exclusive.then(|| target.clone())
}

/// Where the work is done.
fn server(core: &Core, target: &ResourceTarget) -> String {
    let (catalog, id) = (&core.catalog, target.id());
    let server = match target.kind() {
        Kind::Server => Some(id.to_owned()),
        Kind::Stack => catalog.stacks.get(id).map(|stack| stack.config.server_id.clone()),
        Kind::Repo => catalog.repos.get(id).map(|repo| repo.config.server_id.clone()),
        Kind::Deployment => catalog.deployments.get(id).map(|one| one.config.server_id.clone()),
        _ => None,
    };
    server.unwrap_or_default()
}

/// The deadline that a person gave a resource.
fn own_deadline(core: &Core, target: &ResourceTarget) -> Option<Duration> {
    let (catalog, id) = (&core.catalog, target.id());
    let seconds = match target.kind() {
        Kind::Stack => catalog.stacks.get(id)?.config.run_deadline_seconds,
        Kind::Repo => catalog.repos.get(id)?.config.run_deadline_seconds,
        Kind::Procedure => catalog.procedures.get(id)?.config.run_deadline_seconds,
        Kind::Action => catalog.actions.get(id)?.config.run_deadline_seconds,
        _ => 0,
    };
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn deadline(core: &Core, name: &str) -> Duration {
    let deadlines = &core.config.run_deadlines;
    let span = match name {
        "DeployStack" | "DeployStackIfChanged" | "RunStackService" | "Deploy" => &deadlines.deploy,
        "CloneRepo" | "PullRepo" => &deadlines.repo,
        "PullStack" | "PullDeployment" => &deadlines.pull,
        "RunBuild" | "BuildRepo" => &deadlines.build,
        "RunProcedure" => &deadlines.procedure,
        "RunSync" => &deadlines.sync,
        "RunAction" => &deadlines.action,
        name if name.starts_with("Prune") => &deadlines.prune,
        name if ["Stack", "Deployment"].iter().any(|kind| name.ends_with(kind)) => {
            &deadlines.container
        }
        name if name.contains("Container") => &deadlines.container,
        _ => &deadlines.other,
    };
    span.duration()
}
