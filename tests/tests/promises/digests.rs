//! Registries are asked as little as can be: once for an image, whoever uses it,
//! and not at all once they have had enough.

use futures_util::future::join_all;
use serde_json::json;
use varanus_tests::{Docker, Door, Registry, Scene, Store, Way, text_of, until};

const CELLAR: &str = "cellar";

/// A stack of one service that runs an image.
async fn deploy(scene: &Scene, server: &str, name: &str, image: &str, registry: &str) {
    let compose = format!(
        "services:\n  app:\n    image: {image}\n    init: true\n    network_mode: none\n    command: \
         [\"httpd\", \"-f\", \"-p\", \"8080\"]\n"
    );
    let config = json!({
        "server_id": server, "file_contents": compose, "auto_pull": false, "poll_for_updates": true,
        "registry_provider": registry, "registry_account": Registry::USER,
    });
    scene.api().write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = scene.api().execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
}

async fn all_run(scene: &Scene) {
    until("everything runs, as Core sees it", || async {
        let stacks = scene.api().read("ListStacks", json!({})).await;
        let runs = stacks.as_array()?.iter().all(|stack| stack["info"]["state"] == "running");
        runs.then_some(())
    })
    .await;
}

async fn look(scene: &Scene) -> String {
    let update = scene.api().execute("GlobalAutoUpdate", json!({})).await;
    let text = text_of(&update);
    assert!(text.contains("6 looked at"), "{text}");
    assert!(!text.contains(Registry::TOKEN), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_asked_once_for_an_image_and_left_alone_when_it_has_enough() {
    const IMAGES: [&str; 3] = ["app:1", "other:1", "third:1"];
    let registry = Registry::start().await;
    let (door, beside) = (Door::to(&registry).await, Door::to(&registry).await);
    let mut scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let _cellar = scene.another(CELLAR).await;
    for image in IMAGES {
        let there = format!("{}/{image}", registry.domain());
        registry.docker(&["tag", Docker::IMAGE, &there]).await;
        registry.docker(&["push", &there]).await;
        registry.docker(&["rmi", &there]).await;
    }
    for domain in [&door.domain, &beside.domain] {
        let account =
            json!({ "domain": domain, "username": Registry::USER, "token": Registry::TOKEN });
        scene.api().write("CreateImageRegistryAccount", json!({ "account": account })).await;
    }
    // Three stacks on two servers use one image, and each other image has one.
    for (server, name, at, image) in [
        (Scene::SERVER, "one", &door, IMAGES[0]),
        (Scene::SERVER, "two", &door, IMAGES[0]),
        (CELLAR, "three", &door, IMAGES[0]),
        (CELLAR, "four", &door, IMAGES[1]),
        (Scene::SERVER, "five", &door, IMAGES[2]),
        (Scene::SERVER, "six", &beside, IMAGES[0]),
    ] {
        deploy(&scene, server, &scene.stack(name), &at.image(image), &at.domain).await;
    }
    all_run(&scene).await;
    door.forget();
    beside.forget();

    // All at once, and then all of them again.
    let names = ["one", "two", "three"].map(|name| scene.stack(name));
    let check = |name: &String| {
        let (api, stack) = (scene.api().clone(), json!({ "stack": name }));
        async move { api.write("CheckStackForUpdate", stack).await }
    };
    let checks = names.iter().map(check);
    for answer in join_all(checks).await {
        assert_eq!(answer["services"][0]["update_available"], false, "{answer}");
    }
    assert_eq!(IMAGES.map(|image| door.asked(image)), [1, 0, 0]);
    for _ in 0..2 {
        look(&scene).await;
        assert_eq!(IMAGES.map(|image| door.asked(image)), [1, 1, 1]);
        assert_eq!(beside.asked(IMAGES[0]), 1);
    }

    // A Core that knows nothing yet meets a registry that has enough.
    scene.core.kill_and_start().await;
    scene.server_is("Ok").await;
    scene.is(CELLAR, "Ok").await;
    all_run(&scene).await;
    door.forget();
    beside.forget();
    door.has_enough();
    for _ in 0..2 {
        let text = look(&scene).await;
        // Who came first was told by the registry, the others by Core.
        assert!(text.matches("is asked again in").count() >= 4, "{text}");
        let asked: usize = IMAGES.map(|image| door.asked(image)).iter().sum();
        assert_eq!(asked, 1, "{text}");
        // Others are not held up by that.
        assert_eq!(beside.asked(IMAGES[0]), 1, "{text}");
        assert!(text.contains(&format!("stack {}: nothing newer", scene.stack("six"))), "{text}");
    }
}
