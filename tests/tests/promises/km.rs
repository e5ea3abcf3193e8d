//! `km`, as a person types it.

use std::process::Command;

use serde_json::json;
use varanus_tests::{Core, CoreOptions, Output, program, run};

struct Person {
    core: Core,
    key: String,
    secret: String,
}

impl Person {
    async fn new() -> Self {
        let core = Core::start(CoreOptions::default()).await;
        let made = core
            .admin
            .call("auth/manage", "CreateApiKey", json!({ "name": "km", "expires": 0 }))
            .await
            .unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { key: text("key"), secret: text("secret"), core }
    }

    async fn types(&self, words: &str) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program("km"));
        command
            .args(words.split(' '))
            .env_clear()
            .env("HOME", folder.path())
            .env("KOMODO_CLI_HOST", &self.core.address)
            .env("KOMODO_CLI_KEY", &self.key)
            .env("KOMODO_CLI_SECRET", &self.secret);
        run(command).await
    }
}

fn procedure(kind: &str, params: serde_json::Value) -> serde_json::Value {
    let executions = json!([{ "execution": { "type": kind, "params": params }, "enabled": true }]);
    json!({ "stages": [{ "name": "only", "enabled": true, "executions": executions }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn km_lists_and_runs_and_its_exit_code_says_what_came_of_it() {
    let person = Person::new().await;
    let api = &person.core.admin;
    let sleep = procedure("Sleep", json!({ "duration_ms": 10 }));
    api.write("CreateProcedure", json!({ "name": "good", "config": sleep })).await;
    api.write("CreateServer", json!({ "name": "cellar", "config": {} })).await;
    let config = json!({ "server_id": "cellar", "file_contents": "services: {}" });
    api.write("CreateStack", json!({ "name": "wine", "config": config })).await;
    let deploy = procedure("DeployStack", json!({ "stack": "wine" }));
    api.write("CreateProcedure", json!({ "name": "bad", "config": deploy })).await;

    let version = person.types("get version").await;
    assert!(version.success && version.stdout.contains("2.3.2"), "{version:?}");
    for words in ["list stacks -a", "ls stack"] {
        let list = person.types(words).await;
        assert!(list.success && list.stdout.contains("wine"), "{words}: {list:?}");
    }
    let list = person.types("list servers -a").await;
    assert!(list.success && list.stdout.contains("cellar"), "{list:?}");
    let good = person.types("execute -y run-procedure good").await;
    assert!(good.success, "{good:?}");
    let by_name = person.types("execute -y good").await;
    assert!(by_name.success, "{by_name:?}");
    // The server is disabled: the run fails, and so does km, with the reason.
    let bad = person.types("x -y run-procedure bad").await;
    assert!(!bad.success, "{bad:?}");
    let nobody = person.types("execute -y run-procedure nobody").await;
    assert!(!nobody.success && nobody.stderr.contains("nobody"), "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn km_seals_the_database_and_unseals_it() {
    let person = Person::new().await;
    let api = &person.core.admin;
    let secret = "a-value-to-be-found-on-disk";
    let variable = json!({ "name": "TOKEN", "value": secret, "is_secret": true });
    api.write("CreateVariable", variable).await;
    let on_disk = || {
        let files = std::fs::read_dir(person.core.data()).unwrap().map(|file| file.unwrap().path());
        let stored = files.filter(|path| path.to_string_lossy().contains("sqlite"));
        stored
            .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
            .any(|bytes| bytes.contains(secret))
    };
    assert!(!on_disk(), "a new store is sealed");
    let unsealed = person.types("database unseal -y").await;
    assert!(unsealed.success, "{unsealed:?}");
    assert!(on_disk());
    let sealed = person.types("database seal -y").await;
    assert!(sealed.success && sealed.stdout.contains("seal.key"), "{sealed:?}");
    let read = api.read("GetVariable", json!({ "name": "TOKEN" })).await;
    assert_eq!(read["value"], secret);
}
