//! What is known of a repo's commits: the newest of its branch, which its git host
//! is asked for, and the one that its server has.

use varanus_proto::agent::poll::GetLatestCommit;
use varanus_proto::entity::repo::RepoInfo;
use varanus_proto::{Error, Result};

use super::Repos;
use crate::Core;
use crate::agent::Ask;
use crate::git::{self, Place};
use crate::resource::{self, Doc};

/// Asks the git host and the server, and keeps what they say. What one of them
/// answers is kept also when the other does not.
pub(super) async fn refresh(core: &Core, repo: &Doc<Repos>) -> Result<()> {
    let (remote, server) = tokio::join!(remote(core, repo), server(core, repo));
    remote.and(server)
}

async fn remote(core: &Core, repo: &Doc<Repos>) -> Result<()> {
    let place = Place::of_repo(repo);
    if place.repo.is_empty() || !place.commit.is_empty() || !place.is_reachable() {
        return Ok(());
    }
    let branch = std::slice::from_ref(&place.branch);
    match git::heads(core, &place, branch).await?.get(&place.branch) {
        Some(head) => moved(core, repo.id.as_str(), &place, head).await,
        None => Err(Error::not_found(format!("there is no branch {}", place.shown()))),
    }
}

/// Keeps that the branch of a repo is at another commit.
pub async fn moved(core: &Core, id: &str, place: &Place, head: &str) -> Result<()> {
    let (hash, message) = git::newest(core, place, head).await?;
    resource::update_info::<Repos>(core, id, |info| {
        // Before, there was one field for both.
        if info.cloned_hash.is_none() && info.last_pulled_at > 0 {
            info.cloned_hash = info.latest_hash.take();
            info.cloned_message = info.latest_message.take();
        }
        info.latest_hash = Some(hash);
        info.latest_message = Some(message);
    })
    .await
}

/// Asks the server which commit its clone is at.
async fn server(core: &Core, repo: &Doc<Repos>) -> Result<()> {
    if repo.config.server_id.is_empty() {
        return Ok(());
    }
    let path = (!repo.config.path.is_empty()).then(|| repo.config.path.clone());
    let ask = GetLatestCommit { name: repo.name.clone(), path };
    let answer = core.agents.request(&repo.config.server_id, ask, Ask::default()).await?;
    let Some(commit) = answer else { return Ok(()) };
    resource::update_info::<Repos>(core, repo.id.as_str(), |info| {
        info.cloned_hash = Some(commit.hash);
        info.cloned_message = Some(commit.message);
    })
    .await
}

/// The commit at which the clone on the server is.
pub(super) fn cloned(info: &RepoInfo) -> (Option<String>, Option<String>) {
    match info.cloned_hash {
        None if info.last_pulled_at > 0 => (info.latest_hash.clone(), info.latest_message.clone()),
        _ => (info.cloned_hash.clone(), info.cloned_message.clone()),
    }
}
