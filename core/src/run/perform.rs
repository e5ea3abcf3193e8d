//! From an execution to the room that does it.

use std::sync::Arc;
use std::time::Duration;

use varanus_proto::entity::execution::Execution;
use varanus_proto::{Error, Result};

use super::{Run, plan};
use crate::Core;

/// Does what a run is for. Errors become the run's last log; the rooms add the
/// logs of their stages themselves.
pub(super) async fn perform(core: Arc<Core>, run: Arc<Run>) -> Result<()> {
    match run.record.execution.clone() {
        Execution::None(_) => Ok(()),
        Execution::Sleep(sleep) => {
            let duration = u64::try_from(sleep.duration_ms).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(duration)).await;
            Ok(())
        }
        other => {
            let (name, _) = plan::parts(&other)?;
            if let Some(outcome) = crate::stack::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::repo::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::procedure::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::action::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::sync::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::backup::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::alert::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::build::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::image::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::deployment::perform(&core, &run, other.clone()).await {
                return outcome;
            }
            if let Some(outcome) = crate::server::perform(&core, &run, other).await {
                return outcome;
            }
            Err(Error::invalid(format!("this server cannot run {name} yet")))
        }
    }
}
