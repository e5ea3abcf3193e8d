//! Syncs whose files are in a repository, and changes that are committed back.

use serde_json::{Value, json};
use varanus_tests::{Api, GitHost, Push, Scene, Store, Way, text_of, until};

const SECRET: &str = "the secret of the sync";

fn fleet(description: &str) -> String {
    format!(
        "[[server]]\nname = \"shed\"\ndescription = \"{description}\"\n[server.config]\nenabled = \
         false\n\n[[variable]]\nname = \"TZ\"\nvalue = \"Europe/Berlin\"\n"
    )
}

/// A scene with a sync `fleet` of the repository, of its own or of a linked repo.
async fn sync(linked: bool, config: Value) -> Scene {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    scene.git.write("fleet/servers.toml", &fleet("behind the house"));
    scene.git.push("main", "the fleet").await;
    let api = scene.api();
    let mut wanted = json!({
        "resource_path": ["fleet"],
        "webhook_secret": SECRET,
        "include_variables": true,
    });
    let place = match linked {
        true => {
            let repo = json!({ "name": "stacks", "config": scene.repo_config() });
            api.write("CreateRepo", repo).await;
            json!({ "linked_repo": "stacks" })
        }
        false => json!({
            "git_provider": scene.git.domain, "git_https": false, "git_account": GitHost::USER,
            "repo": GitHost::REPO, "branch": "main",
        }),
    };
    for more in [place, config] {
        for (name, value) in more.as_object().unwrap() {
            wanted[name] = value.clone();
        }
    }
    api.write("CreateResourceSync", json!({ "name": "fleet", "config": wanted })).await;
    scene
}

async fn info(api: &Api) -> Value {
    api.read("GetResourceSync", json!({ "sync": "fleet" })).await["info"].clone()
}

async fn description(api: &Api) -> Value {
    api.read("GetServer", json!({ "server": "shed" })).await["description"].clone()
}

fn url(scene: &Scene, what: &str) -> String {
    format!("{}/listener/github/sync/fleet/{what}", scene.core.address)
}

async fn pushes_are_synced(linked: bool) {
    let scene = sync(linked, json!({})).await;
    let api = scene.api();
    let pending = api.write("RefreshResourceSyncPending", json!({ "sync": "fleet" })).await;
    let pending = &pending["info"];
    assert_eq!(pending["pending_message"], "the fleet", "{pending}");
    assert_eq!(pending["resource_updates"][0]["data"]["data"]["name"], "shed", "{pending}");
    assert_eq!(pending["remote_contents"][0]["path"], "fleet/servers.toml");
    let update = api.execute("RunSync", json!({ "sync": "fleet" })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(description(api).await, "behind the house");
    let after = info(api).await;
    assert_eq!(after["last_sync_hash"], pending["pending_hash"], "{after}");
    assert_eq!(update["commit_hash"], pending["pending_hash"]);
    assert_eq!(after["resource_updates"], json!([]));

    // A push that only looks, and one that does.
    scene.git.write("fleet/servers.toml", &fleet("by the road"));
    let hash = scene.git.push("main", "moved").await;
    let told = Push::new("main", SECRET, "d-1").send(&url(&scene, "refresh")).await;
    assert_eq!(told.status, 200, "{told:?}");
    until("the change is pending", || async {
        let info = info(api).await;
        (info["pending_hash"] == hash.as_str()).then_some(())
    })
    .await;
    assert_eq!(description(api).await, "behind the house");
    let told = Push::new("main", SECRET, "d-2").send(&url(&scene, "sync")).await;
    let run = api.finished(told.body["update_id"].as_str().expect("a run")).await;
    assert_eq!(run["success"], true, "{}", text_of(&run));
    assert_eq!(description(api).await, "by the road");
    let other = Push::new("other", SECRET, "d-3").send(&url(&scene, "sync")).await;
    assert_eq!(other.body["outcome"], "OtherBranch", "{other:?}");

    // What cannot be read changes nothing and says why.
    scene.git.write("fleet/servers.toml", "[[server]]\nnmae = 1\n");
    scene.git.push("main", "broken").await;
    let update = api.execute("RunSync", json!({ "sync": "fleet" })).await;
    assert_eq!(update["success"], false);
    assert!(text_of(&update).contains("fleet/servers.toml"), "{}", text_of(&update));
    assert_eq!(info(api).await["last_sync_hash"], hash.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_follows_a_repository_of_its_own() {
    pushes_are_synced(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_follows_a_linked_repo() {
    pushes_are_synced(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_repository_is_said() {
    let scene = sync(false, json!({})).await;
    let api = scene.api();
    for (config, told) in [
        (json!({ "branch": "nope" }), "no branch \"nope\""),
        (json!({ "branch": "main", "git_account": "" }), "not authorised"),
        (
            json!({ "git_account": GitHost::USER, "git_provider": "127.0.0.1:1" }),
            "there is no git account",
        ),
        (json!({ "git_account": "" }), "cannot be reached"),
    ] {
        api.write("UpdateResourceSync", json!({ "id": "fleet", "config": config })).await;
        let found = api.write("RefreshResourceSyncPending", json!({ "sync": "fleet" })).await;
        let error = found["info"]["pending_error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(told), "{told}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_person_writes_is_committed_in_their_name() {
    let scene = sync(false, json!({})).await;
    let api = scene.api();
    let file = json!({
        "sync": "fleet", "resource_path": "fleet", "file_path": "fleet/servers.toml",
        "contents": fleet("under the tree"),
    });
    let update = api.write("WriteSyncFileContents", file).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    scene.git.pull("main").await;
    assert_eq!(scene.git.ask(&["log", "-1", "--pretty=%an"]).await, "admin");
    let update = api.execute("RunSync", json!({ "sync": "fleet" })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(description(api).await, "under the tree");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_is_committed_and_then_nothing_is_left_to_do() {
    let scene = sync(true, json!({ "resource_path": ["fleet/servers.toml"] })).await;
    let api = scene.api();
    let refused = api.call("write", "CommitSync", json!({ "sync": "fleet" })).await;
    let refused = refused.unwrap_err();
    assert!(format!("{refused:?}").contains("not managed"), "{refused:?}");
    let update = json!({ "id": "fleet", "config": { "managed": true } });
    api.write("UpdateResourceSync", update).await;
    let update = api.write("CommitSync", json!({ "sync": "fleet" })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    scene.git.pull("main").await;
    let text = std::fs::read_to_string(scene.git.work.join("fleet/servers.toml")).unwrap();
    assert!(text.contains(&format!("name = \"{}\"", Scene::SERVER)), "{text}");
    assert!(!text.contains("shed"), "{text}");
    let found = api.write("RefreshResourceSyncPending", json!({ "sync": "fleet" })).await;
    assert_eq!(found["info"]["resource_updates"], json!([]), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_file_is_committed_in_a_persons_name() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let api = scene.api();
    scene.write_stack("web", "1");
    scene.git.push("main", "first").await;
    api.write("CreateRepo", json!({ "name": "stacks", "config": scene.repo_config() })).await;
    let (name, config) = (scene.stack("web"), scene.stack_config("web"));
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let write = json!({
        "stack": name, "file_path": "compose.yaml", "contents": "services: {}\n# mine\n",
    });
    let update = api.write("WriteStackFileContents", write).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    scene.git.pull("main").await;
    assert_eq!(scene.git.ask(&["log", "-1", "--pretty=%an"]).await, "admin");
    let text = std::fs::read_to_string(scene.git.work.join("stacks/web/compose.yaml")).unwrap();
    assert_eq!(text, "services: {}\n# mine\n");
}
