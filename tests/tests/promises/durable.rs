//! Work that was begun is done once, whatever dies meanwhile.

use serde_json::{Value, json};
use varanus_tests::{Gate, Scene, Store, Way, text_of};

async fn deploy(scene: &Scene, name: &str) -> String {
    let stack = json!({ "stack": scene.stack(name) });
    let update = scene.api().call("execute", "DeployStack", stack).await.unwrap();
    update["_id"]["$oid"].as_str().unwrap().to_owned()
}

async fn core_is_killed(way: Way, store: Store) {
    let mut scene = Scene::start(way, store, &[]).await;
    let gate = Gate::new(&scene, "app").await;
    let id = deploy(&scene, "app").await;
    gate.reached().await;
    scene.core.kill_and_start().await;
    // The agent worked on meanwhile; Core takes what really came of it.
    gate.open();
    let update = scene.api().finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert!(text_of(&update).contains("Core was restarted"), "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
    assert!(scene.docker.id(&scene.container("app")).await.is_some());
    // Nothing stays busy.
    let again = scene.api().execute("DeployStack", json!({ "stack": scene.stack("app") })).await;
    assert_eq!(again["success"], true, "{}", text_of(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_goes_on_when_core_is_killed() {
    core_is_killed(Way::AgentDials, Store::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_goes_on_when_core_with_mongodb_is_killed() {
    core_is_killed(Way::CoreDials, Store::MongoDb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_goes_on_where_it_was_when_core_is_killed() {
    let mut scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let first = Gate::new(&scene, "first").await;
    let second = Gate::new(&scene, "second").await;
    let stage = |name: &str| -> Value {
        let params = json!({ "stack": scene.stack(name) });
        let execution = json!({ "type": "DeployStack", "params": params });
        json!({ "name": name, "enabled": true,
                "executions": [{ "execution": execution, "enabled": true }] })
    };
    let config = json!({ "stages": [stage("first"), stage("second")] });
    let api = scene.api().clone();
    api.write("CreateProcedure", json!({ "name": "both", "config": config })).await;
    let update = api.call("execute", "RunProcedure", json!({ "procedure": "both" })).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    first.reached().await;
    scene.core.kill_and_start().await;
    first.open();
    second.reached().await;
    scene.core.kill_and_start().await;
    second.open();
    let update = api.finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!((first.times(), second.times()), (1, 1));
    let updates = api.read("ListUpdates", json!({})).await;
    let deploys = updates["updates"].as_array().unwrap().iter();
    let deploys: Vec<_> = deploys.filter(|update| update["operation"] == "DeployStack").collect();
    assert_eq!(deploys.len(), 2, "{deploys:?}");
    assert!(deploys.iter().all(|update| update["success"] == true), "{deploys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_whose_agent_is_killed_ends_with_the_reason() {
    let mut scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let gate = Gate::new(&scene, "app").await;
    let id = deploy(&scene, "app").await;
    gate.reached().await;
    scene.agent.kill_and_start();
    let update = scene.api().finished(&id).await;
    gate.open();
    assert_eq!(update["success"], false, "{}", text_of(&update));
    assert!(text_of(&update).contains("restart of the agent"), "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
    let again = scene.api().execute("DeployStack", json!({ "stack": scene.stack("app") })).await;
    assert_eq!(again["success"], true, "{}", text_of(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_outlives_a_link_that_is_cut() {
    // The agent is stopped like a machine that hangs, and goes on.
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let gate = Gate::new(&scene, "app").await;
    let id = deploy(&scene, "app").await;
    gate.reached().await;
    scene.agent.freeze();
    scene.server_is("NotOk").await;
    scene.agent.thaw();
    gate.open();
    let update = scene.api().finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_holds_up_no_other() {
    // There is one place for runs, and the host that hangs has it.
    let places = [("KOMODO_MAX_PARALLEL_RUNS", "1")];
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &places).await;
    let other = scene.another("cellar").await;
    let stuck = Gate::new(&scene, "stuck").await;
    let well = Gate::on(&scene, "cellar", "well").await;
    well.open();
    let id = deploy(&scene, "stuck").await;
    stuck.reached().await;
    scene.agent.freeze();
    let update = scene.api().execute("DeployStack", json!({ "stack": scene.stack("well") })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    scene.server_is("NotOk").await;
    scene.is("cellar", "Ok").await;
    // It recovers by itself, and so does its deploy.
    scene.agent.thaw();
    stuck.open();
    let update = scene.api().finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!((stuck.times(), well.times()), (1, 1));
    scene.server_is("Ok").await;
    drop(other);
}
