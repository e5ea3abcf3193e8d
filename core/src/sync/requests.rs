//! The requests about resource syncs.

use std::cmp::Ordering;

use varanus_proto::Result;
use varanus_proto::api::read::resource_sync::*;
use varanus_proto::api::write::resource_sync::*;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource_sync::{
    ResourceSyncActionState, ResourceSyncListItem, ResourceSyncSortBy, ResourceSyncState,
};
use varanus_proto::entity::update::Operation;

use super::kind::{Syncs, state};
use crate::http::{Api, Call};
use crate::resource::{self, Kind, kind_api};

pub(super) fn api(api: &mut Api) {
    kind_api!(
        api, Syncs, sync,
        get GetResourceSync, list ListResourceSyncs, full ListFullResourceSyncs,
        copy CopyResourceSync, delete DeleteResourceSync, update UpdateResourceSync,
        rename RenameResourceSync, create CreateResourceSync,
        sort order
    );
    api.on(|call: Call, _: GetResourceSyncsSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetResourceSyncActionState| async move {
        let level = PermissionLevel::Read;
        let sync = resource::get::<Syncs>(&call.core, &call.caller, &request.sync, level)?;
        let operations = call.core.runs.working_on(&Syncs::target(sync.id.as_str()));
        Ok(ResourceSyncActionState { syncing: operations.contains(&Operation::RunSync) })
    });
}

fn order(by: ResourceSyncSortBy, a: &ResourceSyncListItem, b: &ResourceSyncListItem) -> Ordering {
    match by {
        ResourceSyncSortBy::Name => Ordering::Equal,
        ResourceSyncSortBy::Source => a.info.repo.cmp(&b.info.repo),
        ResourceSyncSortBy::Branch => a.info.branch.cmp(&b.info.branch),
        ResourceSyncSortBy::State => a.info.state.cmp(&b.info.state),
    }
}

fn summary(call: &Call) -> Result<GetResourceSyncsSummaryResponse> {
    let mut summary = GetResourceSyncsSummaryResponse::default();
    for sync in resource::query::<Syncs>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &sync) {
            ResourceSyncState::Ok => summary.ok += 1,
            ResourceSyncState::Syncing => summary.syncing += 1,
            ResourceSyncState::Pending => summary.pending += 1,
            ResourceSyncState::Failed => summary.failed += 1,
            ResourceSyncState::Unknown => summary.unknown += 1,
        }
    }
    Ok(summary)
}
