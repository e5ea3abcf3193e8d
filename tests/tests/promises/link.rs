//! Who may command whom.

use serde_json::json;
use varanus_tests::{Agent, AgentOptions, Core, CoreOptions, Scene, Store, Way, until};

async fn server(core: &Core) -> serde_json::Value {
    core.admin.read("GetServer", json!({ "server": Scene::SERVER })).await
}

async fn state_is(core: &Core, state: &str) {
    until(&format!("the server is {state}"), || async {
        let found = core.admin.read("GetServerState", json!({ "server": Scene::SERVER })).await;
        (found["status"] == state).then_some(())
    })
    .await;
}

fn settings(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn add_server(core: &Core, agent: &Agent, more: serde_json::Value) {
    let mut config =
        json!({ "address": format!("https://127.0.0.1:{}", agent.port), "enabled": true });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    core.admin.write("CreateServer", json!({ "name": Scene::SERVER, "config": config })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_cannot_take_the_place_of_a_server() {
    let scene = Scene::start(Way::AgentDials, Store::Embedded, &[]).await;
    let known = server(&scene.core).await["info"]["public_key"].clone();
    let Scene { agent, core, .. } = scene;
    drop(agent);
    state_is(&core, "NotOk").await;
    // It has the name, but not the key.
    let options = AgentOptions {
        dial: Some(core.address.clone()),
        name: Scene::SERVER.into(),
        ..AgentOptions::default()
    };
    let stranger = Agent::start(&options);
    until("the stranger's key is shown to the admin", || async {
        let info = server(&core).await["info"].clone();
        assert_eq!(info["public_key"], known);
        let attempted = info["attempted_public_key"].as_str()?.to_owned();
        (!attempted.is_empty()).then_some(())
    })
    .await;
    state_is(&core, "NotOk").await;
    // An admin may trust it; then it comes in by itself.
    let key = server(&core).await["info"]["attempted_public_key"].clone();
    let params = json!({ "server": Scene::SERVER, "public_key": key });
    core.admin.write("UpdateServerPublicKey", params).await;
    state_is(&core, "Ok").await;
    drop(stranger);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_obeys_the_core_whose_key_it_knows_alone() {
    let core = Core::start(CoreOptions::default()).await;
    let key = core.admin.read("GetCoreInfo", json!({})).await["public_key"].clone();
    let key = key.as_str().unwrap();
    let agent = Agent::start(&AgentOptions {
        settings: settings(&[("PERIPHERY_CORE_PUBLIC_KEYS", key)]),
        ..AgentOptions::default()
    });
    add_server(&core, &agent, json!({})).await;
    state_is(&core, "Ok").await;
    let other = Core::start(CoreOptions::default()).await;
    add_server(&other, &agent, json!({})).await;
    until("the other Core says why it is refused", || async {
        let list = other.admin.read("ListServers", json!({})).await;
        let error = list[0]["info"]["err"].to_string();
        error.contains("core_public_keys").then_some(())
    })
    .await;
    state_is(&core, "Ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_wants_a_passkey_gets_it() {
    let core = Core::start(CoreOptions::default()).await;
    let agent = Agent::start(&AgentOptions {
        settings: settings(&[("PERIPHERY_PASSKEYS", "open-sesame")]),
        ..AgentOptions::default()
    });
    add_server(&core, &agent, json!({ "passkey": "wrong" })).await;
    until("the refusal is told", || async {
        let list = core.admin.read("ListServers", json!({})).await;
        list[0]["info"]["err"].to_string().contains("passkey").then_some(())
    })
    .await;
    let config = json!({ "id": Scene::SERVER, "config": { "passkey": "open-sesame" } });
    core.admin.write("UpdateServer", config).await;
    state_is(&core, "Ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_allowed_is_refused() {
    let core = Core::start(CoreOptions::default()).await;
    let agent = Agent::start(&AgentOptions {
        settings: settings(&[("PERIPHERY_ALLOWED_IPS", "192.0.2.0/24")]),
        ..AgentOptions::default()
    });
    add_server(&core, &agent, json!({})).await;
    until("the refusal is told", || async {
        let list = core.admin.read("ListServers", json!({})).await;
        list[0]["info"]["err"].to_string().contains("allowed_ips").then_some(())
    })
    .await;
}
