//! What follows a branch knows where that is, without a webhook and without being
//! asked.

use std::time::Duration;

use serde_json::{Value, json};
use varanus_tests::{GitHost, Push, Scene, Store, Way, text_of, until};

const SECRET: &str = "the secret of each stack";

const EVERY_SECOND: [(&str, &str); 1] = [("KOMODO_RESOURCE_POLL_INTERVAL", "1-sec")];

/// The repository of a scene, as a configuration names it.
fn place(scene: &Scene) -> Value {
    json!({
        "git_provider": scene.git.domain, "git_https": false, "git_account": GitHost::USER,
        "repo": GitHost::REPO, "branch": "main",
    })
}

fn with(mut place: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        place[name] = value.clone();
    }
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_and_repos_know_the_newest_commit_by_one_question_for_all() {
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &EVERY_SECOND).await;
    let api = scene.api();
    scene.git.write("app/Dockerfile", "FROM scratch\n");
    let first = scene.git.push("main", "the first").await;
    let repo = with(place(&scene), json!({ "server_id": Scene::SERVER }));
    api.write("CreateRepo", json!({ "name": "source", "config": repo })).await;
    api.execute("PullRepo", json!({ "repo": "source" })).await;
    let build = with(place(&scene), json!({ "build_path": "app" }));
    api.write("CreateBuild", json!({ "name": "own", "config": build })).await;
    let build = json!({ "linked_repo": "source", "build_path": "app" });
    api.write("CreateBuild", json!({ "name": "linked", "config": build })).await;
    let info = async |request: &str, of: Value| api.read(request, of).await["info"].clone();
    let at = async |hash: &str, message: &str, dockerfile: &str| {
        until(&format!("all know of {message:?}"), || async {
            let repo = info("GetRepo", json!({ "repo": "source" })).await;
            let own = info("GetBuild", json!({ "build": "own" })).await;
            let linked = info("GetBuild", json!({ "build": "linked" })).await;
            let known =
                |info: &Value| info["latest_hash"] == hash && info["latest_message"] == message;
            let read = |info: &Value| {
                info["remote_contents"] == dockerfile && info["remote_error"].is_null()
            };
            (known(&repo) && known(&own) && known(&linked) && read(&own) && read(&linked))
                .then_some(())
        })
        .await;
    };
    at(&first, "the first", "FROM scratch\n").await;
    scene.git.write("app/Dockerfile", "FROM scratch\nUSER 1\n");
    let second = scene.git.push("main", "the second").await;
    at(&second, "the second", "FROM scratch\nUSER 1\n").await;
    // The clone on the server is where it was, and the list says both.
    let listed = api.read("ListRepos", json!({})).await;
    let listed = &listed[0]["info"];
    assert_eq!(listed["cloned_hash"], first.as_str(), "{listed}");
    assert_eq!(listed["latest_hash"], second.as_str(), "{listed}");
    // Who asks is told at once what the server has, too.
    api.execute("PullRepo", json!({ "repo": "source" })).await;
    api.write("RefreshRepoCache", json!({ "repo": "source" })).await;
    assert_eq!(api.read("ListRepos", json!({})).await[0]["info"]["cloned_hash"], second.as_str());

    // Nothing moves: one question each second for all of them, and no fetch.
    until("nothing is fetched any more", || async {
        let before = scene.git.requests().len();
        tokio::time::sleep(Duration::from_secs(4)).await;
        let since = scene.git.requests().split_off(before);
        let asked = since.iter().filter(|line| line.contains("/info/refs")).count();
        (asked <= 5).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_looked_at_when_it_is_made_and_when_it_is_changed() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let api = scene.api();
    scene.git.write("fleet.toml", "[[server]]\nname = \"shed\"\nconfig.enabled = false\n");
    scene.git.push("main", "the fleet").await;
    let config = with(place(&scene), json!({ "resource_path": ["fleet.toml"] }));
    api.write("CreateResourceSync", json!({ "name": "fleet", "config": config })).await;
    let sync = async || api.read("GetResourceSync", json!({ "sync": "fleet" })).await;
    let pending = async |what: &str| {
        until(what, || async {
            let found = sync().await["info"].clone();
            let updates = found["resource_updates"].as_array().unwrap();
            let shown = updates.iter().any(|one| one["data"]["data"]["name"] == what);
            (shown && found["pending_error"].is_null()).then_some(())
        })
        .await;
    };
    pending("shed").await;
    let state = api.read("ListResourceSyncs", json!({})).await[0]["info"]["state"].clone();
    assert_eq!(state, "Pending");
    // What is wrong is told where one looks.
    let change = async |config: Value| {
        api.write("UpdateResourceSync", json!({ "id": "fleet", "config": config })).await;
    };
    change(json!({ "branch": "nope" })).await;
    until("the error is told", || async {
        let found = sync().await["info"]["pending_error"].clone();
        found.as_str().unwrap_or_default().contains("nope").then_some(())
    })
    .await;
    let files = "[[server]]\nname = \"barn\"\nconfig.enabled = false\n";
    change(json!({ "repo": "", "branch": "main", "file_contents": files })).await;
    pending("barn").await;
    // What says nothing yet is not called broken.
    api.write("CreateResourceSync", json!({ "name": "empty", "config": {} })).await;
    let empty = api.read("GetResourceSync", json!({ "sync": "empty" })).await;
    assert!(empty["info"]["pending_error"].is_null(), "{empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_each_of_many_stacks_is_told_of_costs_one_fetch_and_one_deploy() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let api = scene.api();
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        scene.write_stack(name, "1");
    }
    scene.git.push("main", "first").await;
    for name in names {
        let of_git = with(place(&scene), json!({ "webhook_secret": SECRET }));
        let mut config = with(scene.stack_config(name), of_git);
        config["linked_repo"] = json!("");
        api.write("CreateStack", json!({ "name": scene.stack(name), "config": config })).await;
    }
    // The same push is told to each stack, all at once.
    let push = async |delivery: &str, commit: &str| {
        let told = names.map(|name| {
            let stack = scene.stack(name);
            let url = format!("{}/listener/github/stack/{stack}/deploy", scene.core.address);
            let push = Push::new("main", SECRET, &format!("{delivery}-{name}"));
            let push = Push { commit: commit.to_owned(), ..push };
            async move { push.send(&url).await }
        });
        futures_util::future::join_all(told).await
    };
    let first = scene.git.ask(&["rev-parse", "HEAD"]).await;
    for told in push("1", first.trim()).await {
        let update = api.finished(told.body["update_id"].as_str().expect("a run")).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
    }
    let deploys = async || {
        let updates = api.read("ListUpdates", json!({ "query": { "operation": "DeployStack" } }));
        updates.await["updates"].as_array().unwrap().len()
    };
    assert_eq!(deploys().await, names.len());

    scene.write_stack("c", "2");
    scene.git.push("main", "second").await;
    let second = scene.git.ask(&["rev-parse", "HEAD"]).await;
    let before = scene.git.requests().len();
    for (name, told) in names.iter().zip(push("2", second.trim()).await) {
        assert_eq!(told.status, 200, "{told:?}");
        match *name {
            "c" => {
                let id = told.body["update_id"].as_str().expect("a run");
                let update = api.finished(id).await;
                assert_eq!(update["success"], true, "{}", text_of(&update));
            }
            _ => assert_eq!(told.body["outcome"], "Unchanged", "{told:?}"),
        }
    }
    let since = scene.git.requests().split_off(before);
    let fetches = since.iter().filter(|line| line.contains("/info/refs")).count();
    assert!(fetches <= 2, "one of Core and one of the host: {since:?}");
    assert_eq!(deploys().await, names.len() + 1);
    let target = json!({ "type": "Stack", "id": scene.stack("d") });
    let listed = api.read("ListWebhookDeliveries", json!({ "target": target })).await;
    assert_eq!(listed[0]["outcome"], "Unchanged", "{listed}");
    assert_eq!(listed[1]["outcome"], "Ran", "{listed}");
}
