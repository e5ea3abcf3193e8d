//! Only what changed: a push to a repository of many stacks redeploys those whose
//! own files changed, however it comes to be known.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use varanus_tests::{Docker, GitHost, Push, Scene, Store, Way, text_of, until};

const SECRET: &str = "the secret of the push";

fn compose(more: &str) -> String {
    format!(
        "services:\n  app:\n    image: {}\n    init: true\n    command: [\"sleep\", \"100000\"]\n    \
         pull_policy: never\n    network_mode: none\n{more}",
        Docker::IMAGE
    )
}

/// The updates of deploys, by their stacks: ids of those that ended well.
async fn deploys(scene: &Scene) -> BTreeMap<String, usize> {
    let updates = scene.api().read("ListUpdates", json!({})).await;
    let mut found = BTreeMap::new();
    for update in updates["updates"].as_array().unwrap() {
        if update["operation"] == "DeployStack" {
            let id = update["target"]["id"].as_str().unwrap().to_owned();
            let name = scene.api().read("GetStack", json!({ "stack": id })).await["name"].clone();
            *found.entry(name.as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    found
}

/// Asks for a deploy of what changed, and says which stacks began a run.
async fn batch(scene: &Scene) -> Vec<String> {
    let pattern =
        json!({ "pattern": format!("{}*, !{}", scene.docker.prefix, scene.stack("out")) });
    let items = scene.api().call("execute", "BatchDeployStackIfChanged", pattern).await.unwrap();
    let mut begun = Vec::new();
    for item in items.as_array().unwrap() {
        assert_eq!(item["status"], "Ok", "{item}");
        let update = &item["data"];
        let id = update["_id"]["$oid"].as_str().or(update["id"].as_str()).unwrap_or_default();
        if id.is_empty() {
            assert_eq!(update["success"], true, "{update}");
            continue;
        }
        let update = scene.api().finished(id).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
        let target = json!({ "stack": update["target"]["id"] });
        let name = scene.api().read("GetStack", target).await["name"].clone();
        begun.push(name.as_str().unwrap().trim_start_matches(&scene.docker.prefix).to_owned());
    }
    begun.sort();
    begun
}

async fn create(scene: &Scene, name: &str, config: Value) {
    let config = json!({ "name": scene.stack(name), "config": config });
    scene.api().write("CreateStack", config).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stacks_whose_own_files_changed_are_deployed_and_no_others() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    for name in ["plain", "env", "mounts", "quiet", "still", "out"] {
        let more = match name {
            "env" => "    env_file: ../../shared/app.env\n",
            "mounts" => "    volumes: [\"./conf:/conf\"]\n",
            _ => "",
        };
        scene.git.write(&format!("stacks/{name}/compose.yaml"), &compose(more));
    }
    scene.git.write("shared/app.env", "A=1\n");
    scene.git.write("stacks/mounts/conf/a", "1\n");
    scene.git.write("stacks/quiet/quiet.conf", "1\n");
    scene.git.push("main", "first").await;
    let repo = json!({ "name": "stacks", "config": scene.repo_config() });
    scene.api().write("CreateRepo", repo).await;
    for name in ["plain", "env", "mounts", "quiet", "still", "out"] {
        let mut config = scene.stack_config(name);
        if name == "quiet" {
            config["config_files"] = json!([{ "path": "quiet.conf", "requires": "None" }]);
        }
        create(&scene, name, config).await;
    }
    let text = compose("    labels: {word: \"[[WORD]]\"}\n");
    let word = json!({ "name": "WORD", "value": "one", "is_secret": false });
    scene.api().write("CreateVariable", word).await;
    let config = json!({ "server_id": Scene::SERVER, "file_contents": text, "auto_pull": false });
    create(&scene, "written", config).await;
    // What never ran is deployed, and then nothing is left to do.
    let all = ["env", "mounts", "plain", "quiet", "still", "written"];
    assert_eq!(batch(&scene).await, all);
    assert_eq!(batch(&scene).await, [""; 0]);
    let push = async |files: &[(&str, &str)]| {
        for (path, text) in files {
            scene.git.write(path, text);
        }
        scene.git.push("main", "more").await;
        batch(&scene).await
    };
    assert_eq!(push(&[("README.md", "hello\n")]).await, [""; 0]);
    assert_eq!(push(&[("stacks/quiet/quiet.conf", "2\n")]).await, [""; 0]);
    assert_eq!(
        push(&[("stacks/plain/compose.yaml", &compose("    labels: {r: \"2\"}\n"))]).await,
        ["plain"]
    );
    assert_eq!(push(&[("shared/app.env", "A=2\n")]).await, ["env"]);
    assert_eq!(push(&[("stacks/mounts/conf/a", "2\n")]).await, ["mounts"]);
    let word = json!({ "name": "WORD", "value": "two" });
    scene.api().write("UpdateVariableValue", word).await;
    assert_eq!(batch(&scene).await, ["written"]);
    assert_eq!(batch(&scene).await, [""; 0]);

    // One whose last deploy failed is deployed, also when its files are those that ran before.
    let broken = "services:\n  app:\n    image: varanus-no-such-image:1\n    pull_policy: never\n";
    scene.git.write("stacks/plain/compose.yaml", broken);
    scene.git.push("main", "broken").await;
    let request = json!({ "stack": scene.stack("plain") });
    let update = scene.api().execute("DeployStackIfChanged", request).await;
    assert_eq!(update["success"], false, "{}", text_of(&update));
    assert_eq!(
        push(&[("stacks/plain/compose.yaml", &compose("    labels: {r: \"2\"}\n"))]).await,
        ["plain"]
    );
    assert_eq!(batch(&scene).await, [""; 0]);
    assert_eq!(deploys(&scene).await.get(&scene.stack("still")), Some(&1));
}

async fn orphans(scene: &Scene, config: Value) {
    for name in ["plex", "radarr"] {
        scene.git.ask(&["checkout", "-q", "--orphan", name]).await;
        scene.git.write("compose.yaml", &compose(&format!("    labels: {{r: \"{name}\"}}\n")));
        scene.git.push(name, "first").await;
        let mut wanted = json!({
            "server_id": Scene::SERVER, "git_provider": scene.git.domain, "git_https": false,
            "git_account": GitHost::USER, "repo": GitHost::REPO, "branch": name,
            "auto_pull": false, "webhook_secret": SECRET,
        });
        for (key, value) in config.as_object().unwrap() {
            wanted[key] = value.clone();
        }
        create(scene, name, wanted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_to_a_branch_deploys_the_stack_of_that_branch_alone() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    orphans(&scene, json!({})).await;
    assert_eq!(batch(&scene).await, ["plex", "radarr"]);
    scene.git.ask(&["checkout", "-q", "plex"]).await;
    scene.git.write("compose.yaml", &compose("    labels: {r: \"2\"}\n"));
    scene.git.push("plex", "second").await;
    // The git host tells both of it.
    let mut ids = Vec::new();
    for name in ["plex", "radarr"] {
        let stack = scene.stack(name);
        let url = format!("{}/listener/github/stack/{stack}/deploy", scene.core.address);
        let told = Push::new("plex", SECRET, &format!("d-{name}")).send(&url).await;
        assert_eq!(told.status, 200, "{told:?}");
        ids.extend(told.body["update_id"].as_str().map(str::to_owned));
    }
    assert_eq!(ids.len(), 1);
    let update = scene.api().finished(&ids[0]).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(scene.docker.label(&scene.container("plex"), "r").await.as_deref(), Some("2"));
    assert_eq!(
        scene.docker.label(&scene.container("radarr"), "r").await.as_deref(),
        Some("radarr")
    );
    assert_eq!(batch(&scene).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_followed_without_webhooks() {
    let every = [("KOMODO_RESOURCE_POLL_INTERVAL", "1-sec")];
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &every).await;
    let api = scene.api();
    orphans(&scene, json!({ "deploy_on_poll": true })).await;
    let label = async |name: &str, wanted: &str| {
        until(&format!("{name} runs {wanted}"), || async {
            let found = scene.docker.label(&scene.container(name), "r").await;
            (found.as_deref() == Some(wanted)).then_some(())
        })
        .await;
    };
    label("plex", "plex").await;
    label("radarr", "radarr").await;
    let before = deploys(&scene).await;
    scene.git.ask(&["checkout", "-q", "plex"]).await;
    scene.git.write("compose.yaml", &compose("    labels: {r: \"2\"}\n"));
    scene.git.push("plex", "second").await;
    label("plex", "2").await;
    let after = deploys(&scene).await;
    assert_eq!(after[&scene.stack("radarr")], before[&scene.stack("radarr")]);

    // A sync is looked at, and where it says so done.
    scene.git.write("fleet.toml", "[[server]]\nname = \"shed\"\nconfig.enabled = false\n");
    scene.git.push("fleet", "the fleet").await;
    let config = json!({
        "git_provider": scene.git.domain, "git_https": false, "git_account": GitHost::USER,
        "repo": GitHost::REPO, "branch": "fleet", "resource_path": ["fleet.toml"],
    });
    api.write("CreateResourceSync", json!({ "name": "fleet", "config": config })).await;
    until("the change is pending", || async {
        let info = api.read("GetResourceSync", json!({ "sync": "fleet" })).await["info"].clone();
        (info["pending_message"] == "the fleet").then_some(())
    })
    .await;
    let missing = api.call("read", "GetServer", json!({ "server": "shed" })).await;
    assert!(missing.is_err(), "{missing:?}");
    let config = json!({ "id": "fleet", "config": { "sync_on_poll": true } });
    api.write("UpdateResourceSync", config).await;
    until("the sync has run", || async {
        api.call("read", "GetServer", json!({ "server": "shed" })).await.ok()
    })
    .await;

    // Nothing moves: one question each second for all of them, and no fetch.
    let quiet =
        |requests: &[String]| requests.iter().filter(|line| line.contains("/info/refs")).count();
    until("nothing is fetched any more", || async {
        let before = scene.git.requests();
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        let since = scene.git.requests().split_off(before.len());
        (quiet(&since) <= 5).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_makes_a_stack_of_a_new_branch() {
    let every = [("KOMODO_RESOURCE_POLL_INTERVAL", "1-sec")];
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &every).await;
    let (api, branch) = (scene.api(), scene.stack("plex"));
    scene.git.push("main", "nothing").await;
    create(
        &scene,
        "of-branches",
        json!({
            "server_id": Scene::SERVER, "git_provider": scene.git.domain, "git_https": false,
            "git_account": GitHost::USER, "repo": GitHost::REPO, "auto_pull": false,
            "deploy_on_poll": true, "stack_per_branch": "*, !main",
        }),
    )
    .await;
    let target = json!({ "type": "Stack", "id": scene.stack("of-branches") });
    let meta = json!({
        "target": target, "template": true, "description": "of a branch", "tags": ["tv"],
    });
    api.write("UpdateResourceMeta", meta).await;
    scene.git.ask(&["checkout", "-q", "--orphan", &branch]).await;
    scene.git.write("compose.yaml", &compose("    labels: {r: \"1\"}\n"));
    scene.git.push(&branch, "first").await;
    until("the new stack runs", || async {
        let found = scene.docker.label(&scene.container("plex"), "r").await;
        (found.as_deref() == Some("1")).then_some(())
    })
    .await;
    let stack = api.read("GetStack", json!({ "stack": branch })).await;
    assert_eq!(stack["config"]["branch"], branch.as_str());
    assert_eq!(stack["template"], false);
    assert_eq!(stack["description"], "of a branch");
    let tagged = json!({ "query": { "tags": ["tv"], "templates": "Exclude" } });
    assert_eq!(api.read("ListStacks", tagged).await[0]["name"], branch.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_on_the_host_those_that_the_named_ones_name_count_too() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("compose.yaml", &format!("include: [more.yaml]\n{}", compose("    env_file: app.env\n")));
    write("more.yaml", "configs: {c: {file: c.conf}}\n");
    write("app.env", "A=1\n");
    write("c.conf", "1\n");
    write("notes.txt", "of nobody\n");
    let config = json!({
        "server_id": Scene::SERVER, "files_on_host": true, "auto_pull": false,
        "run_directory": folder.path(),
    });
    create(&scene, "host", config).await;
    assert_eq!(batch(&scene).await, ["host"]);
    assert_eq!(batch(&scene).await, [""; 0]);
    write("notes.txt", "still of nobody\n");
    assert_eq!(batch(&scene).await, [""; 0]);
    for (file, text) in [("app.env", "A=2\n"), ("c.conf", "2\n")] {
        write(file, text);
        assert_eq!(batch(&scene).await, ["host"], "{file}");
        assert_eq!(batch(&scene).await, [""; 0], "{file}");
    }
    write("app.env", "A=3\n");
    let request = json!({ "stack": scene.stack("host") });
    let update = scene.api().execute("DeployStackIfChanged", request).await;
    assert!(text_of(&update).contains("app.env changed"), "{}", text_of(&update));
    let name = format!("{}-app-1", scene.stack("host"));
    assert_eq!(scene.docker.variable(&name, "A").await.as_deref(), Some("3"));
}
