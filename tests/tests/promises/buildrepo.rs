//! A repo with a builder is fetched on the builder's agent, and its own commands
//! build there.

use std::path::PathBuf;

use serde_json::{Value, json};
use varanus_tests::{Agent, Push, Scene, Store, Way, text_of, until};

const CELLAR: &str = "cellar";
const NAME: &str = "tools";
const SECRET: &str = "the secret of the webhook";

/// A repo of a server with a builder on another one.
async fn repo(scene: &Scene, on_clone: &str, on_pull: &str) {
    let builder = json!({ "type": "Server", "params": { "server_ids": [CELLAR] } });
    scene.api().write("CreateBuilder", json!({ "name": "bench", "config": builder })).await;
    let mut config = scene.repo_config();
    config["builder_id"] = json!("bench");
    config["environment"] = json!("GREETING = hello");
    config["webhook_secret"] = json!(SECRET);
    config["on_clone"] = json!({ "path": ".", "command": on_clone });
    config["on_pull"] = json!({ "path": "sub", "command": on_pull });
    scene.api().write("CreateRepo", json!({ "name": NAME, "config": config })).await;
}

async fn commit(scene: &Scene, text: &str) -> String {
    scene.git.write("sub/text", text);
    scene.git.push("main", text).await
}

async fn info(scene: &Scene) -> Value {
    scene.api().read("GetRepo", json!({ "repo": NAME })).await["info"].clone()
}

async fn state(scene: &Scene) -> Value {
    let list = scene.api().read("ListRepos", json!({})).await;
    list[0]["info"]["state"].clone()
}

fn at(agent: &Agent, path: &str) -> PathBuf {
    agent.root.join("repos").join(NAME).join(path)
}

fn read(agent: &Agent, path: &str) -> String {
    let path = at(agent, path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repo_is_built_by_its_own_commands_on_its_builder() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let cellar = scene.another(CELLAR).await;
    let secret = scene.canaries.make("variable");
    let variable = json!({ "name": "TOKEN", "value": secret, "is_secret": true });
    scene.api().write("CreateVariable", variable).await;
    repo(
        &scene,
        "echo cloned >> .git/clones",
        "echo token [[TOKEN]] && grep -q broken text && exit 3; \
         test -n '[[TOKEN]]' && cat text >> ../.git/built && grep GREETING ../.env",
    )
    .await;
    let first = commit(&scene, "one ").await;
    let update = scene.api().execute("BuildRepo", json!({ "repo": NAME })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    assert_eq!(update["commit_hash"], json!(first), "{text}");
    assert!(text.contains("building on cellar") && text.contains("GREETING"), "{text}");
    assert!(!text.contains(&secret), "{text}");
    // A clone is new as a whole: both commands ran, and on the builder alone.
    assert_eq!(read(&cellar, ".git/clones"), "cloned\n");
    assert_eq!(read(&cellar, ".git/built"), "one ");
    assert!(!at(&scene.agent, "").exists(), "the repo's own server was not asked");
    assert_eq!(info(&scene).await["built_hash"], json!(first));
    assert_eq!(state(&scene).await, "Ok");

    // A push builds what is new there, without another clone.
    let second = commit(&scene, "two ").await;
    let url = format!("{}/listener/github/repo/{NAME}/build", scene.core.address);
    let answer = Push::new("main", SECRET, "a push").send(&url).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let update = scene.api().finished(answer.body["update_id"].as_str().unwrap()).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(
        (read(&cellar, ".git/clones"), read(&cellar, ".git/built")),
        ("cloned\n".to_owned(), "one two ".to_owned())
    );
    assert_eq!(info(&scene).await["built_hash"], json!(second));

    // A build that fails is none.
    commit(&scene, "broken").await;
    let update = scene.api().execute("BuildRepo", json!({ "repo": NAME })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], false, "{text}");
    assert!(text.contains("On Pull") && !text.contains(&secret), "{text}");
    assert_eq!(info(&scene).await["built_hash"], json!(second));
    assert_eq!(state(&scene).await, "Failed");
    // And one without a builder says what is missing.
    let none = json!({ "id": NAME, "config": { "builder_id": "" } });
    scene.api().write("UpdateRepo", none).await;
    let update = scene.api().execute("BuildRepo", json!({ "repo": NAME })).await;
    assert!(text_of(&update).contains("there is no builder"), "{}", text_of(&update));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_of_a_repo_that_is_cancelled_leaves_nothing_running() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let cellar = scene.another(CELLAR).await;
    repo(&scene, "", "echo $$ > ../.git/pid && sleep 300 & wait").await;
    commit(&scene, "one").await;
    let update = scene.api().call("execute", "BuildRepo", json!({ "repo": NAME })).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    let pid = until("it builds", || async {
        let text = std::fs::read_to_string(at(&cellar, ".git/pid")).ok()?;
        text.trim().parse::<u32>().ok()
    })
    .await;
    let busy = scene.api().read("GetRepoActionState", json!({ "repo": NAME })).await;
    assert_eq!(busy["building"], true, "{busy}");
    let cancel = scene.api().execute("CancelRepoBuild", json!({ "repo": NAME })).await;
    assert_eq!(cancel["success"], true, "{}", text_of(&cancel));
    let update = scene.api().finished(&id).await;
    let text = text_of(&update);
    assert!(update["success"] == false && text.contains("cancelled by admin"), "{text}");
    let gone = PathBuf::from(format!("/proc/{pid}"));
    until("the command has ended", || async { (!gone.exists()).then_some(()) }).await;
    // The next one may begin.
    let calm = json!({ "id": NAME, "config": { "on_pull": { "path": ".", "command": "true" } } });
    scene.api().write("UpdateRepo", calm).await;
    let update = scene.api().execute("BuildRepo", json!({ "repo": NAME })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
}
