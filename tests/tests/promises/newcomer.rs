//! `./dev up --example`: from a clone to running stacks.

use std::path::Path;
use std::process::Command;

use varanus_tests::{Process, free_port, program, until};

#[tokio::test(flavor = "multi_thread")]
async fn dev_up_runs_the_example_and_ends_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let port = free_port();
    let mut command = Command::new(root.join("dev"));
    command
        .args(["up", "--example"])
        .env("KOMODO_PORT", port.to_string())
        .env("VARANUS_UP", folder.path().join("up"))
        .env("VARANUS_BIN", program("varanus-core").parent().unwrap());
    let mut process = Process::start("dev up", command, &folder.path().join("log"));
    until("the example runs", || {
        let output = process.output();
        assert!(process.is_running(), "{output}");
        async move { output.contains("Ctrl-C ends all of it").then_some(()) }
    })
    .await;
    let output = process.output();
    assert!(output.contains(&format!("http://localhost:{port}")), "{output}");
    assert!(output.contains("admin / "), "{output}");
    let answers = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(answers(port) && answers(9180));
    // Ctrl-C, and nothing answers any more.
    drop(process);
    assert!(!answers(port));
    assert!(!answers(9180));
}
