//! A host that is lost is noticed, and its return too.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{Scene, Store, Way, until};

async fn alerts(scene: &Scene, resolved: bool) -> Vec<Value> {
    let query = json!({ "query": { "resolved": resolved, "data.type": "ServerUnreachable" } });
    let listed = scene.api().read("ListAlerts", query).await;
    listed["alerts"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_agent_is_noticed_within_half_a_minute_and_once() {
    let settings = [("KOMODO_MONITORING_INTERVAL", "15-sec")];
    let mut scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &settings).await;
    scene.agent.freeze();
    let begun = Instant::now();
    scene.server_is("NotOk").await;
    let noticed = begun.elapsed();
    let alert = until("an alert is open", || async { alerts(&scene, false).await.pop() }).await;
    println!("frozen: noticed after {noticed:?}, an alert after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(alert["level"], "CRITICAL", "{alert}");
    assert_eq!(alert["data"]["data"]["name"], Scene::SERVER, "{alert}");

    // Nobody waits for it.
    let ask = json!({ "server": Scene::SERVER, "container": "any", "tail": 1 });
    let asked = Instant::now();
    let refused = scene.api().call("read", "GetContainerLog", ask).await.unwrap_err();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(format!("{refused:?}").contains("unreachable since"), "{refused:?}");
    let servers = scene.api().read("ListServers", json!({})).await;
    assert!(servers[0]["info"]["unreachable_since"].as_i64().is_some_and(|since| since > 0));

    // The alert is found again by a Core that starts, and not doubled.
    scene.core.kill_and_start().await;
    scene.agent.thaw();
    scene.server_is("Ok").await;
    until("the alert is resolved", || async {
        alerts(&scene, false).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(alerts(&scene, true).await.len(), 1);
}
