//! Read requests about procedure.

use crate::entity::procedure::{
    Procedure, ProcedureActionState, ProcedureListItem, ProcedureQuery, ProcedureSortBy,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads procedure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetProcedure {
    #[serde(alias = "id", alias = "name")]
    pub procedure: String,
}

request!(Read, GetProcedure => Procedure);

/// Lists procedures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListProcedures {
    #[serde(default)]
    pub query: ProcedureQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ProcedureSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListProcedures => Vec<ProcedureListItem>);

/// Whole procedure documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullProcedures {
    #[serde(default)]
    pub query: ProcedureQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullProcedures => Vec<Procedure>);

/// What is running on a procedure right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetProcedureActionState {
    #[serde(alias = "id", alias = "name")]
    pub procedure: String,
}

request!(Read, GetProcedureActionState => ProcedureActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetProceduresSummary {}

request!(Read, GetProceduresSummary => GetProceduresSummaryResponse);

/// The answer to [`GetProceduresSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetProceduresSummaryResponse {
    pub total: u32,
    pub ok: u32,
    pub running: u32,
    pub failed: u32,
    pub unknown: u32,
}
