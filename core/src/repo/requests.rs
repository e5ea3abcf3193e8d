//! The requests about repos.

use std::cmp::Ordering;
use std::sync::Arc;

use varanus_proto::api::read::repo::*;
use varanus_proto::api::write::repo::*;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::repo::{RepoActionState, RepoListItem, RepoSortBy, RepoState};
use varanus_proto::entity::update::Operation;
use varanus_proto::{NoData, Result};

use super::{Repos, execute, latest, state};
use crate::http::{Api, Call};
use crate::resource::{self, Doc, Kind, kind_api};

/// Every request about repos.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Repos, repo,
        get GetRepo, list ListRepos, full ListFullRepos, copy CopyRepo,
        delete DeleteRepo, update UpdateRepo, rename RenameRepo, create CreateRepo,
        sort order
    );
    api.on(|call: Call, _: GetReposSummary| async move { summary(&call) });
    api.on(|call: Call, request: GetRepoActionState| async move {
        let repo = read(&call, &request.repo, PermissionLevel::Read)?;
        let operations = call.core.runs.working_on(&Repos::target(repo.id.as_str()));
        Ok(RepoActionState {
            cloning: operations.contains(&Operation::CloneRepo),
            pulling: operations.contains(&Operation::PullRepo),
            building: operations.contains(&Operation::BuildRepo),
            renaming: false,
        })
    });
    api.on(|call: Call, request: RefreshRepoCache| async move {
        let repo = read(&call, &request.repo, PermissionLevel::Execute)?;
        latest::refresh(&call.core, &repo).await?;
        Ok(NoData {})
    });
    execute::api(api);
}

fn read(call: &Call, id_or_name: &str, level: PermissionLevel) -> Result<Arc<Doc<Repos>>> {
    resource::get::<Repos>(&call.core, &call.caller, id_or_name, level)
}

fn order(by: RepoSortBy, a: &RepoListItem, b: &RepoListItem) -> Ordering {
    match by {
        RepoSortBy::Name => Ordering::Equal,
        RepoSortBy::Repo => a.info.repo.cmp(&b.info.repo),
        RepoSortBy::Branch => a.info.branch.cmp(&b.info.branch),
        RepoSortBy::State => a.info.state.cmp(&b.info.state),
    }
}

fn summary(call: &Call) -> Result<GetReposSummaryResponse> {
    let mut summary = GetReposSummaryResponse::default();
    for repo in resource::query::<Repos>(&call.core, &call.caller, &Default::default())? {
        summary.total += 1;
        match state(&call.core, &repo) {
            RepoState::Ok => summary.ok += 1,
            RepoState::Cloning => summary.cloning += 1,
            RepoState::Pulling => summary.pulling += 1,
            RepoState::Building => summary.building += 1,
            RepoState::Failed => summary.failed += 1,
            RepoState::Unknown => summary.unknown += 1,
        }
    }
    Ok(summary)
}
