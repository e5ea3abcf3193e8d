//! What is to be asked for: the branches of everything that follows one.

use std::collections::BTreeMap;
use std::sync::Arc;

use varanus_proto::entity::repo::Repo;
use varanus_proto::entity::resource::ResourceTargetVariant;

use crate::Core;
use crate::git::{Place, Repository};

/// Something that follows a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A stack, a sync, a build or a repo.
    pub kind: ResourceTargetVariant,
    /// Its id.
    pub id: String,
    /// What it follows.
    pub place: Place,
    /// Whether a push is done, and not only looked at.
    pub acts: bool,
    /// The commit that it is known to be at, as far as git shortens it.
    pub known: Option<String>,
}

impl Source {
    /// What it is known by: what was only looked at is not done yet when somebody
    /// says that it is to be done.
    pub fn key(&self) -> String {
        format!("{}{}", self.id, if self.acts { " acts" } else { "" })
    }
}

/// A template of stacks: one for each branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its repository, and the branch that it is written with.
    pub place: Place,
    /// Which branches count.
    pub pattern: String,
}

/// The templates of stacks, by their repositories.
pub fn templates(core: &Core) -> BTreeMap<Repository, Vec<Template>> {
    let mut found: BTreeMap<Repository, Vec<Template>> = BTreeMap::new();
    let all = core.catalog.stacks.all().into_iter();
    for stack in all.filter(|stack| stack.template && !stack.config.stack_per_branch.is_empty()) {
        // A linked repo is at one branch, whatever its stacks say.
        if !stack.config.linked_repo.is_empty() {
            continue;
        }
        let Ok(Some(place)) = Place::of_stack(core, &stack) else { continue };
        let (id, pattern) = (stack.id.to_string(), stack.config.stack_per_branch.clone());
        found.entry(place.asked()).or_default().push(Template { id, place, pattern });
    }
    found
}

/// All of them, by their repositories. What stays at a commit follows nothing.
pub fn sources(core: &Core) -> BTreeMap<Repository, Vec<Source>> {
    let mut found: BTreeMap<Repository, Vec<Source>> = BTreeMap::new();
    let mut add = |source: Source| {
        if source.place.commit.is_empty() {
            found.entry(source.place.asked()).or_default().push(source);
        }
    };
    for stack in core.catalog.stacks.all().into_iter().filter(|stack| !stack.template) {
        let Ok(Some(place)) = Place::of_stack(core, &stack) else { continue };
        let acts = stack.config.deploy_on_poll;
        let known = match acts {
            true => &stack.info.deployed_hash,
            false => &stack.info.latest_hash,
        };
        add(Source {
            kind: ResourceTargetVariant::Stack,
            id: stack.id.to_string(),
            place,
            acts,
            known: known.clone(),
        });
    }
    for sync in core.catalog.syncs.all().into_iter().filter(|sync| !sync.template) {
        let Ok(Some(place)) = Place::of_sync(core, &sync) else { continue };
        let acts = sync.config.sync_on_poll;
        let known = match acts {
            true => &sync.info.last_sync_hash,
            false => &sync.info.pending_hash,
        };
        add(Source {
            kind: ResourceTargetVariant::ResourceSync,
            id: sync.id.to_string(),
            place,
            acts,
            known: known.clone(),
        });
    }
    // Their branches are only looked at: a newer commit is built or pulled by a
    // person, a procedure or a webhook.
    for build in core.catalog.builds.all().into_iter().filter(|build| !build.template) {
        let Ok(Some(place)) = Place::of_build(core, &build) else { continue };
        let kind = ResourceTargetVariant::Build;
        let (id, known) = (build.id.to_string(), build.info.latest_hash.clone());
        add(Source { kind, id, place, acts: false, known });
    }
    let is_of_git = |repo: &Arc<Repo>| !repo.template && !repo.config.repo.is_empty();
    for repo in core.catalog.repos.all().into_iter().filter(is_of_git) {
        let (kind, place) = (ResourceTargetVariant::Repo, Place::of_repo(&repo));
        let (id, known) = (repo.id.to_string(), repo.info.latest_hash.clone());
        add(Source { kind, id, place, acts: false, known });
    }
    found
}
