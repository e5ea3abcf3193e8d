//! From a push to running containers, beside what `docker compose` takes by hand.

use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use varanus_tests::{Docker, Push, Scene, Store, Way, run, text_of};

use crate::figure;

const SECRET: &str = "the secret of the webhook";
const ROUNDS: usize = 9;
const MANY: usize = 200;
const RESTING: Duration = Duration::from_secs(60);
const QUIET: [(&str, &str); 2] =
    [("KOMODO_LOGGING_LEVEL", "warn"), ("KOMODO_MONITORING_INTERVAL", "15-sec")];

async fn scene() -> Scene {
    let quiet = [("PERIPHERY_LOGGING_LEVEL", "warn")];
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &quiet, &QUIET).await;
    let repo = json!({ "name": "stacks", "config": scene.repo_config() });
    scene.api().write("CreateRepo", repo).await;
    scene
}

/// A procedure that pulls the repository, then does `execution`.
async fn procedure(scene: &Scene, executions: Vec<Value>) {
    let pull = execution("PullRepo", json!({ "repo": "stacks" }));
    let config = json!({
        "stages": [
            { "name": "pull", "enabled": true, "executions": [pull] },
            { "name": "deploy", "enabled": true, "executions": executions },
        ],
        "webhook_secret": SECRET,
    });
    scene.api().write("CreateProcedure", json!({ "name": "push", "config": config })).await;
}

fn execution(kind: &str, params: Value) -> Value {
    json!({ "execution": { "type": kind, "params": params }, "enabled": true })
}

/// Tells Core of a push and waits until what it started has ended.
async fn push(scene: &Scene, delivery: &str) -> Duration {
    let begun = Instant::now();
    let url = format!("{}/listener/github/procedure/push/main", scene.core.address);
    let answer = Push::new("main", SECRET, delivery).send(&url).await;
    let id = answer.body["update_id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    loop {
        let update = scene.api().read("GetUpdate", json!({ "id": id })).await;
        if update["status"] == "Complete" {
            assert_eq!(update["success"], true, "{}", text_of(&update));
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How long after a moment the last of these containers was running, as the
/// engine itself noted it.
async fn running(scene: &Scene, begun: Timestamp, containers: &[String]) -> Duration {
    let mut last = begun;
    for name in containers {
        let container = scene.docker.container(name).await;
        let container = container.unwrap_or_else(|| panic!("there is no container {name}"));
        assert_eq!(container["State"]["Running"], true, "{name}");
        let started = container["State"]["StartedAt"].as_str().and_then(|text| text.parse().ok());
        last = last.max(started.expect("a running container was started"));
    }
    last.duration_since(begun).unsigned_abs()
}

/// Prints what was done since a moment, and when, in milliseconds.
async fn steps(scene: &Scene, begun: Timestamp) {
    let begun = begun.as_millisecond();
    let found = scene.api().read("ListUpdates", json!({})).await;
    let mut lines = Vec::new();
    for item in found["updates"].as_array().into_iter().flatten() {
        let since = |at: &Value| at.as_i64().unwrap_or_default() - begun;
        if since(&item["start_ts"]) < 0 {
            continue;
        }
        let update = scene.api().read("GetUpdate", json!({ "id": item["id"] })).await;
        let operation = update["operation"].as_str().unwrap_or_default();
        lines.push((since(&update["start_ts"]), since(&update["end_ts"]), operation.to_owned()));
        for log in update["logs"].as_array().into_iter().flatten() {
            let what = format!("{operation}: {}", log["stage"].as_str().unwrap_or_default());
            lines.push((since(&log["start_ts"]), since(&log["end_ts"]), what));
        }
    }
    lines.sort();
    for (from, to, what) in lines {
        println!("  {from:5} – {to:5} ms  {what}");
    }
}

/// `docker compose WORDS` in all of these stacks at once, by hand.
async fn by_hand(scene: &Scene, names: &[String], words: &[&str]) -> Duration {
    let begun = Instant::now();
    let all = names.iter().map(|name| {
        let mut command = Command::new("docker");
        let folder = scene.git.work.join("stacks").join(name);
        command.args(["compose", "-p", &scene.stack(&format!("hand-{name}"))]).args(words);
        command.current_dir(folder);
        run(command)
    });
    for output in join_all(all).await {
        assert!(output.success, "{}", output.stderr);
    }
    begun.elapsed()
}

/// Five stacks that are not there yet.
pub async fn five() {
    let scene = scene().await;
    let names: Vec<String> = (1..=5).map(|n| format!("s{n}")).collect();
    for name in &names {
        scene.write_stack(name, "1");
    }
    scene.git.push("main", "five").await;
    let params = |name: &String| json!({ "stack": scene.stack(name) });
    for name in &names {
        let stack = json!({ "name": scene.stack(name), "config": scene.stack_config(name) });
        scene.api().write("CreateStack", stack).await;
    }
    let deploys = names.iter().map(|name| execution("DeployStack", params(name))).collect();
    procedure(&scene, deploys).await;
    let containers: Vec<_> = names.iter().map(|name| scene.container(name)).collect();
    let by_hand_containers: Vec<_> =
        names.iter().map(|name| scene.container(&format!("hand-{name}"))).collect();
    let mut times: [Vec<Duration>; 4] = Default::default();
    // The first round is not counted: it clones the repository and warms caches.
    for round in 0..=ROUNDS {
        // Else there is no commit to fetch.
        scene.write_stack("s1", &format!("r{round}"));
        scene.git.push("main", &format!("round {round}")).await;
        let begun = Timestamp::now();
        let done_by_hand = by_hand(&scene, &names, &["up", "-d"]).await;
        let up_by_hand = running(&scene, begun, &by_hand_containers).await;
        by_hand(&scene, &names, &["down", "-t", "1"]).await;
        let begun = Timestamp::now();
        let done = push(&scene, &format!("five-{round}")).await;
        let up = running(&scene, begun, &containers).await;
        if round == ROUNDS {
            steps(&scene, begun).await;
        }
        if round > 0 {
            let found = [up, up_by_hand, done, done_by_hand];
            times.iter_mut().zip(found).for_each(|(times, time)| times.push(time));
        }
        join_all(names.iter().map(|name| scene.api().execute("DestroyStack", params(name)))).await;
    }
    let [up, up_by_hand, done, done_by_hand] = times.map(|times| median(times).as_secs_f64());
    figure("a push, until five stacks run", up, "s");
    figure(
        "docker compose up -d of the five by hand, in parallel, until they run",
        up_by_hand,
        "s",
    );
    figure("ratio", up / up_by_hand, "");
    figure("a push, until all is checked and recorded", done, "s");
    figure("docker compose up -d of the five by hand, until it has ended", done_by_hand, "s");
    figure("ratio of that", done / done_by_hand, "");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// What both programs take while nothing happens on a host with a hundred stacks.
pub async fn hundred() {
    rest(&scene().await).await;
}

/// The same, then one of many stacks changed.
pub async fn one_of_many() {
    let scene = scene().await;
    let names = rest(&scene).await;
    for name in &names[100..] {
        create(&scene, name).await;
    }
    push(&scene, "all").await;
    let nothing = push(&scene, "none").await;
    figure("a push that changes none of 200 stacks", nothing.as_secs_f64(), "s");
    let mut times = Vec::new();
    for revision in 2..=4 {
        scene.git.write("stacks/m077/compose.yaml", &small(&revision.to_string()));
        scene.git.push("main", "one is new").await;
        times.push(push(&scene, &format!("one-{revision}")).await);
        let label = scene.docker.label(&scene.container("m077"), "revision").await;
        assert_eq!(label, Some(revision.to_string()));
    }
    figure("a push that changes one of 200 stacks", median(times).as_secs_f64(), "s");
}

/// Deploys a hundred of many stacks, and measures while nothing happens; returns
/// the names of all.
async fn rest(scene: &Scene) -> Vec<String> {
    figure("memory of the agent at rest", scene.agent.process.memory(), "MB");
    let names: Vec<String> = (1..=MANY).map(|n| format!("m{n:03}")).collect();
    for name in &names {
        scene.git.write(&format!("stacks/{name}/compose.yaml"), &small("1"));
    }
    scene.git.push("main", "many").await;
    let pattern = format!("{}m*", scene.docker.prefix);
    let execution = execution("BatchDeployStackIfChanged", json!({ "pattern": pattern }));
    procedure(scene, vec![execution]).await;
    for name in &names[..100] {
        create(scene, name).await;
    }
    push(scene, "hundred").await;
    let before = (scene.core.process().cpu(), scene.agent.process.cpu());
    tokio::time::sleep(RESTING).await;
    let share = |since: Duration, now: Duration| {
        (now - since).as_secs_f64() / RESTING.as_secs_f64() * 100.0
    };
    figure("memory of Core with 100 containers", scene.core.process().memory(), "MB");
    figure("memory of the agent with 100 containers", scene.agent.process.memory(), "MB");
    let (core, agent) = (scene.core.process().cpu(), scene.agent.process.cpu());
    figure("CPU of Core in a minute with 100 containers", share(before.0, core), "%");
    figure("CPU of the agent in a minute with 100 containers", share(before.1, agent), "%");
    names
}

async fn create(scene: &Scene, name: &str) {
    let mut config = scene.stack_config(name);
    config["run_directory"] = json!(format!("stacks/{name}"));
    let stack = json!({ "name": scene.stack(name), "config": config });
    scene.api().write("CreateStack", stack).await;
}

/// A stack without a network of its own: an engine has addresses for thirty.
fn small(revision: &str) -> String {
    format!(
        "services:\n  app:\n    image: {}\n    init: true\n    command: [\"sleep\", \"100000\"]\n    \
         pull_policy: never\n    network_mode: none\n    labels:\n      revision: \"{revision}\"\n",
        Docker::IMAGE
    )
}
