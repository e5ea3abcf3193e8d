//! What happens on a host is seen at once, and costs nothing while nothing does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{Docker, Scene, Store, Way, run, text_of, until};

async fn docker(words: &[&str]) {
    let mut command = Command::new("docker");
    command.args(words);
    let output = run(command).await;
    assert!(output.success, "docker {words:?}: {}", output.stderr);
}

async fn container(scene: &Scene, name: &str) -> Option<Value> {
    let params = json!({ "server": Scene::SERVER });
    let all = scene.api().read("ListContainers", params).await;
    all.as_array()?.iter().find(|container| container["name"] == name).cloned()
}

/// Waits until Core sees a state, and says how long that took.
async fn seen_as(scene: &Scene, name: &str, state: &str) -> Duration {
    let begun = Instant::now();
    until(&format!("{name} is seen as {state}"), || async {
        let container = container(scene, name).await?;
        (container["state"] == state).then_some(())
    })
    .await;
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_killed_by_hand_is_seen_at_once() {
    // Nobody asks in time: what is seen was told.
    let settings = [("KOMODO_MONITORING_INTERVAL", "1-hr")];
    let scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &settings).await;
    let name = scene.stack("by-hand");
    docker(&["run", "-d", "--name", &name, Docker::IMAGE, "sleep", "1000"]).await;
    let started = seen_as(&scene, &name, "running").await;
    docker(&["kill", &name]).await;
    let killed = seen_as(&scene, &name, "exited").await;
    docker(&["rm", &name]).await;
    let begun = Instant::now();
    until("it is gone", || async { container(&scene, &name).await.is_none().then_some(()) }).await;
    println!("start, kill, removal seen after {started:?}, {killed:?}, {:?}", begun.elapsed());
    assert!(killed < Duration::from_secs(5), "{killed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_after_a_run_reads_what_the_run_has_left() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let name = scene.stack("asked");
    let file = "services:\n  it:\n    image: busybox:local\n    pull_policy: never\n    \
                command: [sleep, '1000']\n    stop_signal: SIGKILL\n";
    let config = json!({ "server_id": Scene::SERVER, "file_contents": file, "auto_pull": false });
    scene.api().write("CreateStack", json!({ "name": name, "config": config })).await;
    let rounds = (0..5).flat_map(|_| [("DeployStack", "running"), ("StopStack", "stopped")]);
    for (request, state) in rounds.chain([("DestroyStack", "down")]) {
        let update = scene.api().execute(request, json!({ "stack": name })).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
        let found = scene.api().read("ListStacks", json!({ "query": { "names": [name] } })).await;
        assert_eq!(found[0]["info"]["state"], state, "after {request}");
    }
}

/// A `docker` that notes its calls, in a folder that goes first in `PATH`.
fn noting_docker(folder: &Path) -> (String, PathBuf) {
    let (program, log) = (folder.join("docker"), folder.join("calls"));
    let path = std::env::var("PATH").expect("PATH");
    let text = format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\nPATH='{path}'\nexec docker \"$@\"\n",
        log.display()
    );
    std::fs::write(&program, text).expect("a script");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    (format!("{}:{path}", folder.display()), log)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_agent_starts_no_program_also_while_somebody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = noting_docker(folder.path());
    let settings = [("PATH", path.as_str()), ("PERIPHERY_STATS_POLLING_RATE", "1-sec")];
    // Core asks every second.
    let scene = Scene::start(Way::CoreDials, Store::Embedded, &settings).await;
    let name = scene.stack("looked-at");
    docker(&["run", "-d", "--name", &name, Docker::IMAGE, "sleep", "1000"]).await;
    // What containers use is measured because somebody looks at them.
    let stats = until("what the container uses is known", || async {
        let stats = container(&scene, &name).await?["stats"].clone();
        stats.is_object().then_some(stats)
    })
    .await;
    for (field, end) in [("cpu_perc", "%"), ("mem_perc", "%"), ("mem_usage", "B"), ("pids", "1")] {
        assert!(stats[field].as_str().is_some_and(|text| text.ends_with(end)), "{field}: {stats}");
    }
    let measured = || async {
        let params = json!({ "server": Scene::SERVER });
        scene.api().read("GetSystemStats", params).await["refresh_ts"].as_i64()
    };
    let first = measured().await.unwrap();
    until("the machine was measured for a while", || async {
        (measured().await? > first + 4000).then_some(())
    })
    .await;
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    assert_eq!(calls, "", "docker was started");
    // The notes are taken.
    let ask = json!({ "server": Scene::SERVER, "container": name, "tail": 1, "timestamps": false });
    scene.api().read("GetContainerLog", ask).await;
    assert!(std::fs::read_to_string(&log).unwrap().starts_with("logs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_docker_that_hangs_does_not_hang_its_agent() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    // Takes connections, and never answers.
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let host = format!("unix://{}", socket.display());
    let settings = [("DOCKER_HOST", host.as_str())];
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &settings).await;
    let params = json!({ "server": Scene::SERVER });
    until("the agent says that docker does not answer", || async {
        let information = scene.api().read("GetPeripheryInformation", params.clone()).await;
        (information["docker_connected"] == false).then_some(())
    })
    .await;
    // The host itself is seen as ever.
    scene.server_is("Ok").await;
    let processes = scene.api().read("ListSystemProcesses", params.clone()).await;
    assert!(processes.as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(scene.api().read("ListContainers", params).await, json!([]));
    drop(listener);
}
