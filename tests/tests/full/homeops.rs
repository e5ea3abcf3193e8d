//! A procedure that deploys a host from the ground up, with the way to the host
//! cut in the middle: what the owner of `homeops` wrote three comments about.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;
use varanus_tests::homeops::{REPO, begin};
use varanus_tests::{
    Agent, AgentOptions, Core, CoreOptions, Docker, Proxy, onboarding_key, text_of, until,
};

const HOST: &str = "racknerd-aegis";

/// The stacks in the order of the procedure's stages, with the folders in which
/// their hooks run.
const STAGES: [&[(&str, &str)]; 6] = [
    &[("aegis-gateway", "racknerd-aegis/aegis-gateway")],
    &[("aegis-pangolin", "racknerd-aegis/pangolin")],
    &[("aegis-pangolin-client", "racknerd-aegis/pangolin-client")],
    &[("aegis-newt", "racknerd-aegis/newt")],
    &[("aegis-periphery", "racknerd-aegis/periphery")],
    &[("aegis-identity", "racknerd-aegis/identity"), ("racknerd-aegis-alloy", "shared/alloy")],
];

#[tokio::test(flavor = "multi_thread")]
async fn six_stages_are_done_in_order_and_nothing_twice_though_the_link_is_cut_for_20_seconds() {
    // Containers of these stacks are removed at the end.
    let (mut aegis, mut alloy) = (Docker::new().await, Docker::new().await);
    (aegis.prefix, alloy.prefix) = ("aegis-".into(), "racknerd-aegis-".into());
    let core = Core::start(CoreOptions::default()).await;
    let api = &core.admin;
    let git = begin(api).await;

    // The hook of the repository's owner decrypts; this one notes that it ran, and where.
    let tools = tempfile::tempdir().unwrap();
    let (hook, calls) = (tools.path().join("sops-decrypt.sh"), tools.path().join("calls"));
    let text = format!("#!/bin/sh\npwd >> {}\nsleep 1\n", calls.display());
    std::fs::write(&hook, text).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let called = || std::fs::read_to_string(&calls).unwrap_or_default();

    // The images of the real stacks are not here: their files are replaced.
    let compose = "services:\n  it:\n    image: busybox:local\n    pull_policy: never\n    init: true\n    \
                   command: [sleep, '1000']\n";
    for (_, folder) in STAGES.iter().flat_map(|stage| stage.iter()) {
        git.write(&format!("docker/stacks/{folder}/compose.yaml"), compose);
    }
    git.write("docker/stacks/racknerd-aegis/alloy-override/compose.yaml", compose);
    git.push("main", "homeops").await;

    let wire = Proxy::start(core.address.trim_start_matches("http://")).await;
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", tools.path().display());
    let _agent = Agent::start(&AgentOptions {
        name: HOST.into(),
        dial: Some(format!("http://{}", wire.address())),
        onboarding_key: Some(onboarding_key(&core).await),
        settings: vec![("PATH".into(), path)],
        ..AgentOptions::default()
    });
    let host_is_ok = || async {
        until("the host is there", || async {
            let list = api.read("ListServers", json!({ "limit": 0 })).await;
            let host = list.as_array()?.iter().find(|server| server["name"] == HOST)?.clone();
            (host["info"]["state"] == "Ok").then_some(())
        })
        .await;
    };
    host_is_ok().await;
    let update = api.execute("RunSync", json!({ "sync": REPO })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    host_is_ok().await;

    let request = json!({ "procedure": "deploy-vps-infra" });
    let run = api.call("execute", "RunProcedure", request).await.unwrap();
    until("the tunnel's stack is deployed", || async {
        called().contains("/pangolin\n").then_some(())
    })
    .await;
    wire.cut().await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    wire.heal().await;
    until("it goes on", || async { called().contains("/pangolin-client\n").then_some(()) }).await;
    let update = api.finished(run["_id"]["$oid"].as_str().unwrap()).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));

    let calls = called();
    let mut calls = calls.lines();
    for stage in STAGES {
        let mut ran: Vec<_> = calls.by_ref().take(stage.len()).collect();
        ran.sort_unstable();
        assert_eq!(ran.len(), stage.len());
        for (call, (_, folder)) in ran.iter().zip(stage) {
            assert!(call.ends_with(&format!("docker/stacks/{folder}")), "{call} is not {folder}");
        }
    }
    assert_eq!(calls.next(), None, "nothing ran twice");
    for (stack, _) in STAGES.iter().flat_map(|stage| stage.iter()) {
        let container = aegis.container(&format!("{stack}-it-1")).await;
        let container = container.unwrap_or_else(|| panic!("{stack} has no container"));
        assert_eq!(container["State"]["Running"], true, "{stack}");
    }
}
