//! What is said of runs: that they failed. Such alerts are sent and not kept;
//! the run itself is what is kept.

use std::sync::Arc;

use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::update::Update;

use super::open;
use crate::Core;
use crate::run::Run;

/// So many characters of the log of what failed are sent.
const DETAILS: usize = 800;

/// A run is complete. What somebody cancelled did not fail.
pub fn run_ended(core: &Arc<Core>, run: &Run, update: &Update, cancelled: bool) {
    super::state::run_ended(core, &run.target);
    if cancelled {
        return;
    }
    let Some(data) = failure(core, run, update) else { return };
    match update.success {
        true => {
            let alert = open::not_kept(run.target.clone(), SeverityLevel::Warning, data);
            core.alerts.outbox.forget(&alert);
        }
        false => super::tell(core, run.target.clone(), SeverityLevel::Warning, data),
    }
}

/// What is to be said when a run of this kind fails, if anybody wants to know.
fn failure(core: &Core, run: &Run, update: &Update) -> Option<AlertData> {
    let (catalog, id) = (&core.catalog, run.target.id());
    let named = |name: &str| (id.to_owned(), name.to_owned());
    match &run.record.execution {
        // Komodo 2.3 has no alert of its own for it.
        Execution::DeployStack(_) | Execution::DeployStackIfChanged(_) => {
            let stack = catalog.stacks.get(id).filter(|stack| stack.config.send_alerts)?;
            Some(deploy("stack", &stack.name, update))
        }
        Execution::Deploy(_) => {
            let deployment = catalog.deployments.get(id).filter(|one| one.config.send_alerts)?;
            Some(deploy("deployment", &deployment.name, update))
        }
        Execution::RunProcedure(_) => {
            let procedure = catalog.procedures.get(id).filter(|one| one.config.failure_alert)?;
            let (id, name) = named(&procedure.name);
            Some(AlertData::ProcedureFailed { id, name })
        }
        Execution::RunAction(_) => {
            let action = catalog.actions.get(id).filter(|one| one.config.failure_alert)?;
            let (id, name) = named(&action.name);
            Some(AlertData::ActionFailed { id, name })
        }
        Execution::RunBuild(_) => {
            let build = catalog.builds.get(id)?;
            let (id, name) = named(&build.name);
            Some(AlertData::BuildFailed { id, name, version: update.version })
        }
        Execution::BuildRepo(_) => {
            let (id, name) = named(&catalog.repos.get(id)?.name);
            Some(AlertData::RepoBuildFailed { id, name })
        }
        _ => None,
    }
}

fn deploy(kind: &str, name: &str, update: &Update) -> AlertData {
    let failed = update.logs.iter().rev().find(|log| !log.success);
    let details = failed.map(|log| {
        let said = if log.stderr.trim().is_empty() { &log.stdout } else { &log.stderr };
        // What went wrong is said last.
        let skipped = said.trim().chars().count().saturating_sub(DETAILS);
        let end: String = said.trim().chars().skip(skipped).collect();
        format!("{}: {}{end}", log.stage, if skipped > 0 { "…" } else { "" })
    });
    let message = format!("the deploy of {kind} {name} failed");
    AlertData::Custom { message, details: details.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::update::Log;

    use super::*;

    #[test]
    fn a_deploy_that_failed_says_how_it_ended() {
        let log = |stage: &str, success, stderr: String| Log {
            stage: stage.into(),
            success,
            stderr,
            ..Log::default()
        };
        let long = format!("{}no such image", "x".repeat(2 * DETAILS));
        let mut update = crate::run::record::new_update(
            "u",
            Default::default(),
            Default::default(),
            Default::default(),
        );
        update.logs = vec![log("Clone", true, "a".into()), log("Compose Up", false, long)];
        let AlertData::Custom { message, details } = deploy("stack", "web", &update) else {
            panic!("another kind")
        };
        assert_eq!(message, "the deploy of stack web failed");
        assert!(details.starts_with("Compose Up: …xx") && details.ends_with("no such image"));
    }
}
