//! Everything can be followed while it runs.

use serde_json::json;
use varanus_tests::{Listener, Scene, Store, Way, text_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_a_deploy_are_seen_while_it_runs() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("live"));
    let go = scene.agent.root.join("go");
    let command = format!(
        "echo the first line; while [ ! -e {} ]; do sleep 0.1; done; echo the last line",
        go.display()
    );
    let config = json!({
        "server_id": Scene::SERVER,
        "file_contents": "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                          pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n",
        "pre_deploy": { "command": command, "shell_mode": true },
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let mut listener = Listener::new(api).await;
    let update = api.call("execute", "DeployStack", json!({ "stack": name })).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    // The hook waits for a file: whoever hears the line hears it while it runs.
    let line =
        listener.until("the first line comes", |heard| heard["line"] == "the first line").await;
    assert_eq!((&line["type"], &line["update_id"]), (&json!("Line"), &json!(id)));
    until("whoever polls sees it too", || async {
        let update = api.read("GetUpdate", json!({ "id": id })).await;
        assert_ne!(update["status"], "Complete");
        text_of(&update).contains("the first line").then_some(())
    })
    .await;
    std::fs::write(&go, "").unwrap();
    listener.until("the last line comes", |heard| heard["line"] == "the last line").await;
    let complete = |heard: &serde_json::Value| heard["id"] == id && heard["status"] == "Complete";
    let item = listener.until("the update is complete", complete).await;
    assert_eq!((&item["success"], &item["username"]), (&json!(true), &json!("admin")));
    let update = api.finished(&id).await;
    assert!(text_of(&update).contains("the last line"), "{}", text_of(&update));
}
