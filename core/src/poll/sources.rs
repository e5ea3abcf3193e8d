//! What is to be asked for: the branches of everything that follows one.

use std::collections::BTreeMap;

use varanus_proto::entity::resource::ResourceTargetVariant;

use crate::Core;
use crate::git::Place;

/// A repository, and the account that asks.
pub type Repository = (String, bool, String, String);

/// Something that follows a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A stack or a sync.
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

/// All of them, by their repositories. What stays at a commit follows nothing.
pub fn sources(core: &Core) -> BTreeMap<Repository, Vec<Source>> {
    let mut found: BTreeMap<Repository, Vec<Source>> = BTreeMap::new();
    let mut add = |source: Source| {
        let Place { provider, https, account, repo, commit, .. } = &source.place;
        let repository = (provider.clone(), *https, account.clone(), repo.clone());
        if commit.is_empty() {
            found.entry(repository).or_default().push(source);
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
    found
}
