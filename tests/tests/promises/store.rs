//! What becomes of people's work when the store fails.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{
    Api, Core, CoreOptions, Gate, Proxy, Scene, SmallDisk, Way, mongodb, program, run, text_of,
    until,
};

use crate::outage::{Outage, outlived};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_connections_stops_no_read_and_no_deploy() {
    outlived(Outage::Cut, Duration::from_secs(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_stops_no_read_and_no_deploy() {
    outlived(Outage::BlackHole, Duration::from_secs(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn core_waits_at_its_start_for_a_store_that_comes_later() {
    let uri = mongodb();
    let target = uri.trim_start_matches("mongodb://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::start(target).await;
    proxy.cut().await;
    let address = format!("mongodb://{}/?directConnection=true", proxy.address());
    let begun = Instant::now();
    let (core, ()) = tokio::join!(
        Core::start(CoreOptions { mongodb: Some(address), ..CoreOptions::default() }),
        async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            proxy.heal().await;
        }
    );
    println!("Core answered {:?} after its start, 3 s of them without a store", begun.elapsed());
    assert!(core.log().contains("waiting for the store"), "{}", core.log());
}

async fn write(api: &Api, name: &str) -> Result<Value, varanus_tests::Refused> {
    let value = "v".repeat(9_000);
    api.call("write", "CreateVariable", json!({ "name": name, "value": value })).await
}

async fn variables(api: &Api) -> Vec<String> {
    let list = api.read("ListVariables", json!({})).await;
    let name = |variable: &Value| variable["name"].as_str().unwrap().to_owned();
    let mut names: Vec<_> = list.as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

fn at(directory: &Path) -> CoreOptions {
    let directory = ("KOMODO_DATA_DIRECTORY".to_owned(), directory.display().to_string());
    CoreOptions { settings: vec![directory], ..CoreOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let disk = SmallDisk::mount("size=12m");
    let mut scene = Scene::of(Way::AgentDials, at(&disk.path().join("data")), &[]).await;
    std::fs::create_dir_all(scene.core.data()).unwrap();
    let gate = Gate::new(&scene, "app").await;
    let api = scene.api().clone();
    let stack = json!({ "stack": scene.stack("app") });
    let update = api.call("execute", "DeployStack", stack.clone()).await.unwrap();
    let id = update["_id"]["$oid"].as_str().unwrap().to_owned();
    gate.reached().await;
    let taken = disk.fill();
    // What has room already is still written; then it is over.
    let mut stored = 0;
    let error = loop {
        assert!(stored < 1000, "the disk is not full");
        match write(&api, &format!("v{stored}")).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    println!("{stored} writes had room; then: {}", error.text);
    assert_eq!(error.status, 503, "{error:?}");
    for what in ["varanus.sqlite", "nothing was changed", "space"] {
        assert!(error.text.contains(what), "{error:?} does not say {what:?}");
    }
    // Reads go on, and so does the deploy.
    assert_eq!(variables(&api).await.len(), stored);
    api.read("ListStacks", json!({})).await;
    gate.open();
    varanus_tests::until("the deploy has finished", || async {
        scene.docker.id(&scene.container("app")).await
    })
    .await;
    assert_eq!(write(&api, "refused").await.unwrap_err().status, 503);
    // With room again it heals by itself.
    std::fs::remove_file(taken).unwrap();
    let back = Instant::now();
    varanus_tests::until("a write is accepted", || async { write(&api, "after").await.ok() }).await;
    println!("writes were accepted {:?} after there was room", back.elapsed());
    let update = api.finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(gate.times(), 1);
    let names = variables(&api).await;
    assert_eq!(names.len(), stored + 1);
    scene.core.kill_and_start().await;
    assert_eq!(variables(scene.api()).await, names);
    let again = scene.api().execute("DeployStack", stack).await;
    assert_eq!(again["success"], true, "{}", text_of(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn core_says_why_it_cannot_start_on_a_read_only_disk() {
    let disk = SmallDisk::read_only();
    let mut command = Command::new(program("varanus-core"));
    command
        .env_clear()
        .env("KOMODO_CONFIG_PATHS", disk.path())
        .env("KOMODO_DATA_DIRECTORY", disk.path().join("data"))
        .env("KOMODO_PORT", varanus_tests::free_port().to_string())
        .env("KOMODO_BIND_IP", "127.0.0.1");
    let ended = run(command).await;
    assert!(!ended.success);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let path = disk.path().join("data").display().to_string();
    for what in ["Core cannot start", path.as_str(), "read-only"] {
        assert!(said.contains(what), "{said} does not say {what:?}");
    }
}

/// Creates variables, one after the other, until Core is gone; those that it
/// acknowledged.
async fn write_until_the_end(
    http: reqwest::Client,
    address: String,
    jwt: String,
    name: String,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let name = format!("{name}_{n}");
        let request = http.post(format!("{address}/write/CreateVariable"));
        let request = request.header("authorization", &jwt);
        match request.json(&json!({ "name": name, "value": "1" })).send().await {
            Ok(answer) if answer.status() == 200 => acknowledged.push(name),
            Ok(answer) => panic!("{name}: {}", answer.status()),
            Err(_) => break,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_kill_9() {
    let mut core = Core::start(CoreOptions::quiet()).await;
    let http = reqwest::Client::new();
    let mut acknowledged = Vec::new();
    for round in 0..10_u64 {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (address, jwt) = (core.address.clone(), core.admin.jwt().to_owned());
                let name = format!("r{round}_{writer}");
                tokio::spawn(write_until_the_end(http.clone(), address, jwt, name))
            })
            .collect();
        // Any moment will do; a different one each time.
        tokio::time::sleep(Duration::from_millis(50 + 37 * round)).await;
        core.kill_and_start().await;
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        let there = variables(&core.admin).await;
        for name in &acknowledged {
            assert!(there.contains(name), "{name} was acknowledged and is lost");
        }
    }
    println!("{} writes were acknowledged, and are there after 10 kills", acknowledged.len());
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
}

/// A transaction that somebody left open, with a change of one document in it.
async fn left_open(database: &str, collection: &str, id: &str) -> mongodb::ClientSession {
    let client = mongodb::Client::with_uri_str(mongodb()).await.unwrap();
    let collection = client.database(database).collection::<mongodb::bson::Document>(collection);
    let id = mongodb::bson::oid::ObjectId::parse_str(id).unwrap();
    let mut session = client.start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    let change = mongodb::bson::doc! { "$set": { "left": "open" } };
    let query = mongodb::bson::doc! { "_id": id };
    let changed = collection.update_one(query, change).session(&mut session).await.unwrap();
    assert_eq!(changed.matched_count, 1);
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_a_transaction_that_a_killed_core_left_open() {
    let deadline = ("KOMODO_STORE_DEADLINE".to_owned(), "2-sec".to_owned());
    let options = CoreOptions { settings: vec![deadline], ..CoreOptions::on(&mongodb()) };
    let mut core = Core::start(options).await;
    let sleep = json!({ "type": "Sleep", "params": { "duration_ms": 3_000 } });
    let executions = json!([{ "execution": sleep, "enabled": true }]);
    let stages = json!([{ "name": "rest", "enabled": true, "executions": executions }]);
    let procedure = json!({ "name": "long", "config": { "stages": stages } });
    core.admin.write("CreateProcedure", procedure).await;
    let update = core.admin.call("execute", "RunProcedure", json!({ "procedure": "long" })).await;
    let id = update.unwrap()["_id"]["$oid"].as_str().unwrap().to_owned();
    until("it runs", || async {
        let update = core.admin.read("GetUpdate", json!({ "id": id })).await;
        (update["status"] == "InProgress").then_some(())
    })
    .await;
    core.process().signal(nix::sys::signal::Signal::SIGKILL);
    // What the next start writes first: that the run goes on.
    let mut session = left_open(&core.database(), "Update", &id).await;
    let (log, address) = (core.data().with_file_name("core.log"), core.address.clone());
    let begun = Instant::now();
    let server = async {
        until("the start waits", || async {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            log.contains("the start waits for the store").then_some(())
        })
        .await;
        let waited = begun.elapsed();
        let api = Api::new(&address);
        let served = tokio::time::timeout(Duration::from_secs(1), api.answers()).await;
        assert!(!served.unwrap_or(false), "nobody is served before");
        // The server gives it up, as it does by itself after a minute.
        session.abort_transaction().await.unwrap();
        (waited, Instant::now())
    };
    let ((), (waited, given_up)) = tokio::join!(core.start_again(&[]), server);
    println!("it said {waited:?} after its start that it waits");
    println!("it answered {:?} after the transaction was gone", given_up.elapsed());
    let update = core.admin.finished(&id).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert!(text_of(&update).contains("Core was restarted while this ran"), "{}", text_of(&update));
}
