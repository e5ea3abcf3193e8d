//! One stack, deployed by a person.

use serde_json::json;
use varanus_tests::{HungMount, Scene, Store, Way, text_of, until, until_found};

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_of_the_ui_runs_and_its_secret_stays_secret() {
    let scene = Scene::start(Way::CoreDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("ui"));
    let variable = json!({ "name": "PASSWORD", "value": "hunter2-and-more", "is_secret": true });
    api.write("CreateVariable", variable).await;
    let compose = "services:\n  app:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                   command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n    environment:\n      \
                   WORD: ${WORD}\n      UNKNOWN: ${UNKNOWN}\n";
    let config = json!({
        "server_id": Scene::SERVER,
        "file_contents": compose,
        "environment": "WORD=[[PASSWORD]]\nUNKNOWN=[[NOBODY]]",
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    let container = format!("{name}-app-1");
    let word = scene.docker.variable(&container, "WORD").await;
    assert_eq!(word.as_deref(), Some("hunter2-and-more"));
    // Not a form of it is in the log, and the name that nobody knows is warned of.
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("NOBODY"), "{text}");
    // A second deploy starts nothing, and says so.
    let before = scene.docker.id(&container).await;
    let again = api.execute("DeployStack", json!({ "stack": name })).await;
    assert!(text_of(&again).contains("nothing to change"), "{}", text_of(&again));
    assert_eq!(scene.docker.id(&container).await, before);
    // What is there is seen.
    until("the stack is seen to run", || async {
        let list = api.read("ListStacks", json!({})).await;
        let stack = list.as_array()?.iter().find(|stack| stack["name"] == name)?.clone();
        (stack["info"]["state"] == "running").then_some(())
    })
    .await;
    let log = api.read("GetStackLog", json!({ "stack": name, "services": [], "tail": 10 })).await;
    assert_eq!(log["success"], true, "{log}");
    let gone = api.execute("DestroyStack", json!({ "stack": name })).await;
    assert_eq!(gone["success"], true, "{}", text_of(&gone));
    assert_eq!(scene.docker.id(&container).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_hangs_ends_at_its_deadline_and_leaves_no_program_behind() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("stuck"));
    let config = json!({
        "server_id": Scene::SERVER,
        "file_contents": "services: {}",
        "pre_deploy": { "command": "echo $$ > pid; exec sleep 600", "shell_mode": true },
        "run_deadline_seconds": 2,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], false, "{update}");
    assert!(text_of(&update).contains("did not end within"), "{}", text_of(&update));
    let file = scene.agent.root.join("stacks").join(&name).join("pid");
    let pid = std::fs::read_to_string(file).unwrap().trim().to_owned();
    until("the hook is gone", || async {
        (!std::path::Path::new("/proc").join(&pid).exists()).then_some(())
    })
    .await;
    // The stack is not busy: the next deploy begins, and is cancelled by a person.
    let update = api.call("execute", "DeployStack", json!({ "stack": name })).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap();
    api.write("CancelRun", json!({ "id": id })).await;
    let update = api.finished(id).await;
    assert!(text_of(&update).contains("cancelled"), "{}", text_of(&update));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_that_hangs_holds_up_nobody_but_the_stacks_on_it() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, mount) = (scene.api(), HungMount::mount());
    let mut stuck = Vec::new();
    for number in 0..3 {
        let name = scene.stack(&format!("stuck{number}"));
        let config = json!({
            "server_id": Scene::SERVER,
            "files_on_host": true,
            "run_directory": mount.path().join(&name),
            "run_deadline_seconds": 5,
        });
        api.write("CreateStack", json!({ "name": name, "config": config })).await;
        stuck.push(("DeployStack", json!({ "stack": name })));
        let mut config = scene.repo_config();
        config["path"] = json!(mount.path().join(&name));
        config["run_deadline_seconds"] = json!(5);
        api.write("CreateRepo", json!({ "name": name, "config": config })).await;
        stuck.push(("PullRepo", json!({ "repo": name })));
    }
    let mut ids = Vec::new();
    for (execution, params) in stuck {
        let update = api.call("execute", execution, params).await.unwrap();
        ids.push(update["_id"]["$oid"].as_str().unwrap().to_owned());
    }
    for id in &ids {
        until_found("it works on it", || async {
            let update = api.read("GetUpdate", json!({ "id": id })).await;
            if update["status"] == "InProgress" { Ok(()) } else { Err(update) }
        })
        .await;
    }
    let name = scene.stack("well");
    let config = json!({ "server_id": Scene::SERVER, "file_contents": "services: {app: {\
        image: 'busybox:local', init: true, pull_policy: never, command: [sleep, '600']}}" });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert!(scene.docker.id(&format!("{name}-app-1")).await.is_some());
    for id in &ids {
        let update = api.finished(id).await;
        assert_eq!(update["success"], false, "{update}");
        assert!(text_of(&update).contains("did not end within 5 s"), "{}", text_of(&update));
    }
    // The agent lives on while they still wait.
    scene.server_is("Ok").await;
}
