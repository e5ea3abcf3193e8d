//! Secrets of the repository: SOPS files, with nothing installed on the host.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use varanus_tests::{GitHost, Scene, Store, Way, run, text_of};

/// A key made by `age-keygen`.
async fn key(folder: &Path, name: &str) -> (String, String) {
    let path = folder.join(name);
    let mut command = Command::new("age-keygen");
    command.arg("-o").arg(&path);
    let made = run(command).await;
    assert!(made.success, "age-keygen is needed, ./dev test installs it: {}", made.stderr);
    let text = std::fs::read_to_string(&path).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    (path.display().to_string(), public.to_owned())
}

/// Encrypts with the real `sops`.
async fn encrypt(folder: &Path, recipient: &str, text: &str) -> String {
    let sops = std::env::var("VARANUS_TEST_SOPS")
        .expect("VARANUS_TEST_SOPS is needed: ./dev test gets sops and sets it");
    let path = folder.join("plain.env");
    std::fs::write(&path, text).unwrap();
    let mut command = Command::new(sops);
    command.args([
        "encrypt",
        "--age",
        recipient,
        "--input-type",
        "dotenv",
        "--output-type",
        "dotenv",
    ]);
    command.arg(&path);
    let output = run(command).await;
    assert!(output.success, "{}", output.stderr);
    output.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_gets_what_sops_hid_and_a_changed_file_stops_the_deploy() {
    let folder = tempfile::tempdir().unwrap();
    let (key_file, public) = key(folder.path(), "keys.txt").await;
    let scene =
        Scene::start(Way::AgentDials, Store::Embedded, &[("SOPS_AGE_KEY_FILE", &key_file)]).await;
    let (api, name) = (scene.api(), scene.stack("vault"));
    let compose = "services:\n  app:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                   command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n    env_file: .env\n";
    let encrypted = encrypt(folder.path(), &public, "ADMIN_TOKEN=correct-horse-battery\n").await;
    scene.git.write("stacks/server04/vault/compose.yaml", compose);
    scene.git.write("stacks/server04/vault/.sops.env", &encrypted);
    scene.git.push("main", "a vault").await;
    let config = json!({
        "server_id": Scene::SERVER,
        "git_provider": scene.git.domain,
        "git_https": false,
        "git_account": GitHost::USER,
        "repo": GitHost::REPO,
        "branch": "main",
        "run_directory": "stacks/server04/vault",
        "pre_deploy": { "command": "sops-decrypt.sh" },
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    let container = format!("{name}-app-1");
    let token = scene.docker.variable(&container, "ADMIN_TOKEN").await;
    assert_eq!(token.as_deref(), Some("correct-horse-battery"));
    assert!(!text.contains("correct-horse"), "{text}");

    // Somebody changed the file after it was encrypted.
    let changed = encrypted.replacen("sops_lastmodified=2", "sops_lastmodified=1", 1);
    assert_ne!(changed, encrypted);
    let before = scene.docker.id(&container).await;
    scene.git.write("stacks/server04/vault/.sops.env", &changed);
    scene.git.push("main", "changed by hand").await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], false, "{text}");
    assert!(text.contains(".sops.env") && !text.contains("Compose Up"), "{text}");

    // Encrypted for somebody else.
    let (_, other) = key(folder.path(), "other.txt").await;
    let foreign = encrypt(folder.path(), &other, "ADMIN_TOKEN=something-else-now\n").await;
    scene.git.write("stacks/server04/vault/.sops.env", &foreign);
    scene.git.push("main", "for somebody else").await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], false, "{text}");
    assert!(text.contains(".sops.env") && !text.contains("Compose Up"), "{text}");
    assert_eq!(scene.docker.id(&container).await, before);
}
