//! Actions: scripts that deno runs beside Core, with a client of its API.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use varanus_tests::{Canaries, Core, CoreOptions, run, text_of, until};

/// A Core that finds deno on its PATH.
async fn with_deno(canaries: Canaries) -> Core {
    let deno = std::env::var("VARANUS_TEST_DENO")
        .expect("VARANUS_TEST_DENO is needed: ./dev test gets deno and sets it");
    let deno = Path::new(&deno).parent().expect("deno is in a folder").display().to_string();
    let path = format!("{deno}:{}", std::env::var("PATH").unwrap_or_default());
    start(path, canaries).await
}

async fn start(path: String, canaries: Canaries) -> Core {
    let settings =
        vec![("PATH".to_owned(), path), ("KOMODO_WEBHOOK_SECRET".to_owned(), SECRET.to_owned())];
    Core::start(CoreOptions { settings, canaries, ..CoreOptions::default() }).await
}

/// What signs webhooks in these scenarios.
const SECRET: &str = "a secret of webhooks";

async fn create(core: &Core, name: &str, script: &str, more: Value) {
    let mut config = json!({ "file_contents": script });
    config.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    core.admin.write("CreateAction", json!({ "name": name, "config": config })).await;
}

async fn begun(core: &Core, action: &str, args: Value) -> String {
    let update = core.admin.call("execute", "RunAction", json!({ "action": action, "args": args }));
    update.await.unwrap()["_id"]["$oid"].as_str().unwrap().to_owned()
}

async fn ran(core: &Core, action: &str, args: Value) -> Value {
    let id = begun(core, action, args).await;
    core.admin.finished(&id).await
}

fn stage(update: &Value) -> &Value {
    let logs = update["logs"].as_array().expect("an update has logs");
    logs.iter().find(|log| log["stage"] == "Execute Action").unwrap_or_else(|| panic!("{update}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_finds_its_client_arguments_and_formats_ready() {
    let canaries = Canaries::default();
    let secret = canaries.make("secret variable");
    let core = with_deno(canaries).await;
    let variable = json!({ "name": "TOKEN", "value": secret, "is_secret": true });
    core.admin.write("CreateVariable", variable).await;
    let greeting = json!({ "name": "GREETING", "value": "hello" });
    core.admin.write("CreateVariable", greeting).await;
    let script = r#"
const stacks: Types.StackListItem[] = await komodo.read("ListStacks", {});
console.log("stacks", stacks.length, "[[GREETING]]", ARGS.who.name, ARGS.list.join("+"));
console.log("the token is [[TOKEN]]");
console.log("and from the API", (await komodo.read("GetVariable", { name: "TOKEN" })).value);
const update = await komodo.execute_and_poll("RunProcedure", { procedure: "idle" });
console.log("procedure", update.status, update.success, Types.UpdateStatus.Complete);
console.log(JSON.stringify(YAML.parse("a: [1, {b: c}]")), TOML.stringify({ x: { y: 1 } }).trim());
console.log(JSON.stringify(TOML.parse("at = 2026-11-21")), YAML.stringify({ z: true }).trim());
if (ARGS.stop) return;
console.log("not reached");
"#;
    core.admin.write("CreateProcedure", json!({ "name": "idle" })).await;
    let arguments = "list = ['a']\nstop = true\n[who]\nname = 'ann'\n";
    let config = json!({ "arguments": arguments, "arguments_format": "toml" });
    create(&core, "look", script, config).await;
    let update = ran(&core, "look", json!({ "who": { "name": "bob" }, "list": ["b"] })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let said = stage(&update)["stdout"].as_str().unwrap();
    for expected in [
        "stacks 0 hello bob a+b",
        "procedure Complete true Complete",
        r#"{"a":[1,{"b":"c"}]} [x]"#,
        r#"{"at":"2026-11-21"} z: true"#,
        "The action has ended well.",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("not reached"), "{said}");
    // Neither what was filled in nor what was asked for is shown.
    assert!(!update.to_string().contains(&secret), "{update}");
    let keys = core.admin.read("ListApiKeys", json!({})).await;
    assert_eq!(keys, json!([]), "the key of the run is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_script_does_wrong_is_told_with_its_line() {
    let core = with_deno(Canaries::default()).await;
    create(
        &core,
        "refused",
        "const a = 1;\nawait komodo.read('GetStack', { stack: 'nobody' });",
        json!({}),
    )
    .await;
    let update = ran(&core, "refused", json!({})).await;
    assert_eq!(update["success"], false);
    let said = stage(&update)["stderr"].as_str().unwrap();
    assert!(said.contains("status 404") && said.contains("nobody"), "{said}");
    create(&core, "thrown", "const a = 1;\nthrow new Error('so it is');", json!({})).await;
    let update = ran(&core, "thrown", json!({})).await;
    let said = stage(&update)["stderr"].as_str().unwrap();
    assert!(said.contains("so it is") && said.contains("action.ts:2:"), "{said}");
    let state = core.admin.read("ListActions", json!({})).await;
    assert_eq!(state[0]["info"]["state"], "Failed", "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_go_side_by_side_show_their_lines_and_end_when_they_are_cancelled() {
    let core = with_deno(Canaries::default()).await;
    let script = "console.log('begun', ARGS.n, Deno.pid);\nawait new Promise((end) => setTimeout(end, 600_000));";
    create(&core, "long", script, json!({})).await;
    let first = begun(&core, "long", json!({ "n": 1 })).await;
    let second = begun(&core, "long", json!({ "n": 2 })).await;
    let mut processes = Vec::new();
    for (id, n) in [(&first, 1), (&second, 2)] {
        let text = until("its line is there", || async {
            let text = text_of(&core.admin.read("GetUpdate", json!({ "id": id })).await);
            text.contains(&format!("begun {n} ")).then_some(text)
        })
        .await;
        let after = text.split(&format!("begun {n} ")).nth(1).unwrap();
        processes.push(after.split_whitespace().next().unwrap().to_owned());
    }
    let state = core.admin.read("GetActionActionState", json!({ "action": "long" })).await;
    assert_eq!(state["running"], 2);
    let cancel = json!({ "action": "long", "update_id": first });
    let cancelled = core.admin.execute("CancelAction", cancel).await;
    assert_eq!(cancelled["success"], true, "{cancelled}");
    let update = core.admin.finished(&first).await;
    assert!(text_of(&update).contains("cancelled by admin"), "{}", text_of(&update));
    let state = core.admin.read("GetActionActionState", json!({ "action": "long" })).await;
    assert_eq!(state["running"], 1);
    core.admin.execute("CancelAction", json!({ "action": "long" })).await;
    core.admin.finished(&second).await;
    for process in processes {
        let folder = Path::new("/proc").join(&process);
        until("the script is no more", || async { (!folder.exists()).then_some(()) }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_deno_a_person_is_told_how_to_get_it() {
    let core = start("/nowhere".into(), Canaries::default()).await;
    create(&core, "none", "console.log(1);", json!({})).await;
    let update = ran(&core, "none", json!({})).await;
    let text = text_of(&update);
    assert!(
        text.contains("deno") && text.contains("PATH") && text.contains("npm install"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_begun_by_a_push_by_the_clock_and_when_core_starts() {
    let mut core = with_deno(Canaries::default()).await;
    let script = "console.log('pushed', ARGS.WEBHOOK_BRANCH, ARGS.WEBHOOK_BODY?.ref);";
    create(&core, "by-itself", script, json!({ "run_at_startup": true })).await;
    let url = format!("{}/listener/github/action/by-itself/main", core.address);
    let answer = varanus_tests::Push::new("main", SECRET, "1").send(&url).await;
    let update =
        core.admin.finished(answer.body["update_id"].as_str().expect("a run was begun")).await;
    assert!(text_of(&update).contains("pushed main refs/heads/main"), "{}", text_of(&update));
    let operators = async |core: &Core| {
        let query = json!({ "operation": "RunAction", "success": true, "status": "Complete" });
        let list = core.admin.read("ListUpdates", json!({ "query": query })).await;
        let updates = list["updates"].as_array().cloned().unwrap_or_default();
        updates.iter().filter(|update| update["username"] == "Action").count()
    };
    core.kill_and_start().await;
    until("it has run at the start", || async { (operators(&core).await == 1).then_some(()) })
        .await;
    let often = json!({ "id": "by-itself", "config": { "schedule": "every 2 seconds" } });
    core.admin.write("UpdateAction", often).await;
    until("it has run by the clock", || async { (operators(&core).await >= 3).then_some(()) })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_library_works_in_node_and_its_types_are_right() {
    let core = with_deno(Canaries::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let http = reqwest::Client::new();
    for name in ["lib.js", "lib.d.ts", "types.js", "types.d.ts", "responses.js", "responses.d.ts"] {
        let answer = http.get(format!("{}/client/{name}", core.address)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        std::fs::write(folder.path().join(name), answer.text().await.unwrap()).unwrap();
    }
    std::fs::write(folder.path().join("package.json"), r#"{"type":"module"}"#).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/own_client.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(folder.path().join("lib.js")).arg(&core.address);
    command.arg("admin").arg(Core::PASSWORD);
    let output = run(command).await;
    assert!(output.success, "{}\n{}", output.stdout, output.stderr);
    let found: Value = serde_json::from_str(output.stdout.trim()).unwrap();
    assert_eq!(found["version"], "2.3.2");
    assert_eq!(found["update"], json!(["RunProcedure", "Complete", true]));
    assert_eq!(found["batch"], json!(["Ok", "Complete"]));
    assert_eq!(found["missing"], json!([404, true]));
    assert_eq!(found["told"], "RunProcedure");
    // What is written with types is checked with them, by the compiler that deno has.
    let typed = r#"
import { KomodoClient, Types } from "./lib.js";
const komodo = KomodoClient("http://localhost", { type: "api-key", params: { key: "k", secret: "s" } });
const stack: Types.Stack = await komodo.read("GetStack", { stack: "web" });
const name: string = stack.config.project_name;
const items: Types.StackListItem[] = await komodo.read("ListStacks", {});
const update: Types.Update = await komodo.execute_and_poll("DeployStack", { stack: name });
const done: boolean = update.status === Types.UpdateStatus.Complete;
await komodo.write("UpdateStack", { id: stack.name, config: { server_id: "x" } });
const each = await komodo.execute_and_poll("BatchDeployStack", { pattern: "*" });
// @ts-expect-error: there is no such request
await komodo.read("GetNothing", {});
// @ts-expect-error: it needs a name
await komodo.read("GetStack", {});
console.log(items, done, each);
"#;
    std::fs::write(folder.path().join("typed.ts"), typed).unwrap();
    let mut command = Command::new(std::env::var("VARANUS_TEST_DENO").unwrap());
    command.args(["check", "--no-lock", "--no-config", "typed.ts"]).current_dir(folder.path());
    command.env("NO_COLOR", "1").env("DENO_DIR", folder.path().join("cache"));
    let output = run(command).await;
    assert!(output.success, "{}\n{}", output.stdout, output.stderr);
}
