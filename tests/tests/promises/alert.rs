//! Whoever should know is told: alerts reach every kind of endpoint, once, and
//! one that is dead delays nobody.

use serde_json::{Value, json};
use varanus_tests::{
    Api, Canaries, Core, CoreOptions, MailReceiver, MailTls, Received, Scene, Store, Way,
    WebReceiver, text_of, until,
};

/// An alerter that is enabled, with settings of its own beside the endpoint.
async fn alerter(api: &Api, name: &str, endpoint: (&str, Value), more: Value) {
    let mut config = json!({
        "enabled": true,
        "endpoint": { "type": endpoint.0, "params": endpoint.1 },
    });
    for (field, value) in more.as_object().expect("fields") {
        config[field] = value.clone();
    }
    api.write("CreateAlerter", json!({ "name": name, "config": config })).await;
}

/// One that sends whole alerts to a path of a receiver.
async fn custom(api: &Api, name: &str, to: &WebReceiver, more: Value) {
    let url = json!({ "url": format!("{}/{name}", to.address) });
    alerter(api, name, ("Custom", url), more).await;
}

fn kind(received: &Received) -> String {
    received.json()["data"]["type"].as_str().unwrap_or_default().to_owned()
}

async fn core(canaries: &Canaries) -> Core {
    let options = CoreOptions { canaries: canaries.clone(), ..CoreOptions::default() };
    Core::start(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_endpoint_gets_what_it_wants_and_no_secret_is_shown() {
    let canaries = Canaries::default();
    let core = core(&canaries).await;
    let (api, web) = (&core.admin, WebReceiver::start().await);
    let mail = MailReceiver::start(MailTls::None).await;
    for (name, secret) in
        [("HOOK", canaries.make("variable")), ("MAIL_PASSWORD", canaries.make_odd("odd variable"))]
    {
        let variable = json!({ "name": name, "value": secret, "is_secret": true });
        api.write("CreateVariable", variable).await;
    }
    let hook = |path: &str| format!("{}/{path}/[[HOOK]]", web.address);
    for (kind, params) in [
        ("Custom", json!({ "url": hook("custom") })),
        ("Slack", json!({ "url": hook("slack") })),
        ("Discord", json!({ "url": hook("discord") })),
        ("Ntfy", json!({ "url": hook("ntfy"), "email": "ann@example.com" })),
        ("Pushover", json!({ "url": format!("{}?user=ann&token=u", hook("pushover")) })),
    ] {
        alerter(api, kind, (kind, params), json!({})).await;
    }
    let url = format!(
        "smtp://robot:[[MAIL_PASSWORD]]@{}?from=varanus@example.com&to=ann@example.com&tls=none",
        mail.address
    );
    alerter(api, "Mail", ("Custom", json!({ "url": url })), json!({})).await;
    for name in ["Custom", "Slack", "Discord", "Ntfy", "Pushover", "Mail"] {
        let update = api.execute("TestAlerter", json!({ "alerter": name })).await;
        assert_eq!(update["success"], true, "{name}: {}", text_of(&update));
    }
    let at = async |path: &str| {
        web.until(path, |received| received.path.starts_with(&format!("/{path}/"))).await
    };
    let got = at("custom").await.json();
    assert_eq!((&got["level"], &got["resolved"]), (&json!("OK"), &json!(true)), "{got}");
    assert_eq!(got["data"]["type"], "Test");
    assert_eq!(
        (&got["data"]["data"]["name"], &got["target"]["type"]),
        (&json!("Custom"), &json!("Alerter"))
    );
    let got = at("slack").await.json();
    assert!(got["text"].as_str().unwrap().contains("test of alerter Slack"), "{got}");
    assert_eq!(got["blocks"][0]["type"], "header");
    assert_eq!(got["blocks"][1]["text"]["type"], "mrkdwn");
    let got = at("discord").await.json();
    assert!(got["content"].as_str().unwrap().contains("test of alerter Discord"), "{got}");
    let got = at("ntfy").await;
    assert!(got.body.contains("test of alerter Ntfy"), "{got:?}");
    assert_eq!(got.header("title"), Some("Komodo Alert"));
    assert_eq!(got.header("x-email"), Some("ann@example.com"));
    let got = at("pushover").await;
    assert!(got.body.starts_with("message=") && got.path.contains("?user=ann&token=u"), "{got:?}");
    let got = mail.first().await;
    assert!(got.login.starts_with("robot:p\"&<%"), "{got:?}");
    assert_eq!(
        (got.from.as_str(), got.to.as_slice()),
        ("varanus@example.com", &["ann@example.com".to_owned()][..])
    );
    // What an endpoint says is shown, without the secret that it repeats.
    web.answers(404);
    let update = api.execute("TestAlerter", json!({ "alerter": "Slack" })).await;
    let said = text_of(&update);
    assert_eq!(update["success"], false);
    assert!(said.contains("404") && said.contains("<HOOK>"), "{said}");
    // Core's log and folder are searched for the secrets at its end.
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_over_tls_to_a_server_that_is_trusted_or_not_at_all() {
    let [early, late] = [MailTls::FromStart, MailTls::AfterGreeting].map(MailReceiver::start);
    let (early, late) = (early.await, late.await);
    let stranger = MailReceiver::start(MailTls::FromStart).await;
    let plain = MailReceiver::start(MailTls::None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, format!("{}{}", early.certificate, late.certificate)).expect("a file");
    let canaries = Canaries::default();
    let password = canaries.make("variable");
    let settings = vec![("SSL_CERT_FILE".to_owned(), trusted.display().to_string())];
    let core = Core::start(CoreOptions { settings, canaries, ..CoreOptions::default() }).await;
    let api = &core.admin;
    let variable = json!({ "name": "MAIL_PASSWORD", "value": password, "is_secret": true });
    api.write("CreateVariable", variable).await;
    let test = async |name: &str, scheme: &str, to: &MailReceiver| {
        let url = format!(
            "{scheme}://robot:[[MAIL_PASSWORD]]@{}?from=varanus@example.com&to=ann@example.com",
            to.address
        );
        alerter(api, name, ("Custom", json!({ "url": url })), json!({})).await;
        api.execute("TestAlerter", json!({ "alerter": name })).await
    };
    for (name, scheme, to) in [("early", "smtps", &early), ("late", "smtp", &late)] {
        let update = test(name, scheme, to).await;
        assert_eq!(update["success"], true, "{name}: {}", text_of(&update));
        assert!(to.first().await.login.starts_with("robot:"), "{name}");
    }
    for (name, scheme, to, why) in
        [("stranger", "smtps", &stranger, "certificate"), ("plain", "smtp", &plain, "STARTTLS")]
    {
        let update = test(name, scheme, to).await;
        let said = text_of(&update);
        assert!(update["success"] == false && said.contains(why), "{name}: {said}");
        assert!(to.mails().is_empty(), "{name}");
    }
}

/// Runs a procedure that fails: none of its alerters is there.
async fn fail(api: &Api) {
    let update = api.execute("RunProcedure", json!({ "procedure": "nightly" })).await;
    assert_eq!(update["success"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_delays_nobody_and_a_failure_that_repeats_itself_is_told_once() {
    let core = core(&Canaries::default()).await;
    let (api, dead, alive) = (&core.admin, WebReceiver::start().await, WebReceiver::start().await);
    dead.falls_silent();
    custom(api, "dead", &dead, json!({})).await;
    custom(api, "all", &alive, json!({})).await;
    custom(api, "only-updates", &alive, json!({ "alert_types": ["StackAutoUpdated"] })).await;
    custom(api, "off", &alive, json!({ "enabled": false })).await;
    let window = json!({ "name": "always", "schedule_type": "Daily", "hour": 0, "minute": 0,
        "duration_minutes": 1440, "timezone": "UTC", "enabled": true });
    custom(api, "asleep", &alive, json!({ "maintenance_windows": [window] })).await;
    let say = json!({ "type": "SendAlert", "params": { "message": "x", "alerters": ["nobody"] } });
    let config = json!({ "stages": [
        { "name": "say", "executions": [{ "execution": say, "enabled": true }], "enabled": true },
    ] });
    let procedure =
        api.write("CreateProcedure", json!({ "name": "nightly", "config": config })).await;
    let about = json!({ "type": "Procedure", "id": procedure["_id"]["$oid"] });
    custom(api, "not-nightly", &alive, json!({ "except_resources": [about] })).await;
    custom(api, "nightly", &alive, json!({ "resources": [about] })).await;
    for _ in 0..3 {
        fail(api).await;
    }
    // What a person sends goes after it, to those who have nothing against it.
    let update = api.execute("SendAlert", json!({
        "level": "WARNING", "message": "by hand", "alerters": ["all", "only-updates", "not-nightly"],
    }));
    let update = update.await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    alive.until("what a person sent", |received| received.body.contains("by hand")).await;
    let received = async || {
        let mut paths: Vec<_> = alive
            .received()
            .iter()
            .filter(|received| kind(received) == "ProcedureFailed")
            .map(|received| received.path.clone())
            .collect();
        paths.sort();
        (paths.len() >= 2).then_some(paths)
    };
    let paths = until("the failure was told", received).await;
    assert_eq!(paths, ["/all", "/nightly"]);
    let by_hand: Vec<_> =
        alive.received().into_iter().filter(|received| kind(received) == "Custom").collect();
    assert_eq!(by_hand.len(), 3);
    assert_eq!(by_hand[0].json()["data"]["data"]["message"], "by hand");
}

/// An agent that measures every second.
async fn scene() -> Scene {
    let often = [("PERIPHERY_STATS_POLLING_RATE", "1-sec")];
    Scene::start(Way::AgentDials, Store::Embedded, &often).await
}

/// Waits until Core has looked at the server: what it shows was measured anew
/// twice, and what follows from a look is done before the next one.
async fn looked(scene: &Scene) {
    let measured = async || {
        let stats = scene.api().read("GetSystemStats", json!({ "server": Scene::SERVER })).await;
        stats["refresh_ts"].as_i64()
    };
    for _ in 0..2 {
        let before = measured().await;
        let another = async || measured().await.filter(|now| Some(*now) != before);
        until("the server was measured again", another).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_fills_opens_an_alert_which_gets_worse_and_ends() {
    let scene = scene().await;
    let (api, web) = (scene.api(), WebReceiver::start().await);
    custom(api, "ops", &web, json!({ "alert_types": ["ServerMem"] })).await;
    let limits = async |warning: f64, critical: f64| {
        let config = json!({ "mem_warning": warning, "mem_critical": critical });
        api.write("UpdateServer", json!({ "id": Scene::SERVER, "config": config })).await;
    };
    let told = async |level: &str| {
        web.until(level, |received| received.json()["level"] == level).await.json()
    };
    // Some of the memory is used, as on every machine.
    limits(0.001, 100.0).await;
    let opened = told("WARNING").await;
    assert_eq!((&opened["resolved"], &opened["target"]["type"]), (&json!(false), &json!("Server")));
    assert_eq!(opened["data"]["data"]["name"], Scene::SERVER);
    limits(0.001, 0.002).await;
    let worse = told("CRITICAL").await;
    assert_eq!(worse["_id"], opened["_id"]);
    let query = json!({ "resolved": false, "data.type": "ServerMem" });
    let open = api.read("ListAlerts", json!({ "query": query })).await;
    assert_eq!(open["alerts"][0]["level"], "CRITICAL", "{open}");
    limits(200.0, 300.0).await;
    let over = told("OK").await;
    assert_eq!((&over["_id"], &over["resolved"]), (&opened["_id"], &json!(true)));
    assert_eq!(web.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_dies_and_a_deploy_that_fails_are_told() {
    let scene = scene().await;
    let (api, web, name) = (scene.api(), WebReceiver::start().await, scene.stack("mortal"));
    custom(api, "ops", &web, json!({})).await;
    let text = "services:\n  app:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                command: [\"sleep\", \"1000\"]\n";
    let config = json!({ "server_id": Scene::SERVER, "file_contents": text, "auto_pull": false });
    api.write("CreateStack", json!({ "name": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    until("the stack runs", || async {
        let listed = api.read("ListStacks", json!({})).await;
        let stack = listed.as_array()?.iter().find(|stack| stack["name"] == name.as_str())?.clone();
        (stack["info"]["state"] == "running").then_some(())
    })
    .await;
    // What a person does is no news; what it is from then on has to be known.
    looked(&scene).await;
    let mut kill = std::process::Command::new("docker");
    kill.args(["kill", &scene.container("mortal")]);
    assert!(varanus_tests::run(kill).await.success);
    let told = web.until("the stack died", |received| kind(received) == "StackStateChange").await;
    let told = told.json();
    assert_eq!((&told["level"], &told["resolved"]), (&json!("WARNING"), &json!(true)), "{told}");
    assert_eq!(
        (&told["data"]["data"]["from"], &told["data"]["data"]["to"]),
        (&json!("running"), &json!("stopped"))
    );
    let kept =
        api.read("ListAlerts", json!({ "query": { "data.type": "StackStateChange" } })).await;
    assert_eq!(kept["alerts"].as_array().map(Vec::len), Some(1), "{kept}");
    let config = json!({ "file_contents": "services:\n  app:\n    image: no/such:image\n    pull_policy: never\n" });
    api.write("UpdateStack", json!({ "id": name, "config": config })).await;
    let update = api.execute("DeployStack", json!({ "stack": name })).await;
    assert_eq!(update["success"], false);
    let told = web.until("the deploy failed", |received| kind(received) == "Custom").await.json();
    assert_eq!((&told["level"], &told["target"]["type"]), (&json!("WARNING"), &json!("Stack")));
    let data = &told["data"]["data"];
    assert_eq!(data["message"], format!("the deploy of stack {name} failed"));
    assert!(data["details"].as_str().unwrap().contains("no/such"), "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_dies_is_told_and_one_that_a_person_stops_is_not() {
    let scene = scene().await;
    let (api, web, name) = (scene.api(), WebReceiver::start().await, scene.stack("mortal"));
    custom(api, "ops", &web, json!({})).await;
    let config = json!({
        "server_id": Scene::SERVER,
        "image": { "type": "Image", "params": { "image": varanus_tests::Docker::IMAGE } },
        "network": "none", "command": "sleep 1000", "extra_args": ["--init"],
    });
    api.write("CreateDeployment", json!({ "name": name, "config": config })).await;
    for request in ["Deploy", "StopDeployment", "StartDeployment"] {
        let update = api.execute(request, json!({ "deployment": name })).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
    }
    until("the deployment runs", || async {
        let listed = api.read("ListDeployments", json!({})).await;
        let one = listed.as_array()?.iter().find(|one| one["name"] == name.as_str())?.clone();
        (one["info"]["state"] == "running").then_some(())
    })
    .await;
    looked(&scene).await;
    let mut kill = std::process::Command::new("docker");
    kill.args(["kill", &name]);
    assert!(varanus_tests::run(kill).await.success);
    let told = web
        .until("the deployment died", |received| kind(received) == "ContainerStateChange")
        .await
        .json();
    let (from, to) = (&told["data"]["data"]["from"], &told["data"]["data"]["to"]);
    assert_eq!((from, to), (&json!("running"), &json!("exited")), "{told}");
    let kept =
        api.read("ListAlerts", json!({ "query": { "data.type": "ContainerStateChange" } })).await;
    assert_eq!(kept["alerts"].as_array().map(Vec::len), Some(1), "{kept}");
}
