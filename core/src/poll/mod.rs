//! Git without webhooks: the branches of stacks, syncs, builds and repos are asked
//! for by the clock, and one that has moved does what a webhook of it would do, or
//! has what is known of it brought up to date.
//!
//! A repository is asked once for all branches of all that share it, without
//! fetching anything. A git host that does not answer is asked less and less
//! often, and what is in it says so. This room must not know how a stack or a
//! sync is read.

mod branches;
mod moved;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep};

use crate::Core;
use crate::core::now;
use crate::git::{self, Repository};
use sources::{Source, Template, sources, templates};

/// The longest time until the first look after a start: a push may have come
/// while Core was down.
const FIRST: Duration = Duration::from_secs(60);

/// The longest time between two questions to a host that does not answer; where
/// the interval is longer, that one.
const RAREST: Duration = Duration::from_secs(3_600);

/// Repositories that are asked beside each other.
const BESIDE: usize = 4;

/// What is known of one repository from round to round.
#[derive(Default)]
struct Known {
    /// How often it did not answer, one after the other.
    failures: u32,
    /// Not asked before then.
    next: Option<Instant>,
    /// What was done about each source, by its key: the commit, or what was wrong.
    done: BTreeMap<String, String>,
}

type All = BTreeMap<Repository, Known>;

/// Begins to look.
pub fn start(core: &Arc<Core>) {
    let interval = core.config.resource_poll_interval.duration();
    tokio::spawn(watch(Arc::downgrade(core), interval));
}

async fn watch(core: Weak<Core>, interval: Duration) {
    let mut all = All::new();
    let mut wait = interval.min(FIRST);
    loop {
        sleep(wait).await;
        wait = interval;
        let Some(core) = core.upgrade() else { return };
        if core.repositories.is_stopped() {
            return;
        }
        all = round(&core, all, interval).await;
    }
}

/// Asks every repository whose time has come.
async fn round(core: &Arc<Core>, mut all: All, interval: Duration) -> All {
    let mut follow: BTreeMap<Repository, (Vec<Source>, Vec<Template>)> = BTreeMap::new();
    for (repository, sources) in sources(core) {
        follow.entry(repository).or_default().0 = sources;
    }
    for (repository, templates) in templates(core) {
        follow.entry(repository).or_default().1 = templates;
    }
    all.retain(|repository, _| follow.contains_key(repository));
    let asked = follow.into_iter().map(|(repository, (sources, templates))| {
        let known = all.remove(&repository).unwrap_or_default();
        async move { ask(core, repository, &sources, &templates, known, interval).await }
    });
    futures_util::stream::iter(asked).buffer_unordered(BESIDE).collect().await
}

async fn ask(
    core: &Arc<Core>,
    repository: Repository,
    sources: &[Source],
    templates: &[Template],
    mut known: Known,
    interval: Duration,
) -> (Repository, Known) {
    // Hosts that are tried less often wake up within a round.
    if known.next.is_some_and(|next| Instant::now() + Duration::from_millis(500) < next) {
        return (repository, known);
    }
    let mut places = sources.iter().map(|source| &source.place);
    let template = templates.first().map(|template| &template.place);
    let Some(first) = places.next().or(template) else { return (repository, known) };
    let mut branches: Vec<_> = sources.iter().map(|source| source.place.branch.clone()).collect();
    branches.sort();
    branches.dedup();
    if !templates.is_empty() {
        // All of them: which there are is the question.
        branches.clear();
    }
    let since = now();
    match git::heads(core, first, &branches).await {
        Ok(heads) => {
            if known.failures > 0 {
                tracing::info!(repo = first.repo, "the git host answers again");
                known.done.retain(|_, done| !done.is_empty());
            }
            (known.failures, known.next) = (0, None);
            moved::act(core, sources, &heads, &mut known.done, since).await;
            branches::grow(core, templates, sources, &heads).await;
        }
        Err(error) => {
            known.failures = known.failures.saturating_add(1);
            let wait = wait(interval, known.failures);
            known.next = Some(Instant::now() + wait);
            let repo = format!("{}/{}", first.provider, first.repo);
            if known.failures == 1 {
                let again = wait.as_secs();
                tracing::warn!(repo, %error, again, "a repository was not asked for news");
                moved::report(core, sources, &error).await;
                // When it answers again each is looked at, and the error goes.
                let ids = sources.iter().map(|source| (source.key(), String::new()));
                known.done.extend(ids);
            }
        }
    }
    (repository, known)
}

/// How long a repository is left alone after so many failures.
fn wait(interval: Duration, failures: u32) -> Duration {
    let doubled = interval.saturating_mul(1u32.checked_shl(failures.min(20)).unwrap_or(u32::MAX));
    doubled.min(RAREST.max(interval))
}
