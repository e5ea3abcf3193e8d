//! How long a sync of many stacks takes.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::json;
use varanus_tests::{Core, CoreOptions, text_of};

use crate::figure;

const FILES: usize = 100;
const STACKS_A_FILE: usize = 10;

/// 1,000 stacks in 100 files: the plan, doing it, and the plan when nothing is
/// left to do.
pub async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("fleet");
    std::fs::create_dir_all(&root).expect("a folder");
    let server = "[[server]]\nname = \"attic\"\n[server.config]\nenabled = false\n";
    std::fs::write(root.join("servers.toml"), server).expect("a file");
    for file in 0..FILES {
        let mut text = String::new();
        for stack in 0..STACKS_A_FILE {
            let _ = writeln!(
                text,
                "[[stack]]\nname = \"stack-{file}-{stack}\"\ndescription = \"one of many\"\n\
                 tags = [\"home\", \"t{file}\"]\n[stack.config]\nserver = \"attic\"\nrepo = \"home/stacks\"\n\
                 run_directory = \"stacks/{file}/{stack}\"\nenvironment = \"\"\"\nTZ = Europe/Berlin\n\"\"\"\n"
            );
        }
        std::fs::write(root.join(format!("{file:03}.toml")), text).expect("a file");
    }
    let directory = folder.path().display().to_string();
    let settings = vec![("KOMODO_SYNC_DIRECTORY".to_owned(), directory)];
    let core = Core::start(CoreOptions { settings, ..CoreOptions::quiet() }).await;
    let api = &core.admin;
    let config = json!({ "files_on_host": true, "resource_path": ["."], "delete": true });
    api.write("CreateResourceSync", json!({ "name": "fleet", "config": config })).await;

    let plan = || async {
        let begun = Instant::now();
        let request = json!({ "sync": "fleet" });
        let sync = api.write("RefreshResourceSyncPending", request).await;
        let took = begun.elapsed().as_secs_f64();
        let info = &sync["info"];
        assert!(info["pending_error"].is_null(), "{}", info["pending_error"]);
        (info["resource_updates"].as_array().map_or(0, Vec::len), took)
    };
    // It is looked at by itself when it is created: that is over then.
    plan().await;
    let (changes, took) = plan().await;
    assert_eq!(changes, FILES * STACKS_A_FILE + 1);
    figure("the plan of a sync of 1,000 new stacks in 100 files", took, "s");
    let begun = Instant::now();
    let update = api.execute("RunSync", json!({ "sync": "fleet" })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    figure("creating them", begun.elapsed().as_secs_f64(), "s");
    let (changes, took) = plan().await;
    assert_eq!(changes, 0);
    figure("the plan when nothing is left to do", took, "s");
}
