//! Somebody pushes another image under a name: who wants to know is told, and
//! who wants it has it deployed, by its digest.

use serde_json::{Value, json};
use varanus_tests::{Docker, Registry, Scene, Store, Way, text_of, until};

async fn alerts(scene: &Scene) -> Vec<(String, String)> {
    let list = scene.api().read("ListAlerts", json!({})).await;
    let list = list["alerts"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|alert| (text(&alert["data"]["type"]), text(&alert["data"]["data"]["name"])))
        .filter(|(kind, _)| kind.contains("Update"))
        .collect()
}

async fn good(scene: &Scene, request: &str, params: Value) -> String {
    let update = scene.api().execute(request, params).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{request}: {text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_image_is_told_of_once_and_deployed_where_that_is_wanted() {
    let registry = Registry::start().await;
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let api = scene.api();
    registry.push(Docker::IMAGE).await;
    let account = json!({ "domain": registry.domain(), "username": Registry::USER, "token": Registry::TOKEN });
    api.write("CreateImageRegistryAccount", json!({ "account": account })).await;
    let compose = format!(
        "services:\n  app:\n    image: {}\n    init: true\n    network_mode: none\n    command: \
         [\"httpd\", \"-f\", \"-p\", \"8080\"]\n",
        registry.image()
    );
    let (follows, knows, single) =
        (scene.stack("follows"), scene.stack("knows"), scene.stack("one"));
    for (name, setting) in [(&follows, "auto_update"), (&knows, "poll_for_updates")] {
        let mut config = json!({
            "server_id": Scene::SERVER, "file_contents": compose,
            "registry_provider": registry.domain(), "registry_account": Registry::USER,
        });
        config[setting] = json!(true);
        api.write("CreateStack", json!({ "name": name, "config": config })).await;
        good(&scene, "DeployStack", json!({ "stack": name })).await;
    }
    let config = json!({
        "server_id": Scene::SERVER, "network": "none", "auto_update": true,
        "image": { "type": "Image", "params": { "image": registry.image() } },
        "image_registry_account": Registry::USER, "command": "httpd -f -p 8080",
        "termination_timeout": 1,
    });
    api.write("CreateDeployment", json!({ "name": single, "config": config })).await;
    good(&scene, "Deploy", json!({ "deployment": single })).await;
    let running = || async {
        let stacks = api.read("ListStacks", json!({})).await;
        let deployments = api.read("ListDeployments", json!({})).await;
        let all = stacks.as_array()?.iter().chain(deployments.as_array()?);
        all.clone().all(|one| one["info"]["state"] == "running").then_some(())
    };
    until("everything runs, as Core sees it", running).await;

    // Somebody pushes another image under the name; this host knows nothing of it.
    let app = scene.container("follows");
    let newer = format!("{}newer:local", scene.docker.prefix);
    registry.docker(&["commit", "--change", "LABEL newer=yes", &app, &newer]).await;
    registry.docker(&["tag", &newer, &registry.image()]).await;
    registry.docker(&["push", &registry.image()]).await;
    registry.docker(&["tag", Docker::IMAGE, &registry.image()]).await;
    registry.docker(&["rmi", "-f", &newer]).await;

    let text = good(&scene, "GlobalAutoUpdate", json!({})).await;
    assert!(!text.contains(Registry::TOKEN), "{text}");
    let docker = &scene.docker;
    assert_eq!(docker.label(&app, "newer").await.as_deref(), Some("yes"), "{text}");
    assert_eq!(docker.label(&single, "newer").await.as_deref(), Some("yes"), "{text}");
    assert_eq!(docker.label(&scene.container("knows"), "newer").await, None, "{text}");
    let mut told = alerts(&scene).await;
    told.sort();
    let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    let mut expected = vec![
        pair("DeploymentAutoUpdated", &single),
        pair("StackAutoUpdated", &follows),
        pair("StackImageUpdateAvailable", &knows),
    ];
    expected.sort();
    assert_eq!(told, expected);

    // The next look finds nothing new, and tells nothing twice.
    until("everything runs, as Core sees it", running).await;
    let id = docker.id(&app).await;
    good(&scene, "GlobalAutoUpdate", json!({})).await;
    assert_eq!(docker.id(&app).await, id);
    assert_eq!(alerts(&scene).await.len(), 3);
    let list = api.read("ListStacks", json!({})).await;
    let newer = |name: &str| {
        let stack = list.as_array().unwrap().iter().find(|stack| stack["name"] == name).unwrap();
        stack["info"]["services"][0]["update_available"] == true
    };
    assert!(newer(&knows) && !newer(&follows), "{list}");
}
