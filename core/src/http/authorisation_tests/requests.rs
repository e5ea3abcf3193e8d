//! The rows, driven as users with too little and with just enough.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use varanus_proto::Kind as Fault;
use varanus_proto::Result;
use varanus_proto::entity::permission::PermissionLevel as Level;
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::table::{End, Grant, Less, Right, Row, all, is_empty, one_less};
use super::world::{World, words};
use crate::auth::Caller;

/// Writes that leave no record of their own, and why. Every other write and
/// execute request that succeeds leaves one.
const WITHOUT_RECORD: &[(&str, &str)] = &[
    ("PushRecentlyViewed", "only the caller's own list of what they looked at"),
    ("SetLastSeenUpdate", "only when the caller looked last"),
    ("RefreshStackCache", "finds out what is there; nobody's choice changes"),
    ("RefreshResourceSyncPending", "finds out what is there; nobody's choice changes"),
    ("RefreshBuildCache", "finds out what is there; nobody's choice changes"),
    ("RefreshRepoCache", "finds out what is there; nobody's choice changes"),
    ("CheckStackForUpdate", "finds out what is there; nobody's choice changes"),
    ("BatchCheckStackForUpdate", "finds out what is there; nobody's choice changes"),
    ("CheckDeploymentForUpdate", "finds out what is there; nobody's choice changes"),
    ("BatchCheckDeploymentForUpdate", "finds out what is there; nobody's choice changes"),
    ("CancelRun", "the update of the run it ends says who ended it"),
    ("GetUserId", "a read, among the requests about one's own login"),
];

fn refused(row: &Row, who: &str, answer: Result<Value>, kinds: &[Fault]) -> String {
    match answer {
        Ok(answer) => panic!("{} as {who} was answered: {answer}", row.label()),
        Err(error) => {
            let text = words(&error);
            assert!(
                kinds.contains(&error.kind()),
                "{} as {who}: {:?} {text}, not one of {kinds:?}",
                row.label(),
                error.kind()
            );
            text
        }
    }
}

fn hides(row: &Row, who: &str, answer: &Value) {
    let text = answer.to_string();
    assert!(!text.contains("hidden"), "{} as {who} shows what is hidden: {text}", row.label());
}

/// Drives a row in the ways in which nothing may come of it.
async fn refuse(world: &World, row: &Row) {
    let stranger = world.tester.again("stranger");
    let chief = world.tester.again("chief");
    match row.right {
        Right::Nobody | Right::AnyUser => {}
        Right::Owner | Right::Admin => {
            let answer = world.send(&stranger, row).await;
            refused(row, "a stranger", answer, &[Fault::Forbidden]);
        }
        Right::SuperAdmin => {
            for (who, caller) in [("a stranger", &stranger), ("an admin", &chief)] {
                refused(row, who, world.send(caller, row).await, &[Fault::Forbidden]);
            }
        }
        Right::AdminKnowing(grants) => {
            let told =
                refused(row, "a stranger", world.send(&stranger, row).await, &[Fault::NotFound]);
            let absent = world.send_absent(&stranger, row).await;
            assert_eq!(absent.expect_err("there is no such thing"), told, "{}", row.label());
            let knowing = world.holding(&grants.iter().map(Less::of).collect::<Vec<_>>()).await;
            refused(row, "no admin", world.send(&knowing, row).await, &[Fault::Forbidden]);
        }
        Right::Needs(grants) => {
            let secret = !matches!(grants, [Grant::MakesServers | Grant::MakesBuilds]);
            let kind = if secret { Fault::NotFound } else { Fault::Forbidden };
            let told = refused(row, "a stranger", world.send(&stranger, row).await, &[kind]);
            if secret {
                let absent = world.send_absent(&stranger, row).await;
                assert_eq!(
                    absent.expect_err("there is no such thing"),
                    told,
                    "{}: what may not be seen must look like what is not there",
                    row.label()
                );
            }
            for less in one_less(grants) {
                let caller = world.holding(&less).await;
                let answer = world.send(&caller, row).await;
                let who = format!("somebody who holds {less:?}");
                refused(row, &who, answer, &[Fault::Forbidden, Fault::NotFound]);
            }
        }
        Right::Shows(grants) => {
            let mut callers = vec![stranger];
            for less in one_less(grants) {
                callers.push(world.holding(&less).await);
            }
            for caller in callers {
                let who = &caller.user.username;
                match world.send(&caller, row).await {
                    Err(error) => panic!("{} as {who}: {error}", row.label()),
                    // What somebody holds is shown to them, even if it is little.
                    Ok(answer) if row.name == "ListPermissions" => drop(answer),
                    Ok(answer) => {
                        assert!(is_empty(&answer), "{} as {who} shows {answer}", row.label());
                    }
                }
            }
        }
    }
}

/// Somebody with the lowest right that suffices.
async fn sufficient(world: &World, row: &Row) -> Caller {
    match row.right {
        Right::Nobody | Right::AnyUser => world.tester.again("stranger"),
        Right::Owner => world.tester.again("owner"),
        Right::Admin | Right::AdminKnowing(_) => world.tester.again("chief"),
        Right::SuperAdmin => world.tester.again("root"),
        Right::Needs(grants) | Right::Shows(grants) => {
            let grants: Vec<_> = grants.iter().map(Less::of).collect();
            world.holding(&grants).await
        }
    }
}

/// Drives a row with the lowest right that suffices.
async fn allow(world: &World, row: &Row) {
    let caller = sufficient(world, row).await;
    let before = world.updates(Some(&caller)).await;
    let answer = world.send(&caller, row).await;
    let answer = match (row.end, answer) {
        (End::Fails(kind), Err(error)) if error.kind() == kind => {
            if let Right::Needs(_) = row.right {
                let stranger = world.tester.again("stranger");
                let told = refused(
                    row,
                    "a stranger",
                    world.send(&stranger, row).await,
                    &[Fault::NotFound],
                );
                assert_ne!(words(&error), told, "{}: this is a refusal", row.label());
            }
            return;
        }
        (End::Good | End::Empty, Ok(answer)) => answer,
        (end, answer) => panic!("{}: {end:?} was expected, not {answer:?}", row.label()),
    };
    match row.right {
        Right::AnyUser | Right::Nobody => hides(row, "a stranger", &answer),
        Right::Shows(_) => {
            let empty = row.end == End::Empty;
            assert_eq!(is_empty(&answer), empty, "{}: {answer}", row.label());
        }
        _ => {}
    }
    let recorded = matches!(row.group, Group::Write | Group::Execute | Group::Manage)
        && row.end == End::Good
        && WITHOUT_RECORD.iter().all(|(name, _)| *name != row.name);
    if recorded {
        let after = world.updates(Some(&caller)).await;
        assert!(after > before, "{} left no record of who did it", row.label());
    }
}

/// Goes on to the next row after one that fails, and fails in the end.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    async fn note(&mut self, row: &Row, checks: impl Future<Output = ()>) {
        if AssertUnwindSafe(checks).catch_unwind().await.is_err() {
            self.0.push(row.label());
        }
    }

    fn end(self) {
        assert!(self.0.is_empty(), "these rows failed (see above):\n{}", self.0.join("\n"));
    }
}

#[tokio::test]
async fn less_than_the_lowest_right_is_refused_and_changes_nothing() {
    let mut world = World::new().await;
    world.begin_run().await;
    let mut failures = Failures::default();
    for row in all() {
        let before = world.updates(None).await;
        failures.note(&row, refuse(&world, &row)).await;
        let unchanged = async {
            assert_eq!(world.updates(None).await, before, "{} did something", row.label());
        };
        failures.note(&row, unchanged).await;
    }
    failures.end();
}

#[tokio::test]
async fn the_lowest_right_suffices_to_read() {
    let world = World::new().await;
    let mut failures = Failures::default();
    for row in all().iter().filter(|row| row.group == Group::Read) {
        failures.note(row, allow(&world, row)).await;
    }
    failures.end();
}

/// What changes something is done in a world of its own.
async fn each_alone(groups: &[Group]) {
    let mut failures = Failures::default();
    for row in all().iter().filter(|row| groups.contains(&row.group)) {
        let mut world = World::new().await;
        if row.params.contains("@run") {
            world.begin_run().await;
        }
        failures.note(row, allow(&world, row)).await;
    }
    failures.end();
}

#[tokio::test]
async fn the_lowest_right_suffices_to_execute_and_leaves_a_record() {
    each_alone(&[Group::Execute]).await;
}

#[tokio::test]
async fn the_lowest_right_suffices_to_write_and_leaves_a_record() {
    each_alone(&[Group::Write, Group::Manage]).await;
}

#[tokio::test]
async fn a_container_is_attributed_only_to_what_the_caller_may_see() {
    let world = World::new().await;
    let ask = json!({ "server": "hidden-server", "container": "hidden-stack-web" });
    let server = Less::On(Kind::Server, Level::Read, Vec::new());
    let stack = Less::On(Kind::Stack, Level::Read, Vec::new());
    for (grants, shown) in [(vec![server.clone()], false), (vec![server, stack], true)] {
        let caller = world.holding(&grants).await;
        let name = "GetResourceMatchingContainer";
        let answer = world.tester.send(&caller, Group::Read, name, ask.clone()).await.unwrap();
        assert_eq!(answer["resource"].is_null(), !shown, "{grants:?}: {answer}");
    }
}

#[test]
fn what_leaves_no_record_is_a_request() {
    for (name, _) in WITHOUT_RECORD {
        assert!(all().iter().any(|row| row.name == *name), "there is no request {name}");
    }
}

#[tokio::test]
async fn nobody_can_take_the_name_of_a_user_that_is_built_in() {
    let world = World::new().await;
    let stranger = world.tester.again("stranger");
    let params = json!({ "username": "System", "password": "a-password" });
    for (group, name) in [(Group::Login, "SignUpLocalUser"), (Group::Manage, "UpdateUsername")] {
        let answer = world.tester.send(&stranger, group, name, params.clone()).await;
        assert_eq!(answer.unwrap_err().kind(), Fault::Conflict, "{name}");
    }
}
