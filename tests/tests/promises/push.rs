//! A push deploys: the main job, from the webhook to running containers.

use serde_json::{Value, json};
use varanus_tests::{Push, Scene, Store, Way, text_of, until};

const STACKS: [&str; 5] = ["one", "two", "three", "four", "five"];
const SECRET: &str = "the secret of the webhook";

/// A repository with five stacks, the repo at a path that belongs to somebody
/// else, and the procedure "pull, then deploy all".
async fn prepare(scene: &Scene) {
    for name in STACKS {
        scene.write_stack(name, "1");
    }
    scene.git.push("main", "first").await;
    let clones = scene.agent.root.join("elsewhere");
    std::fs::create_dir_all(&clones).unwrap();
    std::os::unix::fs::chown(&clones, Some(4321), Some(4321)).unwrap();
    let api = scene.api();
    let mut repo = scene.repo_config();
    repo["path"] = json!(clones.display().to_string());
    api.write("CreateRepo", json!({ "name": "stacks", "config": repo })).await;
    for name in STACKS {
        let config = scene.stack_config(name);
        api.write("CreateStack", json!({ "name": scene.stack(name), "config": config })).await;
    }
    let execution = |kind: &str, params: Value| json!({ "execution": { "type": kind, "params": params }, "enabled": true });
    let pull = vec![execution("PullRepo", json!({ "repo": "stacks" }))];
    let deploy: Vec<_> = STACKS
        .iter()
        .map(|name| execution("DeployStack", json!({ "stack": scene.stack(name) })))
        .collect();
    let config = json!({
        "stages": [
            { "name": "Stage 1 Pull Repo", "enabled": true, "executions": pull },
            { "name": "Stage 2 Deploy", "enabled": true, "executions": deploy },
        ],
        "webhook_secret": SECRET,
    });
    api.write("CreateProcedure", json!({ "name": "deploy-all", "config": config })).await;
}

fn url(scene: &Scene) -> String {
    format!("{}/listener/github/procedure/deploy-all/main", scene.core.address)
}

/// Pushes are told by id; the run's update says what came of it.
async fn told(scene: &Scene, delivery: &str) -> Value {
    let answer = Push::new("main", SECRET, delivery).send(&url(scene)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.body["update_id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    scene.api().finished(&id).await
}

async fn revisions(scene: &Scene) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for name in STACKS {
        found.push(scene.docker.label(&scene.container(name), "revision").await);
    }
    found
}

async fn a_push_deploys_what_changed(way: Way, store: Store) {
    let scene = Scene::start(way, store, &[]).await;
    prepare(&scene).await;
    let update = told(&scene, "delivery-1").await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(revisions(&scene).await, vec![Some("1".to_owned()); 5]);
    // The log of a stack says which commit it runs.
    let hash = scene.git.push("main", "nothing new").await;
    scene.write_stack("three", "2");
    let hash = {
        let _ = hash;
        scene.git.push("main", "three is new").await
    };
    let mut before = Vec::new();
    for name in STACKS {
        before.push(scene.docker.id(&scene.container(name)).await);
    }
    let update = told(&scene, "delivery-2").await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    for (name, before) in STACKS.iter().zip(before) {
        let same = scene.docker.id(&scene.container(name)).await == before;
        assert_eq!(same, *name != "three", "{name}");
    }
    assert_eq!(revisions(&scene).await[2].as_deref(), Some("2"));
    let updates = scene.api().read("ListUpdates", json!({})).await;
    let deployed = updates["updates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|update| update["operation"] == "DeployStack")
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let deployed = scene.api().finished(&deployed).await;
    assert!(text_of(&deployed).contains(&hash), "{hash} is not in {}", text_of(&deployed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_deploys_through_an_agent_that_dialed_out() {
    a_push_deploys_what_changed(Way::AgentDials, Store::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_deploys_through_an_agent_dialed_by_tls_with_mongodb() {
    a_push_deploys_what_changed(Way::CoreDials, Store::MongoDb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_runs_nothing_says_why() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    prepare(&scene).await;
    let other = Push::new("feature", SECRET, "a").send(&url(&scene)).await;
    assert_eq!(other.status, 200, "{other:?}");
    assert!(other.body["message"].as_str().unwrap().contains("feature"), "{other:?}");
    let bad = Push::new("main", "wrong", "b").send(&url(&scene)).await;
    assert_eq!(bad.status, 401, "{bad:?}");
    let unknown = format!("{}/listener/github/procedure/nobody/main", scene.core.address);
    assert_eq!(Push::new("main", SECRET, "c").send(&unknown).await.status, 400);
    let config = json!({ "id": "deploy-all", "config": { "webhook_enabled": false } });
    scene.api().write("UpdateProcedure", config).await;
    let disabled = Push::new("main", SECRET, "d").send(&url(&scene)).await;
    assert_eq!(disabled.status, 200, "{disabled:?}");
    assert!(disabled.body["update_id"].is_null(), "{disabled:?}");
    // Each is in the list, with its reason, and nothing ran.
    let list = scene.api().read("ListWebhookDeliveries", json!({})).await;
    let outcomes = list.to_string();
    for outcome in ["OtherBranch", "BadSignature", "Disabled"] {
        assert!(outcomes.contains(outcome), "{outcome} is not in {outcomes}");
    }
    assert_eq!(revisions(&scene).await, vec![None; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_pushes_in_a_second_the_last_one_wins_and_a_repeated_one_runs_once() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    prepare(&scene).await;
    scene.write_stack("one", "2");
    scene.git.push("main", "second").await;
    let address = url(&scene);
    let first = Push::new("main", SECRET, "x").send(&address).await;
    scene.write_stack("one", "3");
    scene.git.push("main", "third").await;
    let second = Push::new("main", SECRET, "y").send(&address).await;
    let again = Push::new("main", SECRET, "y").send(&address).await;
    assert!(
        again.body["update_id"].is_null() || again.body["update_id"] == second.body["update_id"]
    );
    for answer in [&first, &second] {
        let id = answer.body["update_id"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        let update = scene.api().finished(id).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
    }
    until("the last commit runs", || async {
        (revisions(&scene).await[0].as_deref() == Some("3")).then_some(())
    })
    .await;
    let updates = scene.api().read("ListUpdates", json!({})).await;
    let runs = updates["updates"].as_array().unwrap().iter();
    assert_eq!(runs.filter(|update| update["operation"] == "RunProcedure").count(), 2);
}
