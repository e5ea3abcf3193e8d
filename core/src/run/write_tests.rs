//! The writes of a run on a store that takes its time.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use varanus_proto::Result;
use varanus_proto::request::Group;

use crate::procedure::Procedures;
use crate::resource;
use crate::store::{Change, Collection, Document, Filter, Query};
use crate::testing::Tester;
use crate::testing::slow::{self, Fate, HELD, Met};

const DEADLINE: Duration = Duration::from_secs(30);

struct Slowed {
    tester: Tester,
    met: Met,
}

impl Slowed {
    async fn new(chosen: fn(&[Change]) -> bool, fate: Fate) -> Self {
        let (core, met) = slow::core(chosen, fate).await;
        Self { tester: Tester::of(core), met }
    }

    /// Makes a procedure of one pause.
    async fn procedure(&self, pause: Duration) {
        let admin = self.tester.admin("admin").await;
        let pause = json!({ "type": "Sleep", "params": { "duration_ms": pause.as_millis() } });
        let executions = json!([{ "execution": pause, "enabled": true }]);
        let stages = json!([{ "name": "s", "enabled": true, "executions": executions }]);
        let params = json!({ "name": "p", "config": { "stages": stages } });
        self.tester.send(&admin, Group::Write, "CreateProcedure", params).await.unwrap();
    }

    async fn run(&self) -> Result<Value> {
        let admin = self.tester.again("admin");
        let params = json!({ "procedure": "p" });
        self.tester.send(&admin, Group::Execute, "RunProcedure", params).await
    }

    /// Waits until nothing waits or works, and says what the store has of all runs.
    async fn stored(&self) -> Vec<Document> {
        let core = &self.tester.core;
        let idle = async {
            while !core.runs.is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(DEADLINE, idle).await.expect("all runs end");
        let runs = Filter::eq("operation", "RunProcedure");
        core.store.find(Collection::Update, &Query::new(runs)).await.unwrap()
    }
}

/// The log of a run that still works.
fn log(changes: &[Change]) -> bool {
    let update = slow::update(changes);
    changes.len() == 1 && update.is_some_and(|update| update["status"] == "InProgress")
}

fn acceptance(changes: &[Change]) -> bool {
    slow::update(changes).is_some_and(|update| update["status"] == "Queued")
}

/// What is noted of a procedure.
fn procedure(changes: &[Change]) -> bool {
    changes.iter().all(|change| matches!(change, Change::Put(Collection::Procedure, _)))
}

#[tokio::test]
async fn what_a_run_was_doing_never_replaces_what_came_of_it() {
    let slowed = Slowed::new(log, Fate::HeldUp).await;
    // Long enough that its log is stored while it works.
    slowed.procedure(Duration::from_millis(2500)).await;
    slowed.run().await.unwrap();
    slowed.stored().await;
    assert_eq!(slowed.met.count(), 1, "its log was not stored in between");
    // Whatever was held up comes by then.
    sleep(HELD * 2).await;
    let runs = slowed.stored().await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["status"], "Complete", "{runs:?}");
}

#[tokio::test]
async fn a_run_that_is_stored_begins_also_when_its_caller_hangs_up() {
    let slowed = Slowed::new(acceptance, Fate::HeldUp).await;
    slowed.procedure(Duration::from_millis(1)).await;
    tokio::select! {
        answer = slowed.run() => panic!("it was accepted too early: {answer:?}"),
        () = slowed.met.one() => {}
    }
    let runs = async {
        loop {
            let runs = slowed.stored().await;
            if runs.iter().any(|run| run["status"] == "Complete") {
                return runs;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let runs = timeout(DEADLINE, runs).await.expect("the run begins");
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["success"], true, "{runs:?}");
}

#[tokio::test]
async fn what_a_run_found_out_is_not_lost_when_the_store_takes_too_long_once() {
    let slowed = Slowed::new(procedure, Fate::NotInTime).await;
    slowed.procedure(Duration::ZERO).await;
    let core = &slowed.tester.core;
    let id = core.catalog.procedures.get("p").unwrap().id.to_string();
    resource::note_info::<Procedures>(core, &id, |_| {}).await.unwrap();
    assert_eq!(slowed.met.count(), 1);
}
