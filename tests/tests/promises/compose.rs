//! The ways in which a stack's files come together.

use std::path::PathBuf;

use serde_json::{Value, json};
use varanus_tests::{GitHost, Scene, Store, Way, text_of, until};

const APP: &str = "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                   pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n";

fn stages(update: &Value) -> Vec<String> {
    let logs = update["logs"].as_array().unwrap().iter();
    logs.map(|log| log["stage"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_on_the_host_are_merged_and_hooks_run_around_compose() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("host"));
    let folder = scene.agent.root.join("stacks").join(&name).join("deploy");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("compose.yaml"), APP).unwrap();
    let more = "services:\n  app:\n    environment:\n      FROM_FILE: ${FROM_FILE}\n      \
                FROM_STACK: ${FROM_STACK}\n";
    std::fs::write(folder.join("more.yaml"), more).unwrap();
    std::fs::write(folder.join("base.env"), "FROM_FILE=base\nFROM_STACK=base\n").unwrap();
    let config = json!({
        "server_id": Scene::SERVER,
        "files_on_host": true,
        "run_directory": "deploy",
        "file_paths": ["compose.yaml", "more.yaml"],
        "additional_env_files": ["base.env"],
        "environment": "FROM_STACK=own # wins over the file",
        "pre_deploy": { "command": "echo before > order" },
        "post_deploy": { "command": "echo after >> order" },
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let stages = stages(&update);
    let place = |stage: &str| stages.iter().position(|known| known == stage);
    let order = ["Write Environment File", "Pre Deploy", "Compose Up", "Post Deploy"].map(place);
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{stages:?}");
    let container = format!("{name}-app-1");
    for (variable, value) in [("FROM_FILE", "base"), ("FROM_STACK", "own")] {
        assert_eq!(scene.docker.variable(&container, variable).await.as_deref(), Some(value));
    }
    assert_eq!(std::fs::read_to_string(folder.join("order")).unwrap(), "before\nafter\n");
    // The env file may hold secrets.
    let mode = std::os::unix::fs::MetadataExt::mode(&folder.join(".env").metadata().unwrap());
    assert_eq!(mode & 0o777, 0o600);
    // A file that is missing stops the deploy before compose, and is named.
    std::fs::remove_file(folder.join("more.yaml")).unwrap();
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], false);
    assert!(text_of(&update).contains("more.yaml"), "{}", text_of(&update));
    let stack = api.read("GetStack", json!({ "stack": name })).await;
    assert_eq!(stack["info"]["missing_files"], json!(["more.yaml"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn single_services_logs_and_containers_are_worked_with() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("two"));
    let compose = "services:\n  talker:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                   command: [\"sh\", \"-c\", \"echo apples; echo pears; exec httpd -f -p 8080\"]\n  \
                   other:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                   command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n";
    let config = json!({
        "server_id": Scene::SERVER, "file_contents": compose, "auto_pull": false,
        "ignore_services": ["other"],
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let only = json!({ "stack": name, "services": ["talker"] });
    let update = api.execute("DeployStack", only).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(update["operation"], "DeployStackService");
    let (talker, other) = (format!("{name}-talker-1"), format!("{name}-other-1"));
    assert!(scene.docker.id(&talker).await.is_some());
    assert_eq!(scene.docker.id(&other).await, None);
    // The service that is ignored is not missed.
    until("the stack is seen to run", || async {
        let list = api.read("ListStacks", json!({})).await;
        let stack = list.as_array()?.iter().find(|stack| stack["name"] == name)?.clone();
        (stack["info"]["state"] == "running").then_some(())
    })
    .await;
    let search = json!({ "stack": name, "services": ["talker"], "terms": ["pears"] });
    until("the log is found", || async {
        let log = api.read("SearchStackLog", search.clone()).await;
        let text = log["stdout"].as_str()?.to_owned();
        (text.contains("pears") && !text.contains("apples")).then_some(())
    })
    .await;
    let stop = api.execute("StopStack", json!({ "stack": name, "services": ["talker"] })).await;
    assert_eq!(stop["success"], true, "{}", text_of(&stop));
    let running = scene.docker.container(&talker).await.unwrap()["State"]["Running"].clone();
    assert_eq!(running, false);
    let start = json!({ "server": Scene::SERVER, "container": talker });
    let start = api.execute("StartContainer", start).await;
    assert_eq!(start["success"], true, "{}", text_of(&start));
    let list = api.read("ListDockerContainers", json!({ "server": Scene::SERVER })).await;
    let item = list.as_array().unwrap().iter().find(|item| item["name"] == talker.as_str());
    assert!(item.is_some(), "{list}");
    let params = json!({ "server": Scene::SERVER, "container": talker });
    let inspected = api.read("InspectDockerContainer", params).await;
    assert_eq!(inspected["Name"], format!("/{talker}"));
    let stats = api.read("GetSystemStats", json!({ "server": Scene::SERVER })).await;
    assert!(stats["mem_total_gb"].as_f64().unwrap() > 0.0, "{stats}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_stack_whose_files_changed_is_deployed_if_changed() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("git"));
    scene.git.write("app/compose.yaml", APP);
    scene.git.write("readme.md", "one");
    scene.git.push("main", "one").await;
    let config = json!({
        "server_id": Scene::SERVER,
        "git_provider": scene.git.domain,
        "git_https": false,
        "git_account": GitHost::USER,
        "repo": GitHost::REPO,
        "branch": "main",
        "run_directory": "app",
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let deploy = async || api.execute("DeployStackIfChanged", json!({ "stack": name })).await;
    let first = deploy().await;
    assert!(stages(&first).contains(&"Compose Up".to_owned()), "{}", text_of(&first));
    scene.git.write("readme.md", "two");
    scene.git.push("main", "two").await;
    let second = deploy().await;
    assert_eq!(second["success"], true, "{}", text_of(&second));
    assert!(!stages(&second).contains(&"Compose Up".to_owned()), "{}", text_of(&second));
    scene.git.write("app/compose.yaml", &APP.replace("8080", "8081"));
    scene.git.push("main", "three").await;
    let third = deploy().await;
    assert!(stages(&third).contains(&"Compose Up".to_owned()), "{}", text_of(&third));
    // The token is nowhere on the host.
    let stack: PathBuf = scene.agent.root.join("stacks").join(&name);
    let config = std::fs::read_to_string(stack.join(".git/config")).unwrap();
    assert!(!config.contains(GitHost::TOKEN), "{config}");
    for update in [first, second, third] {
        assert!(!text_of(&update).contains(GitHost::TOKEN));
    }
}
