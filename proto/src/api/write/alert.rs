//! Write requests about alert.

use crate::NoData;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Closes alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloseAlert {
    pub id: String,
}

request!(Write, CloseAlert => NoData);
