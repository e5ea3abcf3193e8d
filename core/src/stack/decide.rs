//! What is to be done about stacks whose files may have changed: for one within
//! its run, and for many before any run begins, so that a push to a repository of
//! hundreds of stacks begins only the runs that do something.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use varanus_host::redact::Redactor;
use varanus_proto::Result;
use varanus_proto::entity::stack::Stack;

use super::changed::{Needed, needed};
use super::contents::{self, Latest, in_configuration};
use super::{Stacks, clone};
use crate::Core;
use crate::catalog::Commit;
use crate::git::{self, Place};
use crate::interpolate::Interpolator;
use crate::resource::{self, Kind as _};

/// What is to be done about one stack, and what its files say. A fetch that began
/// after `since` (Unix milliseconds) is new enough.
pub(super) async fn decide(core: &Core, id: &str, since: i64) -> Result<(Needed, Latest)> {
    let latest = contents::refresh(core, id, since).await?;
    let stack = resource::find::<Stacks>(core, id)?;
    Ok((of(core, &stack, &latest), latest))
}

fn of(core: &Core, stack: &Stack, latest: &Latest) -> Needed {
    let needed = match in_configuration(stack) {
        true => needed(&stack.info, &as_deployed(core, stack, latest), &latest.beside),
        false => needed(&stack.info, &latest.contents, &latest.beside),
    };
    if let (Needed::Nothing, Some(commit)) = (&needed, &latest.hash) {
        core.compared.same(stack, commit);
    }
    needed
}

/// Contents of the configuration as a deploy keeps them: variables filled in,
/// secrets taken out.
fn as_deployed(
    core: &Core,
    stack: &Stack,
    latest: &Latest,
) -> Vec<varanus_proto::entity::stack::StackRemoteFileContents> {
    let mut contents = latest.contents.clone();
    if stack.config.skip_secret_interp {
        return contents;
    }
    for file in &mut contents {
        let mut fill = Interpolator::new(core);
        let mut text = file.contents.clone();
        if fill.fill("file_contents", &mut text).is_ok() {
            file.contents = Redactor::new(&fill.into_secrets()).redact(&text);
        }
    }
    contents
}

/// Of some stacks those that are as deployed: nothing is to be done about them.
/// What their files say is kept, in one change for all. Stacks whose files cannot be
/// read, or on which something runs, are not among them.
pub async fn settled(core: &Arc<Core>, ids: &[String], since: i64) -> Vec<String> {
    let mut places: BTreeMap<Option<Place>, Vec<Arc<Stack>>> = BTreeMap::new();
    // What a run that has not ended leaves behind is not known yet.
    let idle = |stack: &Arc<Stack>| core.runs.on(&Stacks::target(stack.id.as_str())).is_empty();
    let mut on_hosts = Vec::new();
    for stack in ids.iter().filter_map(|id| core.catalog.stacks.get(id)).filter(idle) {
        if stack.config.files_on_host {
            on_hosts.push(stack);
        } else if in_configuration(&stack) {
            places.entry(None).or_default().push(stack);
        } else if let Ok(Some(place)) = Place::of_stack(core, &stack)
            && place.is_reachable()
        {
            places.entry(Some(place)).or_default().push(stack);
        }
    }
    let heads = heads(core, places.keys().flatten()).await;
    let mut settled = Vec::new();
    for (place, stacks) in places {
        let head = place.as_ref().and_then(|place| heads.get(place)).map(String::as_str);
        settled.extend(settled_of(core, place.as_ref(), stacks, since, head).await);
    }
    settled.extend(settled_on_hosts(core, on_hosts).await);
    settled
}

/// Hosts that are asked beside each other, and how long one is waited for: a run of
/// its own asks a slow one again.
const BESIDE: usize = 16;
const ANSWERS: Duration = Duration::from_secs(10);

/// The same of stacks whose files are on their hosts.
async fn settled_on_hosts(core: &Arc<Core>, stacks: Vec<Arc<Stack>>) -> Vec<String> {
    let asked = stacks.into_iter().map(|stack| async move {
        let answer = tokio::time::timeout(ANSWERS, contents::from_agent(core, &stack)).await;
        let latest = answer.ok()?.ok()?;
        // What cannot be read is told by a run.
        latest.errors.is_empty().then_some((stack, latest))
    });
    let found = futures_util::stream::iter(asked).buffer_unordered(BESIDE);
    let found: Vec<_> = found.filter_map(std::future::ready).collect().await;
    keep_settled(core, found).await
}

/// Where the branches of a repository are that has several of them here: asked for
/// once, so that those that have not moved are not fetched.
async fn heads<'a>(
    core: &Core,
    places: impl Iterator<Item = &'a Place>,
) -> BTreeMap<Place, String> {
    let mut by_repository: BTreeMap<_, Vec<&Place>> = BTreeMap::new();
    for place in places {
        by_repository.entry(place.asked()).or_default().push(place);
    }
    let mut found = BTreeMap::new();
    for places in by_repository.values().filter(|places| places.len() > 1) {
        let branches: Vec<_> = places.iter().map(|place| place.branch.clone()).collect();
        let Ok(heads) = git::heads(core, places[0], &branches).await else { continue };
        let at = |place: &&Place| Some(((*place).clone(), heads.get(&place.branch)?.clone()));
        // What stays at a commit is where it is.
        found.extend(places.iter().filter(|place| place.commit.is_empty()).filter_map(at));
    }
    found
}

/// The same of stacks of one branch, or of those in the configuration.
async fn settled_of(
    core: &Arc<Core>,
    place: Option<&Place>,
    stacks: Vec<Arc<Stack>>,
    since: i64,
    head: Option<&str>,
) -> Vec<String> {
    let found = match place {
        Some(place) => clone::read(core, place, &stacks, since, head).await,
        None => Ok(stacks.iter().map(|stack| contents::configured(stack)).collect()),
    };
    let found: Vec<_> = match found {
        Ok(found) => stacks.into_iter().zip(found).collect(),
        Err(error) => {
            let place = place.map(Place::shown).unwrap_or_default();
            tracing::debug!(place, %error, "each stack is looked at by its own run");
            return Vec::new();
        }
    };
    keep_settled(core, found).await
}

/// Keeps what was found, and says which are as deployed.
async fn keep_settled(core: &Core, found: Vec<(Arc<Stack>, Latest)>) -> Vec<String> {
    let same = found.iter().filter(|(stack, latest)| of(core, stack, latest) == Needed::Nothing);
    let settled = same.map(|(stack, _)| stack.id.to_string()).collect();
    if let Err(error) = keep(core, found).await {
        tracing::warn!(%error, "what the files of stacks say was not kept");
    }
    settled
}

async fn keep(core: &Core, found: Vec<(Arc<Stack>, Latest)>) -> Result<()> {
    let _edit = core.edit().await;
    let mut commit = Commit::new();
    let mut changes = 0;
    for (stack, mut latest) in found {
        let Some(now) = core.catalog.stacks.get(stack.id.as_str()) else { continue };
        let mut after = (*now).clone();
        contents::note(&stack, &mut latest, &mut after.info);
        if after.info != now.info {
            commit.put(&core.catalog.stacks, stack.id.as_str(), after)?;
            changes += 1;
        }
    }
    match changes {
        0 => Ok(()),
        _ => commit.commit(&*core.store).await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use varanus_proto::api::write::stack::CreateStack;
    use varanus_proto::entity::file::FileContents;
    use varanus_proto::entity::stack::PartialStackConfig;

    use super::*;
    use crate::core::now;
    use crate::testing::{Tester, git};

    #[tokio::test]
    async fn of_two_hundred_stacks_the_three_that_a_push_touches_are_left() {
        let tester = Tester::new().await;
        let (core, admin) = (&tester.core, tester.admin("ann").await);
        let origin = tempfile::tempdir().unwrap();
        git(origin.path(), &["init", "-q", "-b", "main", "o/r"]);
        let work = origin.path().join("o/r");
        let write = |name: &str, file: &str, text: &str| {
            std::fs::create_dir_all(work.join(name)).unwrap();
            std::fs::write(work.join(name).join(file), text).unwrap();
        };
        let push = || {
            git(&work, &["add", "-A"]);
            git(&work, &["commit", "-qm", "a push"]);
            git(&work, &["log", "-1", "--pretty=%h"])
        };
        let names: Vec<_> = (0..200).map(|n| format!("s{n:03}")).collect();
        const COMPOSE: &str = "services: {a: {image: b, env_file: a.env}}\n";
        for name in &names {
            write(name, "compose.yaml", COMPOSE);
            write(name, "a.env", "A=1\n");
        }
        let first = push();
        let mut stacks = Vec::new();
        for name in &names {
            let config = PartialStackConfig {
                files_on_host: Some(true),
                run_directory: Some(name.clone()),
                ..Default::default()
            };
            let create = CreateStack { name: name.clone(), config };
            let id = tester.call(&admin, create).await.unwrap().id.to_string();
            let deployed = |info: &mut varanus_proto::entity::stack::StackInfo| {
                info.deployed_hash = Some(first.clone());
                let (path, contents) = ("compose.yaml".to_owned(), COMPOSE.to_owned());
                info.deployed_contents = Some(vec![FileContents { path, contents }]);
            };
            resource::update_info::<Stacks>(core, &id, deployed).await.unwrap();
            let mut stack = (*core.catalog.stacks.get(&id).unwrap()).clone();
            stack.config.files_on_host = false;
            stack.config.repo = "o/r".into();
            stack.config.git_provider = format!("file://{}", origin.path().display());
            stacks.push(Arc::new(stack));
        }
        let place = Place::of_stack(core, &stacks[0]).unwrap().unwrap();
        let settled = async |since| {
            let begun = Instant::now();
            let found = settled_of(core, Some(&place), stacks.clone(), since, None).await;
            println!("the decision about 200 stacks took {:?}", begun.elapsed());
            found
        };
        assert_eq!(settled(now()).await.len(), 200);
        write("s007", "compose.yaml", "services: {a: {image: c, env_file: a.env}}\n");
        write("s077", "a.env", "A=2\n");
        write("s177", "new.conf", "new\n");
        write("README", "a", "of nobody\n");
        push();
        let same = settled(now()).await;
        let left: Vec<_> = stacks
            .iter()
            .filter(|stack| !same.contains(&stack.id.to_string()))
            .map(|stack| stack.name.as_str())
            .collect();
        assert_eq!(left, ["s007", "s077", "s177"]);
    }
}
