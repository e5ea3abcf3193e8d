//! Deploying what the deploy itself depends on.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use varanus_tests::{Scene, Store, Way, program, run, text_of, until};

const APP: &str = "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                   pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n";

/// A stack whose last stage counts how often it runs, and waits for a file.
struct Gate {
    begun: PathBuf,
    go: PathBuf,
}

impl Gate {
    async fn new(scene: &Scene, stage: &str) -> Self {
        let folder = scene.core.data();
        let gate = Self { begun: folder.join("gate.begun"), go: folder.join("gate.go") };
        let command = format!(
            "echo once >> {}; while [ ! -e {} ]; do sleep 0.05; done; echo through the gate",
            gate.begun.display(),
            gate.go.display()
        );
        let mut config = json!({
            "server_id": Scene::SERVER,
            "file_contents": APP,
            "environment": "WORD=a-word-of-the-stack",
            "auto_pull": false,
            "self_managed": true,
        });
        config[stage] = json!({ "command": command, "shell_mode": true });
        let stack = json!({ "name": scene.stack("core"), "config": config });
        scene.api().write("CreateStack", stack).await;
        gate
    }

    fn times(&self) -> usize {
        std::fs::read_to_string(&self.begun).unwrap_or_default().lines().count()
    }

    async fn reached(&self) {
        until("the hook runs", || async { (self.times() > 0).then_some(()) }).await;
    }

    fn open(&self) {
        std::fs::write(&self.go, "").unwrap();
    }
}

async fn deploy(scene: &Scene) -> String {
    let stack = json!({ "stack": scene.stack("core") });
    let update = scene.api().call("execute", "DeployStack", stack).await.unwrap();
    update["_id"]["$oid"].as_str().unwrap().to_owned()
}

fn stages(update: &Value, stage: &str) -> usize {
    let logs = update["logs"].as_array().unwrap().iter();
    logs.filter(|log| log["stage"] == stage).count()
}

/// What is left of jobs that were handed over.
fn leftovers(scene: &Scene) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(scene.agent.root.join("jobs")).unwrap();
    folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

async fn the_agent_is_killed(stage: &str) {
    let mut scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let gate = Gate::new(&scene, stage).await;
    let id = deploy(&scene).await;
    gate.reached().await;
    // The plan was read, and is gone from the disk.
    let plan = leftovers(&scene).first().expect("the work has a folder").join("plan.json");
    assert!(!plan.exists());
    scene.agent.kill_and_start();
    scene.server_is("Ok").await;
    gate.open();
    let update = scene.api().finished(&id).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    assert!(text.contains("through the gate"), "{text}");
    assert_eq!((gate.times(), stages(&update, "Compose Up")), (1, 1), "{text}");
    assert!(scene.docker.id(&scene.container("core")).await.is_some());
    until("nothing of it is left", || async { leftovers(&scene).is_empty().then_some(()) }).await;
    // Nothing stays busy.
    let again = deploy(&scene).await;
    let again = scene.api().finished(&again).await;
    assert_eq!(again["success"], true, "{}", text_of(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_managed_deploy_outlives_the_agent_that_is_killed_after_compose() {
    the_agent_is_killed("post_deploy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_managed_deploy_outlives_the_agent_that_is_killed_before_compose() {
    the_agent_is_killed("pre_deploy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_managed_deploy_is_cancelled_like_any_other() {
    let scene = Scene::start(Way::CoreDials, Store::Embedded, &[]).await;
    let gate = Gate::new(&scene, "pre_deploy").await;
    let id = deploy(&scene).await;
    gate.reached().await;
    scene.api().write("CancelRun", json!({ "id": id })).await;
    let update = scene.api().finished(&id).await;
    assert_eq!(update["success"], false, "{}", text_of(&update));
    assert_eq!(scene.docker.id(&scene.container("core")).await, None);
    until("nothing of it is left", || async { leftovers(&scene).is_empty().then_some(()) }).await;
}

/// The compose file of an agent that runs in a container.
fn agent_stack(root: &Path, core: &str, key: &str, revision: &str) -> String {
    let plugins = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"];
    let plugins = plugins.map(|folder| Path::new(folder).join("docker/cli-plugins/docker-compose"));
    let compose = plugins.iter().find_map(|path| path.canonicalize().ok()).expect("compose");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut docker = std::env::split_paths(&path).map(|folder| folder.join("docker"));
    let docker = docker.find_map(|path| path.canonicalize().ok()).expect("docker");
    let socket = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = socket.strip_prefix("unix://").unwrap_or("/var/run/docker.sock");
    format!(
        "services:\n  agent:\n    image: glibc:local\n    pull_policy: never\n    init: true\n    \
         network_mode: host\n    command: [\"/varanus-periphery\"]\n    environment:\n      \
         PERIPHERY_ROOT_DIRECTORY: {root}\n      PERIPHERY_CORE_ADDRESS: {core}\n      \
         PERIPHERY_CONNECT_AS: inner\n      PERIPHERY_ONBOARDING_KEY: {key}\n      \
         PERIPHERY_LOGGING_LEVEL: debug\n    labels:\n      revision: \"{revision}\"\n    volumes:\n      \
         - {program}:/varanus-periphery:ro\n      - {docker}:/bin/docker:ro\n      \
         - {compose}:/usr/local/lib/docker/cli-plugins/docker-compose:ro\n      \
         - {socket}:/var/run/docker.sock\n      - {root}:{root}\n",
        root = root.display(),
        program = program("varanus-periphery").display(),
        docker = docker.display(),
        compose = compose.display(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_in_a_container_deploys_the_stack_that_it_is_in() {
    let root = tempfile::tempdir().unwrap();
    let scene = Scene::start(Way::CoreDials, Store::Embedded, &[]).await;
    let (api, name) = (scene.api(), scene.stack("agent"));
    let key = api.write("CreateOnboardingKey", json!({ "name": "a container" })).await;
    let key = key["private_key"].as_str().unwrap();
    let stack = |revision| agent_stack(root.path(), &scene.core.address, key, revision);
    // A person starts the first one by hand.
    let file = root.path().join("first.yaml");
    std::fs::write(&file, stack("one")).unwrap();
    let mut up = Command::new("docker");
    up.args(["compose", "-p", &name, "-f"]).arg(&file).args(["up", "-d"]);
    let up = run(up).await;
    assert!(up.success, "{}", up.stderr);
    scene.is("inner", "Ok").await;
    let container = format!("{name}-agent-1");
    let first = scene.docker.id(&container).await;
    // Then it deploys the next one itself.
    let config = json!({ "server_id": "inner", "auto_pull": false, "file_contents": stack("two") });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    assert_eq!(stages(&update, "Compose Up"), 1, "{text}");
    assert_ne!(scene.docker.id(&container).await, first);
    assert_eq!(scene.docker.label(&container, "revision").await.as_deref(), Some("two"));
    // The new agent knows what the one before it did.
    scene.is("inner", "Ok").await;
    let again = api.execute("DeployStack", json!({ "stack": name })).await;
    assert!(text_of(&again).contains("nothing to change"), "{}", text_of(&again));
}
