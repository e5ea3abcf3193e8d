//! What was accepted ends, also when Core dies half way.

use serde_json::{Value, json};
use varanus_tests::{Core, CoreOptions, text_of, until};

async fn slow_procedure(core: &Core, milliseconds: u64) -> String {
    let execution = json!({ "type": "Sleep", "params": { "duration_ms": milliseconds } });
    let executions = json!([{ "execution": execution, "enabled": true }]);
    let stages = json!([{ "name": "wait", "enabled": true, "executions": executions }]);
    let params = json!({ "name": "slow", "config": { "stages": stages } });
    core.admin.write("CreateProcedure", params).await;
    begun(core).await
}

async fn begun(core: &Core) -> String {
    let update = core.admin.call("execute", "RunProcedure", json!({ "procedure": "slow" })).await;
    update.unwrap()["_id"]["$oid"].as_str().unwrap().to_owned()
}

async fn in_progress(core: &Core, id: &str) -> Value {
    until("the run is in progress", || async {
        let update = core.admin.read("GetUpdate", json!({ "id": id })).await;
        (update["status"] == "InProgress").then_some(update)
    })
    .await
}

async fn survives(options: CoreOptions) {
    let mut core = Core::start(options).await;
    let first = slow_procedure(&core, 600_000).await;
    in_progress(&core, &first).await;
    let waiting = begun(&core).await;
    core.kill_and_start().await;
    // What was begun goes on, and says so; what waited waits.
    in_progress(&core, &first).await;
    let update = core.admin.read("GetUpdate", json!({ "id": waiting })).await;
    assert_eq!(update["status"], "Queued", "{update}");
    core.admin.write("CancelRun", json!({ "id": first })).await;
    let update = core.admin.finished(&first).await;
    assert!(text_of(&update).contains("Core was restarted"), "{}", text_of(&update));
    // Its turn has come.
    in_progress(&core, &waiting).await;
    core.admin.write("CancelRun", json!({ "id": waiting })).await;
    core.admin.finished(&waiting).await;
    let state = core.admin.read("GetProcedureActionState", json!({ "procedure": "slow" })).await;
    assert_eq!(state["running"], false, "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_a_killed_core_left_go_on() {
    survives(CoreOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_a_killed_core_left_in_mongodb_go_on() {
    let uri = std::env::var("VARANUS_TEST_MONGODB_URI")
        .expect("VARANUS_TEST_MONGODB_URI is needed: ./dev test starts a server and sets it");
    survives(CoreOptions { mongodb: Some(uri), ..CoreOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_at_the_deadline_that_its_resource_was_given() {
    let core = Core::start(CoreOptions::default()).await;
    let id = slow_procedure(&core, 600_000).await;
    core.admin.write("CancelRun", json!({ "id": id })).await;
    core.admin.finished(&id).await;
    let config = json!({ "id": "slow", "config": { "run_deadline_seconds": 1 } });
    core.admin.write("UpdateProcedure", config).await;
    let update = core.admin.finished(&begun(&core).await).await;
    assert_eq!(update["success"], false, "{update}");
    assert!(text_of(&update).contains("run_deadline_seconds"), "{}", text_of(&update));
}
