//! A deploy that changes nothing starts nothing but git.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use varanus_tests::{Docker, Scene, Store, Way, run, text_of, until};

/// A `docker` that counts how often it is started for more than measuring.
struct Counter {
    folder: tempfile::TempDir,
}

impl Counter {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut real = std::env::split_paths(&path).map(|folder| folder.join("docker"));
        let real = real.find(|path| path.is_file()).expect("docker is on the PATH");
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = stats ] || echo \"$*\" >> {}\nexec {} \"$@\"\n",
            folder.path().join("calls").display(),
            real.display()
        );
        let counter = Self { folder };
        let program = counter.program();
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        counter
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("docker")
    }

    /// The agent's PATH: this one comes first.
    fn path(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.folder.path().display())
    }

    /// The calls since it was last asked.
    fn calls(&self) -> Vec<String> {
        let file = self.folder.path().join("calls");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(file);
        text.lines().map(str::to_owned).collect()
    }
}

struct Stack {
    scene: Scene,
    counter: Counter,
    name: String,
}

impl Stack {
    async fn new() -> Self {
        let counter = Counter::new();
        let path = counter.path();
        let scene = Scene::start(Way::AgentDials, Store::Embedded, &[("PATH", &path)]).await;
        let name = scene.stack("still");
        Self { scene, counter, name }
    }

    async fn update(&self, config: Value) {
        let params = json!({ "id": self.name, "config": config });
        self.scene.api().write("UpdateStack", params).await;
    }

    /// Deploys, and says whether compose was called.
    async fn deploys(&self) -> bool {
        self.counter.calls();
        let update = self.scene.api().execute("DeployStack", json!({ "stack": self.name })).await;
        let text = text_of(&update);
        assert_eq!(update["success"], true, "{text}");
        let calls = self.counter.calls();
        assert_eq!(calls.is_empty(), text.contains("nothing to change"), "{calls:?} {text}");
        !calls.is_empty()
    }

    /// Deploys until it is known that nothing is left to do.
    async fn settles(&self) {
        assert!(self.deploys().await);
        assert!(!self.deploys().await);
    }

    fn container(&self) -> String {
        format!("{}-app-1", self.name)
    }
}

async fn docker(words: &[&str]) {
    let mut command = Command::new("docker");
    command.args(words);
    let output = run(command).await;
    assert!(output.success, "docker {words:?}: {}", output.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_changes_nothing_starts_nothing_and_each_difference_is_deployed() {
    let stack = Stack::new().await;
    let (scene, api) = (&stack.scene, stack.scene.api());
    let image = format!("{}image:local", scene.docker.prefix);
    docker(&["tag", Docker::IMAGE, &image]).await;
    let compose = format!(
        "services:\n  app:\n    image: {image}\n    init: true\n    pull_policy: never\n    \
         command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n    env_file: more.env\n    \
         environment:\n      WORD: ${{WORD}}\n"
    );
    let folder = scene.agent.root.join("stacks").join(&stack.name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("compose.yaml"), compose).unwrap();
    std::fs::write(folder.join("more.env"), "MORE=one\n").unwrap();
    let word = json!({ "name": "WORD", "value": "a-secret-word", "is_secret": true });
    api.write("CreateVariable", word).await;
    let config = json!({
        "server_id": Scene::SERVER,
        "files_on_host": true,
        "environment": "WORD=[[WORD]]",
    });
    api.write("CreateStack", json!({ "name": stack.name, "config": config })).await;
    stack.settles().await;
    let before = api.read("GetStack", json!({ "stack": stack.name })).await;
    let first = scene.docker.id(&stack.container()).await;
    assert!(!stack.deploys().await);
    let after = api.read("GetStack", json!({ "stack": stack.name })).await;
    assert_eq!(after["info"], before["info"]);
    assert_eq!(scene.docker.id(&stack.container()).await, first);
    // The record tells nothing of the secret.
    let record = scene.agent.root.join("deployed").join(format!("{}.json", stack.name));
    let record = std::fs::read_to_string(record).unwrap();
    assert!(!record.contains("a-secret-word"), "{record}");

    // A container that does not run is started.
    docker(&["kill", &stack.container()]).await;
    stack.settles().await;
    until("the container runs again", || async {
        let container = scene.docker.container(&stack.container()).await?;
        (container["State"]["Running"] == true).then_some(())
    })
    .await;
    docker(&["rm", "-f", &stack.container()]).await;
    stack.settles().await;

    // A file that compose alone reads.
    std::fs::write(folder.join("more.env"), "MORE=two\n").unwrap();
    stack.settles().await;
    let more = scene.docker.variable(&stack.container(), "MORE").await;
    assert_eq!(more.as_deref(), Some("two"));

    // A variable of Core.
    let word = json!({ "name": "WORD", "value": "another-word" });
    api.write("UpdateVariableValue", word).await;
    stack.settles().await;
    let word = scene.docker.variable(&stack.container(), "WORD").await;
    assert_eq!(word.as_deref(), Some("another-word"));

    // The image's name stands for another image.
    docker(&["commit", "--change", "LABEL newer=yes", &stack.container(), &image]).await;
    stack.settles().await;
    assert!(scene.docker.label(&stack.container(), "newer").await.is_some());

    // A person wants it.
    stack.update(json!({ "force_deploy": true })).await;
    assert!(stack.deploys().await && stack.deploys().await);
    stack.update(json!({ "force_deploy": false, "post_deploy": { "command": "true" } })).await;
    assert!(stack.deploys().await && stack.deploys().await);
    docker(&["rmi", "-f", &image]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_started_after_a_restart_of_the_agent_either() {
    let mut stack = Stack::new().await;
    let compose = "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                   pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n  \
                   once:\n    image: busybox:local\n    pull_policy: never\n    command: [\"true\"]\n  \
                   after:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                   command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n    depends_on:\n      once:\n        \
                   condition: service_completed_successfully\n";
    let config = json!({ "server_id": Scene::SERVER, "file_contents": compose });
    let params = json!({ "name": stack.name, "config": config });
    stack.scene.api().write("CreateStack", params).await;
    // A service that has run to its end is as it was.
    stack.settles().await;
    stack.scene.agent.kill_and_start();
    stack.scene.server_is("Ok").await;
    assert!(!stack.deploys().await);
}
