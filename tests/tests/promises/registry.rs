//! Logins to image registries are a run's own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use varanus_tests::{Scene, Store, Way, text_of};

/// A `docker` that takes any login as docker does, into the file of its
/// configuration, and tells where each compose command has its configuration.
fn docker(folder: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut real = std::env::split_paths(&path).map(|folder| folder.join("docker"));
    let real = real.find(|path| path.is_file()).expect("docker is on the PATH");
    let text = format!(
        "#!/bin/sh\ncase \"$1\" in\nlogin)\n  printf '{{\"auths\":{{\"registry.example\":\
         {{\"auth\":\"%s\"}}}}}}' \"$(cat)\" > \"${{DOCKER_CONFIG:-$HOME/.docker}}/config.json\"\n  exit 0;;\n\
         compose)\n  echo \"$DOCKER_CONFIG\" >> {0}/seen\n  cat \"$DOCKER_CONFIG/config.json\" >> {0}/read;;\n\
         esac\nexec {1} \"$@\"\n",
        folder.display(),
        real.display()
    );
    let program = folder.join("docker");
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", folder.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_login_is_seen_by_its_run_alone() {
    const TOKEN: &str = "token-of-a-registry-account";
    let folder = tempfile::tempdir().unwrap();
    let (path, home) = (docker(folder.path()), folder.path().join("home"));
    std::fs::create_dir_all(home.join(".docker")).unwrap();
    std::fs::write(home.join(".docker/config.json"), "{\"auths\":{}}").unwrap();
    let settings = [("PATH", path.as_str()), ("HOME", home.to_str().unwrap())];
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &settings).await;
    let (api, name) = (scene.api(), scene.stack("private"));
    let account = json!({ "account": {
        "domain": "registry.example", "username": "robot", "token": TOKEN,
    } });
    api.write("CreateImageRegistryAccount", account).await;
    let config = json!({
        "server_id": Scene::SERVER,
        "file_contents": "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                          pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n",
        "registry_provider": "registry.example",
        "registry_account": "robot",
        "auto_pull": false,
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    // Compose had the login; it is gone with the run, and never was in the host's own.
    let read = std::fs::read_to_string(folder.path().join("read")).unwrap();
    assert!(read.contains(TOKEN), "{read}");
    let seen = std::fs::read_to_string(folder.path().join("seen")).unwrap();
    for config in seen.lines().map(PathBuf::from) {
        assert!(!config.exists(), "{}", config.display());
    }
    let own = std::fs::read_to_string(home.join(".docker/config.json")).unwrap();
    assert_eq!(own, "{\"auths\":{}}");
}
