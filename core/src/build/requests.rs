//! The requests about builds.

use std::cmp::Ordering;

use varanus_proto::Result;
use varanus_proto::api::read::build::*;
use varanus_proto::api::write::build::*;
use varanus_proto::entity::build::{BuildActionState, BuildListItem, BuildSortBy, BuildState};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::update::Operation;

use super::{Builds, execute, files, history, state};
use crate::http::{Api, Call};
use crate::resource::{self, Kind, kind_api, refer::distinct};

/// Every request about builds.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Builds, build,
        get GetBuild, list ListBuilds, full ListFullBuilds, copy CopyBuild,
        delete DeleteBuild, update UpdateBuild, rename RenameBuild, create CreateBuild,
        sort order
    );
    execute::api(api);
    files::api(api);
    api.on(|call: Call, _: GetBuildsSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetBuildActionState| async move {
        let level = PermissionLevel::Read;
        let build = resource::get::<Builds>(&call.core, &call.caller, &request.build, level)?;
        let operations = call.core.runs.working_on(&Builds::target(build.id.as_str()));
        Ok(BuildActionState { building: operations.contains(&Operation::RunBuild) })
    });
    api.on(|call: Call, request: ListCommonBuildExtraArgs| async move {
        let builds = resource::query::<Builds>(&call.core, &call.caller, &request.query)?;
        Ok(distinct(builds.iter().flat_map(|build| build.config.extra_args.iter())))
    });
    api.on(|call: Call, request: ListBuildVersions| async move {
        history::versions(&call, request).await
    });
    api.on(|call: Call, request: GetBuildMonthlyStats| async move {
        history::monthly(&call, request.page).await
    });
}

fn order(by: BuildSortBy, a: &BuildListItem, b: &BuildListItem) -> Ordering {
    match by {
        BuildSortBy::Name => Ordering::Equal,
        BuildSortBy::Source => a.info.repo.cmp(&b.info.repo),
        BuildSortBy::State => a.info.state.cmp(&b.info.state),
    }
}

fn summary(call: &Call) -> Result<GetBuildsSummaryResponse> {
    let mut summary = GetBuildsSummaryResponse::default();
    for build in resource::query::<Builds>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &build) {
            BuildState::Ok => summary.ok += 1,
            BuildState::Failed => summary.failed += 1,
            BuildState::Building => summary.building += 1,
            BuildState::Unknown => summary.unknown += 1,
        }
    }
    Ok(summary)
}
