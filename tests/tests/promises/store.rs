//! What becomes of people's work when the store fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{
    Api, Core, CoreOptions, Gate, Proxy, Scene, Way, mongodb, program, run, text_of,
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

/// A file system of its own, a few megabytes large. Root may mount one, and these
/// scenarios need root anyway.
struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    async fn mount(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path);
        let mounted = run(mount).await;
        assert!(mounted.success, "{mounted:?}");
        Self { path, _folder: folder }
    }

    /// Leaves no byte free; what is returned takes the room.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("somebody else's file");
        let mut file = std::fs::File::create(&path).unwrap();
        for size in [1 << 16, 1] {
            let bytes = vec![b'x'; size];
            while std::io::Write::write_all(&mut file, &bytes).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    #[allow(clippy::disallowed_methods, reason = "a drop cannot wait with a deadline")]
    fn drop(&mut self) {
        // Lazily: whoever has it open still goes on until it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
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
    let disk = SmallDisk::mount("size=12m").await;
    let mut scene = Scene::of(Way::AgentDials, at(&disk.path.join("data")), &[]).await;
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
    let disk = SmallDisk::mount("ro,size=1m").await;
    let mut command = Command::new(program("varanus-core"));
    command
        .env_clear()
        .env("KOMODO_CONFIG_PATHS", &disk.path)
        .env("KOMODO_DATA_DIRECTORY", disk.path.join("data"))
        .env("KOMODO_PORT", varanus_tests::free_port().to_string())
        .env("KOMODO_BIND_IP", "127.0.0.1");
    let ended = run(command).await;
    assert!(!ended.success);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let path = disk.path.join("data").display().to_string();
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
