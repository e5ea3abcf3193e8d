//! A registry of one's own, which asks for a login.

use std::path::Path;

use serde_json::{Value, json};
use varanus_tests::{Docker, Registry, Scene, Store, Way, text_of};

const TOKEN: &str = Registry::TOKEN;

async fn deploy(scene: &Scene, name: &str) -> (Value, bool) {
    let update = scene.api().execute("DeployStack", json!({ "stack": name })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    let deployed = !text.contains("nothing to change");
    (update, deployed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_image_is_pulled_and_the_same_one_is_not_asked_for_twice() {
    let registry = Registry::start().await;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().display().to_string();
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[("HOME", &home)]).await;
    let (api, name) = (scene.api(), scene.stack("pulled"));
    let app = scene.container("pulled");
    registry.push(Docker::IMAGE).await;
    let account = json!({ "domain": registry.domain(), "username": "robot", "token": TOKEN });
    api.write("CreateImageRegistryAccount", json!({ "account": account })).await;
    let compose = format!(
        "services:\n  app:\n    image: {}\n    init: true\n    command: [\"httpd\", \"-f\", \"-p\", \
         \"8080\"]\n",
        registry.image()
    );
    let config = json!({
        "server_id": Scene::SERVER,
        "file_contents": compose,
        "registry_provider": registry.domain(),
        "registry_account": "robot",
    });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    assert!(deploy(&scene, &name).await.1);
    assert!(!deploy(&scene, &name).await.1);
    let first = scene.docker.id(&app).await;

    // Somebody pushes another image under the name; this host knows nothing of it.
    let newer = format!("{}newer:local", scene.docker.prefix);
    registry.docker(&["commit", "--change", "LABEL newer=yes", &app, &newer]).await;
    registry.docker(&["tag", &newer, &registry.image()]).await;
    registry.docker(&["push", &registry.image()]).await;
    registry.docker(&["tag", Docker::IMAGE, &registry.image()]).await;
    registry.docker(&["rmi", "-f", &newer]).await;
    assert!(deploy(&scene, &name).await.1);
    assert_ne!(scene.docker.id(&app).await, first);
    assert_eq!(scene.docker.label(&app, "newer").await.as_deref(), Some("yes"));
    assert!(!deploy(&scene, &name).await.1);

    // The login is in no configuration of the host, nor anywhere else.
    assert!(!Path::new(&home).join(".docker/config.json").exists());
    let own = format!("varanus-docker-{}-", scene.agent.process.id());
    let temporary = std::fs::read_dir(std::env::temp_dir()).unwrap();
    let left: Vec<_> = temporary
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(&own))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
