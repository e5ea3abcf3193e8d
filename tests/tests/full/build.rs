//! From a commit to what runs: an image is built, pushed and deployed, and its
//! secrets are seen by nobody.

use serde_json::{Value, json};
use varanus_tests::arguments::noting;
use varanus_tests::{
    Agent, AgentOptions, Docker, GitHost, Push, Registry, Scene, Store, Way, run, text_of, until,
};

/// The name makes its layers its own: none is taken from another test's.
fn dockerfile(name: &str) -> String {
    format!(
        "FROM {}\nARG GREETING\nARG VERSION\nLABEL greeting=$GREETING version=$VERSION\n\
         RUN --network=none --mount=type=secret,id=npmrc test -s /run/secrets/npmrc && \
         cat /run/secrets/npmrc && echo {name} > /built\nCMD [\"httpd\", \"-f\", \"-p\", \"8080\"]\n",
        Docker::IMAGE
    )
}

async fn good(scene: &Scene, request: &str, params: Value) -> (Value, String) {
    let update = scene.api().execute(request, params).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{request}: {text}");
    (update, text)
}

async fn builder(scene: &Scene) {
    let config = json!({ "type": "Server", "params": { "server_ids": [Scene::SERVER] } });
    scene.api().write("CreateBuilder", json!({ "name": "bench", "config": config })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_becomes_what_runs_and_its_secrets_are_found_nowhere() {
    let registry = Registry::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = noting(folder.path(), &["docker"]);
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[("PATH", &path)]).await;
    let (api, name) = (scene.api(), scene.stack("image"));
    let secret = scene.canaries.make("variable");
    let variable = json!({ "name": "NPM", "value": secret, "is_secret": true });
    api.write("CreateVariable", variable).await;
    let account = json!({ "domain": registry.domain(), "username": Registry::USER, "token": Registry::TOKEN });
    api.write("CreateImageRegistryAccount", json!({ "account": account })).await;
    builder(&scene).await;
    scene.git.write("app/Dockerfile", &dockerfile(&name));
    let commit = scene.git.push("main", "an app").await;
    let config = json!({
        "builder_id": "bench",
        "git_provider": scene.git.domain, "git_https": false, "git_account": GitHost::USER,
        "repo": GitHost::REPO, "build_path": "app",
        "image_registry": [{ "domain": registry.domain(), "account": Registry::USER }],
        "build_args": "GREETING = 'hello [[$VERSION]]'",
        "secret_args": "npmrc = [[NPM]]",
    });
    api.write("CreateBuild", json!({ "name": name, "config": config })).await;
    let (update, text) = good(&scene, "RunBuild", json!({ "build": name })).await;
    assert!(!text.contains(&secret) && text.contains("<NPM>"), "{text}");
    assert_eq!(update["version"], json!({ "major": 0, "minor": 0, "patch": 1 }));
    let build = api.read("GetBuild", json!({ "build": name })).await;
    assert_eq!(build["config"]["version"]["patch"], 1);
    assert_eq!(build["info"]["built_hash"], commit.as_str());

    // The registry has every tag; nobody else has the login.
    let image = format!("{}/{}/{name}", registry.domain(), Registry::USER);
    for tag in ["latest", "0.0.1", "0.0", "0", commit.as_str()] {
        registry.docker(&["pull", &format!("{image}:{tag}")]).await;
    }
    for tag in ["latest", "0.0.1", "0.0", "0", commit.as_str()] {
        registry.docker(&["rmi", "-f", &format!("{image}:{tag}")]).await;
    }

    // A deployment of the build has it, and the next one by itself.
    let config = json!({
        "server_id": Scene::SERVER,
        "image": { "type": "Build", "params": { "build_id": name } },
        "network": "none", "redeploy_on_build": true, "termination_timeout": 1,
    });
    api.write("CreateDeployment", json!({ "name": name, "config": config })).await;
    let (update, _) = good(&scene, "Deploy", json!({ "deployment": name })).await;
    assert_eq!(update["version"]["patch"], 1);
    let label = |wanted: &'static str| async {
        let label = scene.docker.label(&name, "greeting").await;
        (label.as_deref() == Some(wanted)).then_some(())
    };
    until("the first version runs", || label("hello 0.0.1")).await;
    // As seen by Core, which redeploys nothing that does not run.
    until("the deployment runs", || async {
        let list = api.read("ListDeployments", json!({})).await;
        (list[0]["info"]["state"] == "running").then_some(())
    })
    .await;
    good(&scene, "RunBuild", json!({ "build": name })).await;
    until("the second version runs", || label("hello 0.0.2")).await;

    // A secret is in no argument, no image, and no folder of the agent's.
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    assert!(arguments.contains("--secret"), "{arguments}");
    assert!(!arguments.contains(&secret) && !arguments.contains(Registry::TOKEN), "{arguments}");
    let history = registry.docker(&["history", "--no-trunc", &format!("{image}:0.0.2")]).await;
    assert!(!history.contains(&secret), "{history}");
    let own = format!("varanus-docker-{}-", scene.agent.process.id());
    let temporary = std::fs::read_dir(std::env::temp_dir()).unwrap();
    let left = temporary.filter_map(Result::ok).map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with(&own)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_or_is_cancelled_has_no_version() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("image"));
    builder(&scene).await;
    let slow = format!("FROM {}\nRUN --network=none echo one-{name} && sleep 300\n", Docker::IMAGE);
    let config = json!({ "builder_id": "bench", "dockerfile": slow });
    api.write("CreateBuild", json!({ "name": name, "config": config })).await;
    let of = json!({ "build": name });
    let refused = api.call("execute", "CancelBuild", of.clone()).await.unwrap_err();
    assert!(format!("{refused:?}").contains("does not run"), "{refused:?}");

    let update = api.call("execute", "RunBuild", of.clone()).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    // Its lines come while it runs.
    until("the build runs its command", || async {
        let update = api.read("GetUpdate", json!({ "id": id })).await;
        let text = text_of(&update);
        assert_ne!(update["status"], "Complete", "{text}");
        text.contains(&format!("one-{name}\n")).then_some(())
    })
    .await;
    let update = api.execute("CancelBuild", of.clone()).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let update = api.finished(&id).await;
    assert_eq!(update["success"], false, "{}", text_of(&update));

    let fails = format!("FROM {}\nRUN --network=none false\n", Docker::IMAGE);
    let file = json!({ "build": name, "contents": fails });
    api.write("WriteBuildFileContents", file).await;
    let update = api.execute("RunBuild", of.clone()).await;
    assert_eq!(update["success"], false, "{}", text_of(&update));
    let build = api.read("GetBuild", of.clone()).await;
    assert_eq!(build["config"]["version"], json!({ "major": 0, "minor": 0, "patch": 0 }));

    let works = format!("FROM {}\nLABEL a=b\n", Docker::IMAGE);
    api.write("WriteBuildFileContents", json!({ "build": name, "contents": works })).await;
    let (update, _) = good(&scene, "RunBuild", of.clone()).await;
    assert_eq!(update["version"]["patch"], 1);
    until("the build is well", || async {
        let summary = api.read("GetBuildsSummary", json!({})).await;
        (summary["ok"] == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builder_at_an_address_is_dialed_for_the_build_and_left_again() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("image"));
    // An agent that knows nothing of Core, and that no server stands for.
    let agent = Agent::start(&AgentOptions { name: "bench".into(), ..AgentOptions::default() });
    let params = json!({ "address": format!("https://127.0.0.1:{}", agent.port) });
    let config = json!({ "type": "Url", "params": params });
    api.write("CreateBuilder", json!({ "name": "bench", "config": config })).await;
    let dockerfile = format!("FROM {}\nLABEL built=there\n", Docker::IMAGE);
    let config = json!({ "builder_id": "bench", "dockerfile": dockerfile });
    api.write("CreateBuild", json!({ "name": name, "config": config })).await;
    for patch in [1, 2] {
        let (update, text) = good(&scene, "RunBuild", json!({ "build": name })).await;
        assert_eq!(update["version"]["patch"], patch, "{text}");
    }
    let servers = api.read("ListServers", json!({})).await;
    assert_eq!(servers.as_array().map(Vec::len), Some(1), "{servers}");

    drop(agent);
    let update = api.execute("RunBuild", json!({ "build": name })).await;
    assert_eq!(update["success"], false);
    assert!(text_of(&update).contains("not connected"), "{}", text_of(&update));
    let aws = json!({ "type": "Aws", "params": {} });
    api.write("CreateBuilder", json!({ "name": "cloud", "config": aws })).await;
    api.write("UpdateBuild", json!({ "id": name, "config": { "builder_id": "cloud" } })).await;
    let update = api.execute("RunBuild", json!({ "build": name })).await;
    assert!(text_of(&update).contains("of the kind Aws"), "{}", text_of(&update));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_built_and_a_dockerfile_is_read_and_committed() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("image"));
    builder(&scene).await;
    let text = |label: &str| format!("FROM {}\nLABEL is={label}\n", Docker::IMAGE);
    scene.git.write("app/Dockerfile", &text("one"));
    let commit = scene.git.push("main", "an app").await;
    let config = json!({
        "builder_id": "bench", "build_path": "app", "webhook_secret": "hush",
        "git_provider": scene.git.domain, "git_https": false, "git_account": GitHost::USER,
        "repo": GitHost::REPO,
    });
    api.write("CreateBuild", json!({ "name": name, "config": config })).await;
    let of = json!({ "build": name });
    api.write("RefreshBuildCache", of.clone()).await;
    let build = api.read("GetBuild", of.clone()).await;
    assert_eq!(build["info"]["remote_contents"], text("one"), "{build}");
    assert_eq!(build["info"]["latest_hash"], commit.as_str());

    let file = json!({ "build": name, "contents": text("two") });
    let update = api.write("WriteBuildFileContents", file).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let (_, log) = good(&scene, "RunBuild", of.clone()).await;
    let build = api.read("GetBuild", of).await;
    assert_ne!(build["info"]["built_hash"], commit.as_str(), "{log}");
    let label = scene.docker.image_label(&format!("{name}:latest"), "is").await;
    assert_eq!(label.as_deref(), Some("two"));

    // A push builds; while an older one is built, that one ends.
    pull(&scene).await;
    let slow =
        format!("FROM {}\nRUN --network=none echo slow-{name} && sleep 300\n", Docker::IMAGE);
    scene.git.write("app/Dockerfile", &slow);
    scene.git.push("main", "slow").await;
    let url = format!("{}/listener/github/build/{name}", scene.core.address);
    let answer = Push::new("main", "hush", "a").send(&url).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let updates = || async {
        let query = json!({ "query": { "operation": "RunBuild" } });
        let list = api.read("ListUpdates", query).await;
        list["updates"].as_array().cloned().unwrap_or_default()
    };
    let slow = updates().await[0]["id"].as_str().unwrap().to_owned();
    until("the slow build runs its command", || async {
        let update = api.read("GetUpdate", json!({ "id": slow })).await;
        text_of(&update).contains(&format!("slow-{name}\n")).then_some(())
    })
    .await;
    scene.git.write("app/Dockerfile", &text("three"));
    scene.git.push("main", "quick").await;
    let answer = Push::new("main", "hush", "b").send(&url).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(api.finished(&slow).await["success"], false);
    let quick = updates().await[0]["id"].as_str().unwrap().to_owned();
    let update = api.finished(&quick).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let label = scene.docker.image_label(&format!("{name}:latest"), "is").await;
    assert_eq!(label.as_deref(), Some("three"));
}

/// Brings the clone that the test commits in to where the branch is.
async fn pull(scene: &Scene) {
    let mut command = std::process::Command::new("git");
    command.args(["pull", "-q", "--rebase", "--autostash", "origin", "main"]);
    command.current_dir(&scene.git.work);
    let output = run(command).await;
    assert!(output.success, "{}", output.stderr);
}
