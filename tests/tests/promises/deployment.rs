//! A deployment is one container: replaced by a deploy, started and stopped,
//! renamed and removed with what it is of.

use serde_json::{Value, json};
use varanus_tests::arguments::noting;
use varanus_tests::{Docker, Scene, Store, Way, text_of, until};

async fn good(scene: &Scene, request: &str, params: Value) -> String {
    let update = scene.api().execute(request, params).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{request}: {text}");
    text
}

async fn is(scene: &Scene, name: &str, state: &str) {
    until(&format!("the deployment {name} is {state}"), || async {
        let list = scene.api().read("ListDeployments", json!({})).await;
        let one = list.as_array()?.iter().find(|one| one["name"] == name)?.clone();
        (one["info"]["state"] == state).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_lives_and_nobody_sees_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = noting(folder.path(), &["docker"]);
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[("PATH", &path)]).await;
    let (api, name) = (scene.api(), scene.stack("web"));
    let secret = scene.canaries.make("variable");
    let lines = format!("-----BEGIN-----\n{}\n-----END-----", scene.canaries.make("variable"));
    for (name, value) in [("PASSWORD", &secret), ("CERT", &lines)] {
        let variable = json!({ "name": name, "value": value, "is_secret": true });
        api.write("CreateVariable", variable).await;
    }
    let config = json!({
        "server_id": Scene::SERVER,
        "image": { "type": "Image", "params": { "image": Docker::IMAGE } },
        "network": "none",
        "restart": "unless-stopped",
        "environment": "PASSWORD = [[PASSWORD]]\nCERT = [[CERT]]\nGREETING = 'hello $you'\n",
        "labels": "revision: one\nauth: user:[[PASSWORD]]",
        "extra_args": ["--init"],
        "command": "sh -c 'httpd -f -p 8080'",
        "termination_timeout": 2,
    });
    api.write("CreateDeployment", json!({ "name": name, "config": config })).await;
    is(&scene, &name, "not_deployed").await;
    let of = json!({ "deployment": name });

    let text = good(&scene, "Deploy", of.clone()).await;
    assert!(!text.contains(&secret), "{text}");
    is(&scene, &name, "running").await;
    let docker = &scene.docker;
    let first = docker.id(&name).await.unwrap();
    assert_eq!(docker.variable(&name, "PASSWORD").await.as_ref(), Some(&secret));
    assert_eq!(docker.variable(&name, "CERT").await.as_ref(), Some(&lines));
    assert_eq!(docker.variable(&name, "GREETING").await.as_deref(), Some("hello $you"));
    assert_eq!(docker.label(&name, "revision").await.as_deref(), Some("one"));
    assert_eq!(docker.label(&name, "auth").await, Some(format!("user:{secret}")));
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    assert!(arguments.contains("run -d --name"), "{arguments}");
    assert!(!arguments.contains(&secret) && !arguments.contains("END"), "{arguments}");

    for (request, state) in [
        ("PauseDeployment", "paused"),
        ("UnpauseDeployment", "running"),
        ("StopDeployment", "exited"),
        ("StartDeployment", "running"),
        ("RestartDeployment", "running"),
    ] {
        good(&scene, request, of.clone()).await;
        is(&scene, &name, state).await;
    }
    assert_eq!(docker.id(&name).await, Some(first.clone()));

    // A deploy replaces the container, also where its name is another now.
    let renamed = format!("{name}-front");
    let config = json!({ "id": name, "config": { "custom_name": renamed } });
    api.write("UpdateDeployment", config).await;
    let items = api.call("execute", "BatchDeploy", json!({ "pattern": name })).await.unwrap();
    let update = api.finished(items[0]["data"]["_id"]["$oid"].as_str().unwrap()).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(docker.id(&name).await, None);
    assert_ne!(docker.id(&renamed).await, Some(first));

    // An image that is nowhere leaves what runs.
    let image = json!({ "type": "Image", "params": { "image": "localhost:1/nothing" } });
    api.write("UpdateDeployment", json!({ "id": name, "config": { "image": image } })).await;
    let update = api.execute("Deploy", of.clone()).await;
    assert_eq!(update["success"], false, "{}", text_of(&update));
    is(&scene, &name, "running").await;

    good(&scene, "DestroyDeployment", of.clone()).await;
    is(&scene, &name, "not_deployed").await;
    assert_eq!(docker.id(&renamed).await, None);

    // What is deleted leaves nothing behind.
    let config = json!({
        "custom_name": "", "environment": "",
        "image": { "type": "Image", "params": { "image": Docker::IMAGE } },
    });
    api.write("UpdateDeployment", json!({ "id": name, "config": config })).await;
    good(&scene, "Deploy", of).await;
    is(&scene, &name, "running").await;
    let other = format!("{name}2");
    api.write("RenameDeployment", json!({ "id": name, "name": other })).await;
    assert!(docker.id(&other).await.is_some());
    is(&scene, &other, "running").await;
    api.write("DeleteDeployment", json!({ "id": other })).await;
    assert_eq!(docker.id(&other).await, None);
}
