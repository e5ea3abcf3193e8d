//! Write requests about runs (not in the Komodo 2.3 API).

use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ends a run early, whatever it is: one that waits, or one that works. What it
/// asked of agents is withdrawn, and the runs that are parts of it end too.
/// Needs Execute permission on the run's target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CancelRun {
    /// The id of its update.
    pub id: String,
}

request!(Write, CancelRun => Update);
