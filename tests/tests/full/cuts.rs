//! A push, and at a random moment of it something dies: Core, the agent, the
//! link between them. What was accepted is deployed once, or fails and says why;
//! nothing stays busy.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use varanus_tests::{Push, Random, Scene, Store, Way, text_of};

const STACKS: [&str; 2] = ["one", "two"];
const SECRET: &str = "the secret of the webhook";
const MOMENTS: usize = 20;

/// From the webhook to the end of its run, and a little more.
const FLOW: Duration = Duration::from_millis(2500);

/// Two stacks that note in a file which revision they are about to deploy, and
/// the procedure "pull, then deploy both", which a push runs.
struct Flow {
    scene: Scene,
    notes: tempfile::TempDir,
    random: Random,
    deployed: usize,
}

/// What came of a push.
struct Pushed {
    revision: String,
    update: Value,
}

impl Flow {
    async fn start(way: Way) -> Self {
        let random = Random::new();
        let scene = Scene::start(way, Store::Embedded, &[]).await;
        let notes = tempfile::tempdir().unwrap();
        let flow = Self { scene, notes, random, deployed: 0 };
        flow.write("0");
        flow.scene.git.push("main", "first").await;
        let api = flow.scene.api();
        let repo = flow.scene.repo_config();
        api.write("CreateRepo", json!({ "name": "stacks", "config": repo })).await;
        for name in STACKS {
            let mut config = flow.scene.stack_config(name);
            let note = format!("cat revision >> '{}'", flow.note(name).display());
            config["pre_deploy"] = json!({ "command": note, "shell_mode": true });
            let stack = json!({ "name": flow.scene.stack(name), "config": config });
            api.write("CreateStack", stack).await;
        }
        let execution = |kind: &str, params: Value| json!({ "execution": { "type": kind, "params": params }, "enabled": true });
        let pull = [execution("PullRepo", json!({ "repo": "stacks" }))];
        let deploy =
            STACKS.map(|name| execution("DeployStack", json!({ "stack": flow.scene.stack(name) })));
        let stages = json!([
            { "name": "Pull", "enabled": true, "executions": pull },
            { "name": "Deploy", "enabled": true, "executions": deploy },
        ]);
        let config = json!({ "stages": stages, "webhook_secret": SECRET });
        api.write("CreateProcedure", json!({ "name": "all", "config": config })).await;
        flow
    }

    fn note(&self, name: &str) -> PathBuf {
        self.notes.path().join(name)
    }

    fn write(&self, revision: &str) {
        for name in STACKS {
            self.scene.write_stack(name, revision);
            self.scene.git.write(&format!("stacks/{name}/revision"), &format!("{revision}\n"));
        }
    }

    /// How often a revision of a stack was about to be deployed.
    fn times(&self, name: &str, revision: &str) -> usize {
        let noted = std::fs::read_to_string(self.note(name)).unwrap_or_default();
        noted.lines().filter(|line| *line == revision).count()
    }

    /// A commit, and a webhook for it that its sender repeats until it is
    /// accepted.
    async fn push(&self, revision: &str) -> impl Future<Output = String> + use<> {
        self.write(revision);
        self.scene.git.push("main", revision).await;
        let url = format!("{}/listener/github/procedure/all/main", self.scene.core.address);
        let push = Push::new("main", SECRET, &format!("delivery-{revision}"));
        async move {
            let answer = push.send_until_accepted(&url).await;
            // What was accepted has a run, also when it is the second answer.
            let id = answer.body["update_id"].as_str();
            id.unwrap_or_else(|| panic!("accepted, and no run: {answer:?}")).to_owned()
        }
    }

    /// Checks what came of a push, and that the next deploy works at once.
    async fn check(&mut self, moment: Duration, revision: String, id: &str) {
        let api = self.scene.api();
        let update = api.finished(id).await;
        let pushed = Pushed { revision, update };
        let report = self.report(&pushed, moment).await;
        let success = pushed.update["success"] == true;
        for name in STACKS {
            let times = self.times(name, &pushed.revision);
            assert!(times <= 1, "{name} was deployed {times} times:\n{report}");
            if success {
                assert_eq!(times, 1, "{name} was not deployed:\n{report}");
                self.runs(name, &pushed.revision, &report).await;
            }
        }
        if success {
            self.deployed += 1;
        } else {
            assert!(report.contains("restart of"), "no reason:\n{report}");
        }
        self.nothing_is_busy(&report).await;
        let again = api.execute("RunProcedure", json!({ "procedure": "all" })).await;
        assert_eq!(again["success"], true, "{}\nafter\n{report}", self.logs().await);
        for name in STACKS {
            self.runs(name, &pushed.revision, &report).await;
        }
        let outcome = if success { "deployed" } else { "failed with a reason" };
        println!("after {:>4} ms: {outcome}", moment.as_millis());
    }

    async fn runs(&self, name: &str, revision: &str, report: &str) {
        let running = self.scene.docker.label(&self.scene.container(name), "revision").await;
        assert_eq!(running.as_deref(), Some(revision), "{name}:\n{report}");
    }

    async fn nothing_is_busy(&self, report: &str) {
        let api = self.scene.api();
        let unfinished = json!({ "query": { "status": { "$ne": "Complete" } } });
        let updates = api.read("ListUpdates", unfinished).await;
        assert_eq!(updates["updates"], json!([]), "{report}");
        let mut states = vec![
            api.read("GetProcedureActionState", json!({ "procedure": "all" })).await,
            api.read("GetRepoActionState", json!({ "repo": "stacks" })).await,
        ];
        for name in STACKS {
            let stack = json!({ "stack": self.scene.stack(name) });
            states.push(api.read("GetStackActionState", stack).await);
        }
        for state in states {
            let busy = state.as_object().unwrap().values().any(|busy| *busy != false);
            assert!(!busy, "{state}\n{report}");
        }
    }

    async fn report(&self, pushed: &Pushed, moment: Duration) -> String {
        let revision = &pushed.revision;
        format!("push {revision}, broken after {moment:?}\n{}", self.logs().await)
    }

    /// The logs of the last runs: a procedure and its parts.
    async fn logs(&self) -> String {
        let api = self.scene.api();
        let updates = api.read("ListUpdates", json!({})).await;
        let mut text = String::new();
        for update in updates["updates"].as_array().unwrap().iter().take(4).rev() {
            let update = api.read("GetUpdate", json!({ "id": update["id"] })).await;
            text.push_str(&format!("= {} {}\n", update["operation"], update["status"]));
            text.push_str(&text_of(&update));
        }
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_deployed_once_when_core_is_killed_at_any_moment() {
    let mut flow = Flow::start(Way::AgentDials).await;
    for point in 1..=MOMENTS {
        let (moment, revision) = (flow.random.within(FLOW), point.to_string());
        let accepted = flow.push(&revision).await;
        let fault = async {
            tokio::time::sleep(moment).await;
            flow.scene.core.kill_and_start().await;
        };
        let (id, ()) = tokio::join!(accepted, fault);
        flow.check(moment, revision, &id).await;
    }
    // A restart of Core is no reason for a push to fail.
    assert_eq!(flow.deployed, MOMENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_deployed_once_or_fails_with_the_reason_when_the_agent_is_killed_at_any_moment() {
    let mut flow = Flow::start(Way::CoreDials).await;
    for point in 1..=MOMENTS {
        let (moment, revision) = (flow.random.within(FLOW), point.to_string());
        let accepted = flow.push(&revision).await;
        let fault = async {
            tokio::time::sleep(moment).await;
            flow.scene.agent.kill_and_start();
        };
        let (id, ()) = tokio::join!(accepted, fault);
        flow.check(moment, revision, &id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_deployed_once_when_the_link_is_cut_at_any_moment() {
    let mut flow = Flow::start(Way::AgentDialsByProxy).await;
    for point in 1..=MOMENTS {
        let (moment, revision) = (flow.random.within(FLOW), point.to_string());
        let cut = flow.random.within(Duration::from_millis(1500));
        let accepted = flow.push(&revision).await;
        let wire = flow.scene.wire.as_ref().expect("a scene with a wire");
        let fault = async {
            tokio::time::sleep(moment).await;
            wire.cut().await;
            tokio::time::sleep(cut).await;
            wire.heal().await;
        };
        let (id, ()) = tokio::join!(accepted, fault);
        flow.check(moment, revision, &id).await;
    }
    // Nor is a link that comes back.
    assert_eq!(flow.deployed, MOMENTS);
}
