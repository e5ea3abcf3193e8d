//! What is scheduled runs by the clock: once, listed, and told when Core was not
//! there.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use varanus_tests::{Core, CoreOptions, text_of, until};

async fn scheduled(core: &Core, name: &str, schedule: &str) {
    let config = json!({ "schedule": schedule, "schedule_timezone": "UTC" });
    core.admin.write("CreateProcedure", json!({ "name": name, "config": config })).await;
}

async fn listed(core: &Core) -> Value {
    core.admin.read("ListSchedules", json!({})).await[0].clone()
}

async fn updates(core: &Core, operation: &str) -> Vec<Value> {
    let query = json!({ "operation": operation, "target.type": "Procedure" });
    let list = core.admin.read("ListUpdates", json!({ "query": query })).await;
    list["updates"].as_array().cloned().unwrap_or_default()
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970");
    since.as_millis().try_into().expect("the clock is before the year 292 million")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_runs_in_each_of_its_slots_and_once() {
    let core = Core::start(CoreOptions::default()).await;
    scheduled(&core, "soon", "every 2 seconds").await;
    let first = listed(&core).await["next_scheduled_run"].as_i64().expect("a run is coming");
    assert!((first - now()).abs() < 2_500, "{first}");
    let runs = until("it has run three times", || async {
        let runs = updates(&core, "RunProcedure").await;
        (runs.len() >= 3).then_some(runs)
    })
    .await;
    let mut begun: Vec<_> = runs.iter().map(|run| run["start_ts"].as_i64().unwrap()).collect();
    begun.reverse();
    assert!(begun[0] >= first, "{begun:?}");
    let mut slots: Vec<_> = begun.iter().map(|at| at / 2_000).collect();
    slots.dedup();
    assert_eq!(slots.len(), begun.len(), "two in one slot: {begun:?}");
    assert_eq!(runs[0]["username"], "Procedure");
    let next = listed(&core).await["next_scheduled_run"].as_i64().unwrap();
    assert!(next > first, "{next}");
    // It rests when it is told to.
    let off = json!({ "id": "soon", "config": { "schedule_enabled": false } });
    until("it is idle", || async {
        core.admin.call("write", "UpdateProcedure", off.clone()).await.ok()
    })
    .await;
    assert_eq!(listed(&core).await["next_scheduled_run"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_core_was_not_there_for_is_told_after_its_start() {
    let mut core = Core::start(CoreOptions::default()).await;
    scheduled(&core, "missed", "every 3 seconds").await;
    core.process().signal(Signal::SIGKILL);
    let killed = now();
    until("the clock has passed a slot", || async { (now() > killed + 3_000).then_some(()) }).await;
    core.kill_and_start().await;
    let told = until("it is told", || async {
        updates(&core, "None").await.into_iter().find(|update| update["success"] == false)
    })
    .await;
    let update = core.admin.read("GetUpdate", json!({ "id": told["id"] })).await;
    let text = text_of(&update);
    assert!(
        text.contains("of procedure \"missed\"") && text.contains("schedule_catch_up"),
        "{text}"
    );
    let alerts = core.admin.read("ListAlerts", json!({})).await;
    assert!(alerts.to_string().contains("missed"), "{alerts}");
}
