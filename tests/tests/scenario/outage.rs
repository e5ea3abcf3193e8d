//! The store goes away in the middle of work, and comes back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{Api, CoreOptions, Gate, Proxy, Push, Scene, Way, mongodb, text_of, until};

const SECRET: &str = "the secret of the webhook";

/// How the store goes away.
#[derive(Debug, Clone, Copy)]
pub enum Outage {
    /// Connections end and new ones are refused.
    Cut,
    /// Connections stay and nothing passes.
    BlackHole,
}

/// A read may take so long while the store is away, and a write to be refused.
/// Generous: what it really took is printed.
const SOON: Duration = Duration::from_secs(5);

/// The store is away for a while.
pub async fn outlived(outage: Outage, length: Duration) {
    let uri = mongodb();
    let target = uri.trim_start_matches("mongodb://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::start(target).await;
    let address = format!("mongodb://{}/?directConnection=true", proxy.address());
    let core = CoreOptions { mongodb: Some(address), ..CoreOptions::default() };
    let mut scene = Scene::of(Way::AgentDials, core, &[]).await;
    let api = scene.api().clone();
    let keyed = api.with_key("a key").await;
    let gate = Gate::new(&scene, "app").await;
    let hooked = Gate::new(&scene, "hooked").await;
    hooked.open();
    procedure(&scene).await;
    write(&api, "before").await.unwrap();
    let old = api.execute("DeployStack", json!({ "stack": scene.stack("hooked") })).await;
    assert_eq!(old["success"], true, "{}", text_of(&old));
    let deploy = json!({ "stack": scene.stack("app") });
    let update = api.call("execute", "DeployStack", deploy.clone()).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    gate.reached().await;

    let away = Instant::now();
    match outage {
        Outage::Cut => proxy.cut().await,
        Outage::BlackHole => proxy.black_hole().await,
    }
    // Whoever comes first finds it out; whoever comes later is told at once.
    let first = refused(&api, "first").await;
    println!("{outage:?}: the first write was refused after {:?}", first.took);
    let later = refused(&api, "later").await;
    println!("{outage:?}: the second write was refused after {:?}", later.took);
    for what in ["the store is away", "MongoDB at", "check that the server runs"] {
        assert!(later.text.contains(what), "{later:?} does not say {what:?}");
    }
    // Reads are answered from memory, whoever asks and however they prove who they are.
    let fresh = api.log_in("admin", varanus_tests::Core::PASSWORD).await;
    let mut slowest = Duration::ZERO;
    for person in [&api, &keyed, &fresh] {
        for request in ["GetVersion", "ListServers", "ListStacks", "ListVariables"] {
            slowest = slowest.max(answered(person, request, json!({})).await);
        }
        slowest = slowest.max(answered(person, "GetStack", deploy.clone()).await);
        slowest = slowest.max(answered(person, "GetUpdate", json!({ "id": id })).await);
    }
    println!("{outage:?}: the slowest read took {slowest:?}");
    // What only the store knows says so.
    for (request, params) in
        [("GetUpdate", json!({ "id": old["_id"]["$oid"] })), ("ListUpdates", json!({}))]
    {
        let begun = Instant::now();
        let error = api.call("read", request, params).await.unwrap_err();
        assert_eq!(error.status, 503, "{request}: {error:?}");
        assert!(begun.elapsed() < SOON, "{request} took {:?}", begun.elapsed());
    }
    // A push is not accepted, so its host tells it again.
    let push = Push::new("main", SECRET, "delivery");
    let url = format!("{}/listener/github/procedure/deploy/main", scene.core.address);
    let begun = Instant::now();
    let answer = push.send(&url).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(begun.elapsed() < SOON, "the webhook took {:?}", begun.elapsed());
    // The deploy in progress finishes.
    gate.open();
    until("the deploy has finished", || async { scene.docker.id(&scene.container("app")).await })
        .await;
    while away.elapsed() < length {
        refused(&api, "again_and_again").await;
        answered(&api, "ListStacks", json!({})).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    proxy.heal().await;
    let back = Instant::now();
    let mut tries = 0;
    while write(&api, &format!("after_{tries}")).await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(10), "the store was not found again");
        tries += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{outage:?}: writes were accepted {:?} after the return", back.elapsed());
    let update = api.finished(&id).await;
    println!("{outage:?}: the deploy's result was stored {:?} after the return", back.elapsed());
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
    // The push comes again and runs once.
    let answer = push.send(&url).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let run = answer.body["update_id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    let ran = api.finished(&run).await;
    assert_eq!(ran["success"], true, "{}", text_of(&ran));
    push.send(&url).await;
    assert_eq!(hooked.times(), 2);
    let again = api.execute("DeployStack", deploy).await;
    assert_eq!(again["success"], true, "{}", text_of(&again));
    // What memory says is what is stored: nothing accepted is lost, nothing half there.
    let names = variables(&api).await;
    for name in ["before".to_owned(), format!("after_{tries}")] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(!names.contains(&"later".to_owned()), "{names:?}");
    scene.core.kill_and_start().await;
    assert_eq!(variables(scene.api()).await, names);
    let update = scene.api().finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
}

/// A procedure that deploys the stack `hooked`, with a webhook.
async fn procedure(scene: &Scene) {
    let deploy = json!({ "type": "DeployStack", "params": { "stack": scene.stack("hooked") } });
    let config = json!({
        "stages": [{
            "name": "Deploy", "enabled": true,
            "executions": [{ "execution": deploy, "enabled": true }],
        }],
        "webhook_secret": SECRET,
    });
    scene.api().write("CreateProcedure", json!({ "name": "deploy", "config": config })).await;
}

async fn write(api: &Api, name: &str) -> Result<Value, varanus_tests::Refused> {
    api.call("write", "CreateVariable", json!({ "name": name, "value": "1" })).await
}

#[derive(Debug)]
struct Refusal {
    text: String,
    took: Duration,
}

async fn refused(api: &Api, name: &str) -> Refusal {
    let begun = Instant::now();
    let error = write(api, name).await.expect_err("the store is away");
    let took = begun.elapsed();
    assert_eq!(error.status, 503, "{error:?}");
    assert!(took < SOON, "a write was refused after {took:?}");
    Refusal { text: error.text, took }
}

async fn answered(api: &Api, request: &str, params: Value) -> Duration {
    let begun = Instant::now();
    if let Err(error) = api.call("read", request, params).await {
        panic!("{request} while the store is away: {error:?}");
    }
    let took = begun.elapsed();
    assert!(took < SOON, "{request} took {took:?} while the store is away");
    took
}

async fn variables(api: &Api) -> Vec<String> {
    let list = api.read("ListVariables", json!({})).await;
    let names = list.as_array().unwrap().iter();
    let mut names: Vec<_> =
        names.map(|variable| variable["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}
