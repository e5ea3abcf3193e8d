//! A sync deploys what it declares, in waves: the next begins when the former is healthy.

use serde_json::{Value, json};
use varanus_tests::{Gate, Scene, Store, Way, text_of};

/// A sync of resource files that are written into it.
struct Fleet {
    scene: Scene,
}

impl Fleet {
    async fn new() -> Self {
        let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
        let sync = json!({ "name": "fleet", "config": { "file_contents": "# nothing yet" } });
        scene.api().write("CreateResourceSync", sync).await;
        Self { scene }
    }

    /// Declares a stack of one service.
    fn stack(&self, name: &str, after: &[&str], service: &str) -> String {
        let after: Vec<_> = after.iter().map(|name| self.scene.stack(name)).collect();
        format!(
            "[[stack]]\nname = {:?}\ndeploy = true\nafter = {after:?}\n[stack.config]\nserver = {:?}\nauto_pull = false\n\
             file_contents = \"\"\"\nservices:\n  it:\n    image: busybox:local\n    pull_policy: never\n    stop_grace_period: 1s\n{service}\n\"\"\"\n\n",
            self.scene.stack(name),
            Scene::SERVER,
        )
    }

    async fn say(&self, contents: &str) {
        let config = json!({ "id": "fleet", "config": { "file_contents": contents } });
        self.scene.api().write("UpdateResourceSync", config).await;
    }

    async fn runs(&self) -> Value {
        self.scene.api().execute("RunSync", json!({ "sync": "fleet" })).await
    }

    /// What is left to do: changes, and names of what is to be deployed.
    async fn pending(&self) -> (usize, Vec<Value>) {
        let request = json!({ "sync": "fleet" });
        let sync = self.scene.api().write("RefreshResourceSyncPending", request).await;
        let info = &sync["info"];
        assert_eq!(info["pending_error"], Value::Null, "{info}");
        assert_eq!(info["pending_deploy_error"], Value::Null, "{info}");
        let updates = info["resource_updates"].as_array().unwrap().len();
        (updates, info["pending_deploys"].as_array().unwrap().clone())
    }

    async fn container(&self, name: &str) -> Option<Value> {
        self.scene.docker.container(&format!("{}-it-1", self.scene.stack(name))).await
    }
}

fn time(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no time"))
}

const SLOW: &str = "    command: [sh, -c, 'sleep 2; touch /tmp/up; sleep 1000']\n    healthcheck:\n      \
                    test: [CMD, test, -f, /tmp/up]\n      interval: 500ms\n      retries: 100";
const PLAIN: &str = "    command: [sleep, '1000']";
const ENDS: &str = "    command: ['true']";
const FAILS: &str = "    command: ['false']";

#[tokio::test]
async fn a_wave_begins_when_the_former_is_healthy_and_a_second_plan_is_empty() {
    let fleet = Fleet::new().await;
    let files = [
        fleet.stack("app", &["migrate"], PLAIN),
        fleet.stack("migrate", &["db"], ENDS),
        fleet.stack("db", &[], SLOW),
    ];
    fleet.say(&files.concat()).await;
    let (changes, deploys) = fleet.pending().await;
    assert_eq!((changes, deploys.len()), (3, 3), "{deploys:?}");
    assert!(deploys.iter().all(|deploy| deploy["reason"] == "it is new"), "{deploys:?}");

    let update = fleet.runs().await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let (db, migrate, app) = (
        fleet.container("db").await.unwrap(),
        fleet.container("migrate").await.unwrap(),
        fleet.container("app").await.unwrap(),
    );
    let healthy_since = &db["State"]["Health"]["Log"][0]["End"];
    assert_eq!(db["State"]["Health"]["Status"], "healthy");
    let begun = time(&migrate["State"]["StartedAt"]);
    assert!(time(&db["State"]["StartedAt"]) < begun && healthy_since.is_string());
    assert!(time(&migrate["State"]["FinishedAt"]) < time(&app["State"]["StartedAt"]));

    assert_eq!(fleet.pending().await, (0, vec![]), "what ran to its end is as it should be");
    let again = fleet.runs().await;
    assert!(text_of(&again).contains("nothing to do"), "{}", text_of(&again));
    let same = fleet.container("app").await.unwrap();
    assert_eq!(same["State"]["StartedAt"], app["State"]["StartedAt"]);
}

#[tokio::test]
async fn what_has_not_said_yet_whether_it_is_healthy_is_not_deployed_again() {
    let fleet = Fleet::new().await;
    let begins = SLOW.replace("sleep 2", "sleep 1000");
    fleet.say(&fleet.stack("db", &[], &begins)).await;
    let update = fleet.runs().await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(fleet.container("db").await.unwrap()["State"]["Health"]["Status"], "starting");
    assert_eq!(fleet.pending().await, (0, vec![]));
}

#[tokio::test]
async fn after_a_wave_that_fails_the_rest_is_not_tried_and_the_next_run_goes_on() {
    let fleet = Fleet::new().await;
    let app = fleet.stack("app", &["migrate"], PLAIN);
    fleet.say(&[app.clone(), fleet.stack("migrate", &[], FAILS)].concat()).await;
    let update = fleet.runs().await;
    let text = text_of(&update);
    assert_eq!(update["success"], false, "{text}");
    assert!(text.contains("is not healthy") && text.contains("exited (1)"), "{text}");
    let app_name = fleet.scene.stack("app");
    assert!(text.contains(&format!("wave 2 of 2: stack {app_name:?}: not tried")), "{text}");
    assert!(fleet.container("app").await.is_none());

    fleet.say(&[app, fleet.stack("migrate", &[], ENDS)].concat()).await;
    let (_, deploys) = fleet.pending().await;
    assert_eq!(deploys.len(), 2, "{deploys:?}");
    let update = fleet.runs().await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert!(fleet.container("app").await.is_some());
}

#[tokio::test]
async fn a_restart_of_core_between_two_waves_changes_nothing_of_what_is_deployed() {
    let mut fleet = Fleet::new().await;
    let gate = Gate::new(&fleet.scene, "first").await;
    let first = fleet.scene.stack("first");
    let then = fleet.stack("then", &["first"], PLAIN);
    // The gate is a stack that is there, and stands still in the middle of its deploy.
    let declared = fleet
        .scene
        .api()
        .read(
            "ExportResourcesToToml",
            json!({
                "targets": [{ "type": "Stack", "id": first }],
            }),
        )
        .await;
    let declared = declared["toml"].as_str().unwrap();
    let declared = declared.replacen("[stack.config]", "deploy = true\n[stack.config]", 1);
    fleet.say(&format!("{declared}\n{then}")).await;
    let run =
        fleet.scene.api().call("execute", "RunSync", json!({ "sync": "fleet" })).await.unwrap();
    gate.reached().await;
    fleet.scene.core.kill_and_start().await;
    gate.open();
    let update = fleet.scene.api().finished(run["_id"]["$oid"].as_str().unwrap()).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
    assert!(fleet.container("then").await.is_some());
}
