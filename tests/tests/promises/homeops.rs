//! A real repository of resource files makes a fleet of an empty Core.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use varanus_tests::homeops::{self, FOLDER, REPO, begin, is_empty, pending};
use varanus_tests::{Api, Core, CoreOptions, text_of};

async fn names(api: &Api, list: &str) -> BTreeSet<String> {
    let items = api.read(list, json!({ "limit": 0 })).await;
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    items.as_array().unwrap().iter().map(name).collect()
}

/// The names that the files declare for a kind.
fn declared(kind: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in homeops::files("127.0.0.1:1") {
        let mut within = false;
        for line in text.lines() {
            match line.strip_prefix("name = ") {
                Some(name) if within => {
                    names.insert(name.trim_matches('"').to_owned());
                    within = false;
                }
                _ if line.starts_with("[[") => within = line == format!("[[{kind}]]"),
                _ => {}
            }
        }
    }
    names
}

async fn run(api: &Api, sync: &str) -> String {
    let update = api.execute("RunSync", json!({ "sync": sync })).await;
    let text = text_of(&update);
    assert_eq!(update["success"], true, "{text}");
    text
}

async fn export(api: &Api) -> String {
    let request = json!({ "include_resources": true, "include_variables": true });
    let all = api.read("ExportAllResourcesToToml", request).await;
    all["toml"].as_str().unwrap().to_owned()
}

const KINDS: [(&str, &str); 5] = [
    ("server", "ListServers"),
    ("stack", "ListStacks"),
    ("builder", "ListBuilders"),
    ("build", "ListBuilds"),
    ("procedure", "ListProcedures"),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_run_makes_all_that_is_declared_and_a_deleted_stack_goes_after_the_plan_said_so() {
    let core = Core::start(CoreOptions::default()).await;
    let api = &core.admin;
    let git = begin(api).await;
    git.push("main", "homeops").await;

    assert!(!is_empty(&pending(api).await));
    run(api, REPO).await;
    for (kind, list) in KINDS {
        assert_eq!(names(api, list).await, declared(kind), "{kind}");
    }
    for name in declared("variable") {
        api.read("GetVariable", json!({ "name": name })).await;
    }
    assert_eq!(names(api, "ListResourceSyncs").await, BTreeSet::from([REPO.to_owned()]));
    let plan = pending(api).await;
    assert!(is_empty(&plan), "a second plan is empty: {plan}");
    assert!(run(api, REPO).await.contains("nothing to do"));

    // A stack that is declared no more.
    let file = git.work.join(FOLDER).join("stacks-nvr.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let begin = text.find("[[stack]]\nname = \"frigate\"").expect("the stack is declared");
    let end = text[begin + 2..].find("[[stack]]").map_or(text.len(), |at| begin + 2 + at);
    let without = format!("{}{}", &text[..begin], &text[end..]);
    std::fs::write(&file, without).unwrap();
    git.push("main", "no frigate any more").await;
    let plan = pending(api).await;
    let updates = plan["resource_updates"].as_array().unwrap();
    assert_eq!(updates.len(), 1, "{plan}");
    assert_eq!(
        (&updates[0]["target"]["type"], &updates[0]["data"]["type"]),
        (&json!("Stack"), &json!("Delete"))
    );
    let text = run(api, REPO).await;
    assert!(text.contains("- Stack \"frigate\""), "{text}");
    assert!(!names(api, "ListStacks").await.contains("frigate"));
    assert_eq!(names(api, "ListResourceSyncs").await, BTreeSet::from([REPO.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_makes_the_same_fleet_elsewhere() {
    let core = Core::start(CoreOptions::default()).await;
    let git = begin(&core.admin).await;
    git.push("main", "homeops").await;
    run(&core.admin, REPO).await;
    let exported = export(&core.admin).await;

    let elsewhere = Core::start(CoreOptions::default()).await;
    let api = &elsewhere.admin;
    let config = json!({
        "file_contents": exported, "delete": true, "include_variables": true,
    });
    api.write("CreateResourceSync", json!({ "name": "import", "config": config })).await;
    run(api, "import").await;
    api.write("DeleteResourceSync", json!({ "id": "import" })).await;
    assert_eq!(export(api).await, exported);
}
