//! Sending by hand: a test of an alerter, and a text of one's own.

use std::sync::Arc;

use futures_util::future::join_all;
use varanus_proto::api::execute::alerter::{SendAlert, TestAlerter};
use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::alerter::Alerter;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::{Error, Result};

use super::open;
use super::send::{Letter, wants::wants};
use crate::Core;
use crate::auth::access;
use crate::http::Api;
use crate::run::{Run, executions};

pub(super) fn api(api: &mut Api) {
    executions!(api, TestAlerter, SendAlert);
}

/// Does an execution of this room. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::TestAlerter(_) => test(core, run).await,
        Execution::SendAlert(request) => send_own(core, run, request).await,
        _ => return None,
    })
}

/// Sends an alerter's test, whatever its filters let through.
async fn test(core: &Core, run: &Run) -> Result<()> {
    let id = run.target.id();
    let alerter = core
        .catalog
        .alerters
        .get(id)
        .ok_or_else(|| Error::not_found(format!("there is no alerter {id:?}")))?;
    let data = AlertData::Test { id: id.to_owned(), name: alerter.name.clone() };
    let alert = open::not_kept(run.target.clone(), SeverityLevel::Ok, data);
    Letter::new(core, &alerter.config.endpoint, &alert)?.send().await?;
    run.info("Test Alerter", format!("the endpoint of alerter {:?} took the test", alerter.name));
    Ok(())
}

/// Sends a person's text to alerters that the person may use: those that are
/// named, else all that want it.
async fn send_own(core: &Core, run: &Run, request: SendAlert) -> Result<()> {
    let SendAlert { level, message, details, alerters: names } = request;
    let alert =
        open::not_kept(ResourceTarget::system(), level, AlertData::Custom { message, details });
    let is_meant = |id: &str, alerter: &Alerter| match names.is_empty() {
        true => wants(core, &alerter.config, &alert),
        false => alerter.config.enabled && names.iter().any(|n| n == id || *n == alerter.name),
    };
    let needed = access::need(PermissionLevel::Execute, &[]);
    let may = |id: &str| {
        let target = ResourceTarget::Alerter(id.to_owned());
        access::effective(core, &run.caller, &target).grants(&needed)
    };
    let mut meant = core.catalog.alerters.entries();
    meant.retain(|(id, alerter)| !alerter.template && is_meant(id, alerter) && may(id));
    if meant.is_empty() {
        return Err(Error::invalid(
            "there is no enabled alerter for this that you have Execute permission on",
        ));
    }
    // At once: each has a deadline of its own.
    let sent = join_all(meant.iter().map(|(_, alerter)| async {
        Letter::new(core, &alerter.config.endpoint, &alert)?.send().await
    }));
    for ((_, alerter), outcome) in meant.iter().zip(sent.await) {
        match outcome {
            Ok(()) => run.info("Send Alert", format!("alerter {:?} took it", alerter.name)),
            Err(error) => run.error("Send Alert", format!("alerter {:?}: {error}", alerter.name)),
        }
    }
    Ok(())
}
