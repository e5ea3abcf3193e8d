//! Clients of Komodo 2.3 work unchanged, and Core's own in a browser.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use varanus_tests::{Core, CoreOptions, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_published_typescript_client_works_unmodified() {
    let folder = std::env::var("VARANUS_TEST_NODE_CLIENT")
        .expect("VARANUS_TEST_NODE_CLIENT is needed: ./dev test gets the client and sets it");
    let core = Core::start(CoreOptions::default()).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node_client.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(folder).arg(&core.address);
    command.arg("admin").arg(Core::PASSWORD).arg("js-");
    let output = run(command).await;
    assert!(output.success, "{}\n{}", output.stdout, output.stderr);
    let found: Value = serde_json::from_str(output.stdout.trim()).unwrap();
    assert_eq!(found["version"], "2.3.2");
    assert_eq!(
        (&found["status"], &found["success"]),
        (&json!("Complete"), &json!(true)),
        "{found}"
    );
    assert_eq!(found["operation"], "RunProcedure");
    assert_eq!(found["servers"], json!(["js-server"]));
    assert_eq!(found["stack"]["file_contents"], "services: {}\n");
    assert_eq!(found["procedures"], json!(["js-procedure"]));
    assert_eq!(found["missing"]["status"], 404);
    assert!(found["missing"]["error"].as_str().unwrap().contains("nobody"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_library_works_in_a_browser_on_a_page_of_cores_own() {
    let variable = |name: &str| {
        let needed = format!("{name} is needed: ./dev test installs what is missing and sets it");
        std::env::var(name).expect(&needed)
    };
    let core = Core::start(CoreOptions::default()).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/browser_client.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(variable("VARANUS_TEST_NODE_CLIENT"));
    command.arg(variable("VARANUS_TEST_BROWSER")).arg(&core.address);
    command.arg("admin").arg(Core::PASSWORD);
    let output = run(command).await;
    assert!(output.success, "{}\n{}", output.stdout, output.stderr);
    let found: Value = serde_json::from_str(output.stdout.trim()).unwrap();
    assert_eq!(found["origin"], core.address.as_str());
    assert_eq!(found["version"], "2.3.2");
    assert_eq!(found["update"], json!(["RunProcedure", true, true]));
    assert_eq!(found["told"], "RunProcedure");
    assert_eq!(found["procedures"], json!(["nap"]));
    assert_eq!(found["missing"], json!([404, true]));
}
