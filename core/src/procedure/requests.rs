//! The requests about procedures.

use std::cmp::Ordering;

use varanus_proto::Result;
use varanus_proto::api::read::procedure::*;
use varanus_proto::api::write::procedure::*;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::procedure::{
    ProcedureActionState, ProcedureListItem, ProcedureSortBy, ProcedureState,
};
use varanus_proto::entity::update::Operation;

use super::{Procedures, execute, state};
use crate::http::{Api, Call};
use crate::resource::{self, Kind, kind_api};

/// Every request about procedures.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Procedures, procedure,
        get GetProcedure, list ListProcedures, full ListFullProcedures, copy CopyProcedure,
        delete DeleteProcedure, update UpdateProcedure, rename RenameProcedure,
        create CreateProcedure,
        sort order
    );
    api.on(|call: Call, _: GetProceduresSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetProcedureActionState| async move {
        let (core, caller) = (&call.core, &call.caller);
        let level = PermissionLevel::Read;
        let found = resource::get::<Procedures>(core, caller, &request.procedure, level)?;
        let operations = core.runs.working_on(&Procedures::target(found.id.as_str()));
        Ok(ProcedureActionState { running: operations.contains(&Operation::RunProcedure) })
    });
    execute::api(api);
}

fn order(by: ProcedureSortBy, a: &ProcedureListItem, b: &ProcedureListItem) -> Ordering {
    match by {
        ProcedureSortBy::Name => Ordering::Equal,
        ProcedureSortBy::State => a.info.state.cmp(&b.info.state),
        ProcedureSortBy::NextRun => {
            // Those that are not scheduled come last.
            let next = |item: &ProcedureListItem| item.info.next_scheduled_run.unwrap_or(i64::MAX);
            next(a).cmp(&next(b))
        }
    }
}

fn summary(call: &Call) -> Result<GetProceduresSummaryResponse> {
    let mut summary = GetProceduresSummaryResponse::default();
    for procedure in resource::query::<Procedures>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &procedure) {
            ProcedureState::Running => summary.running += 1,
            ProcedureState::Ok => summary.ok += 1,
            ProcedureState::Failed => summary.failed += 1,
            ProcedureState::Unknown => summary.unknown += 1,
        }
    }
    Ok(summary)
}
