//! Secrets of every kind at once, deploys that succeed and deploys that fail: no
//! form of any secret gets out.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use varanus_tests::arguments::{Arguments, noting};
use varanus_tests::canary::{Found, nothing_got_out};
use varanus_tests::{
    Canaries, CoreOptions, Docker, GitHost, Listener, Push, Scene, Way, mongodb, program, reads,
    run, text_of,
};

/// Answers in which an admin gets a kind of secret back, because it is what
/// they ask for.
const ANSWERED: [(&str, &[&str], &str); 11] = [
    ("GetVariable", &["variable", "odd variable", "compose-variable"], "an admin edits it"),
    ("ListVariables", &["variable", "odd variable", "compose-variable"], "an admin edits it"),
    ("GetStack", &["environment"], "it is configuration: whoever may read the stack sees it"),
    ("ListFullStacks", &["environment"], "the same"),
    ("ExportAllResourcesToToml", &["environment"], "the same"),
    ("ExportResourcesToToml", &["environment"], "the same"),
    ("GetUpdate", &["environment"], "the record of who wrote it"),
    ("GetStack", &["webhook secret"], "whoever sets the webhook up at the git host needs it"),
    ("ListFullStacks", &["webhook secret"], "the same"),
    ("InspectStackContainer", &["variable", "sops", "compose-variable"], "the container has it"),
    ("InspectContainer", &["variable", "sops", "compose-variable"], "the container has it"),
];

struct Places {
    canaries: Canaries,
    found: Vec<Found>,
}

impl Places {
    fn search(&mut self, place: &str, text: impl AsRef<[u8]>) {
        self.found.extend(self.canaries.search(place, text.as_ref()));
    }

    fn search_read(&mut self, name: &str, answer: &str) {
        let mut found = self.canaries.search(&format!("the answer to {name}"), answer.as_bytes());
        found.retain(|found| {
            !ANSWERED.iter().any(|known| known.0 == name && known.1.contains(&found.kind.as_str()))
        });
        self.found.extend(found);
    }
}

/// A key of age, and a file that is encrypted for it by the real `sops`.
async fn sops(folder: &Path, text: &str) -> (String, String) {
    let (keys, plain) = (folder.join("keys.txt"), folder.join("plain.env"));
    let mut command = Command::new("age-keygen");
    command.arg("-o").arg(&keys);
    assert!(run(command).await.success, "age-keygen is needed, ./dev test installs it");
    let made = std::fs::read_to_string(&keys).unwrap();
    let public = made.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    std::fs::write(&plain, text).unwrap();
    let program = std::env::var("VARANUS_TEST_SOPS")
        .expect("VARANUS_TEST_SOPS is needed: ./dev test gets sops and sets it");
    let mut command = Command::new(program);
    command.args(["encrypt", "--age", public, "--input-type", "dotenv", "--output-type", "dotenv"]);
    command.arg(&plain);
    let output = run(command).await;
    assert!(output.success, "{}", output.stderr);
    (keys.display().to_string(), output.stdout)
}

fn service(more: &str) -> String {
    format!(
        "services:\n  app:\n    image: {}\n    init: true\n    pull_policy: never\n    \
         command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n{more}",
        Docker::IMAGE
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_any_secret_gets_out() {
    nothing_gets_out(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_any_secret_gets_out_with_mongodb() {
    nothing_gets_out(Some(mongodb())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_mongodb_is_found_unless_it_is_there_by_design() {
    let canaries = Canaries::default();
    let (token, environment) = (canaries.make("token"), canaries.make("environment"));
    let client = mongodb::Client::with_uri_str(mongodb()).await.unwrap();
    let database = client.database(&varanus_tests::own_database());
    for (collection, text) in [("Stack", &environment), ("Run", &environment), ("Tag", &token)] {
        let document = mongodb::bson::doc! { "config": { "text": [format!("A=b\nC={text}")] } };
        database.collection(collection).insert_one(document).await.unwrap();
    }
    let found = canaries.search_database(&mongodb(), database.name()).await;
    database.drop().await.unwrap();
    let mut places: Vec<_> = found.iter().map(|found| (&*found.kind, &*found.place)).collect();
    places.sort();
    let place = |name: &str| format!("MongoDB: {}/{name}", database.name());
    assert_eq!(places, [("environment", &*place("Run")), ("token", &*place("Tag"))]);
}

async fn nothing_gets_out(mongodb: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let canaries = Canaries::default();
    let [variable, hidden, token, wrong, registry, hook, key, core, agent] = [
        "variable",
        "sops",
        "git token",
        "wrong git token",
        "registry token",
        "webhook secret",
        "environment",
        "secret of Core",
        "secret of the agent",
    ]
    .map(|kind| canaries.make(kind));
    let odd = canaries.make_odd("odd variable");
    let in_file = canaries.make("compose-variable");
    let (sops_keys, encrypted) =
        sops(folder.path(), &format!("TOKEN={hidden}\nURL=http://u:{hidden}@x/?a=b\n")).await;
    let age = std::fs::read_to_string(&sops_keys).unwrap();
    canaries.keep("age key", age.lines().find(|line| line.starts_with("AGE")).unwrap());
    let settings = |name: &str, secret: &str| {
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, format!("[secrets]\n{name} = {secret:?}\n")).unwrap();
        path.display().to_string()
    };
    let (of_core, of_agent) = (settings("CORE", &core), settings("AGENT", &agent));
    let path = noting(folder.path(), &["git", "docker", "sh"]);
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let settings_of_core =
        vec![owned("KOMODO_WEBHOOK_SECRET", &hook), owned("KOMODO_CONFIG_PATHS", &of_core)];
    let scene = Scene::of(
        Way::AgentDials,
        CoreOptions {
            settings: settings_of_core,
            canaries: canaries.clone(),
            mongodb,
            ..CoreOptions::default()
        },
        &[
            ("SOPS_AGE_KEY_FILE", &sops_keys),
            ("PATH", &path),
            ("PERIPHERY_CONFIG_PATHS", &of_agent),
        ],
    )
    .await;
    let api = scene.api();
    canaries.keep("session", api.jwt());
    let arguments = Arguments::of(&[scene.core.process().id(), scene.agent.process.id()]);
    let heard = Listener::new(api).await.collect();
    let mut places = Places { canaries: canaries.clone(), found: Vec::new() };

    // What people enter.
    for (name, value) in [("VAR", &variable), ("ODD", &odd), ("FILE", &in_file)] {
        let params = json!({ "name": name, "value": value, "is_secret": true });
        api.write("CreateVariable", params).await;
    }
    let wrong_account = json!({ "account": { "domain": scene.git.domain, "https": false,
        "username": "stranger", "token": wrong } });
    let made = api.write("CreateGitProviderAccount", wrong_account).await;
    places.search_read("CreateGitProviderAccount", &made.to_string());
    let other =
        json!({ "account": { "domain": "git.example.com", "username": "a", "token": token } });
    let made = api.write("CreateGitProviderAccount", other).await;
    places.search_read("CreateGitProviderAccount", &made.to_string());
    let registry_account = json!({ "account": { "domain": "127.0.0.1:9", "username": "robot",
        "token": registry } });
    let made = api.write("CreateImageRegistryAccount", registry_account).await;
    places.search_read("CreateImageRegistryAccount", &made.to_string());
    let password = canaries.make("password of a person");
    api.write("CreateLocalUser", json!({ "username": "bob", "password": password })).await;
    let mistyped = json!({ "username": "bob", "password": canaries.make("wrong password") });
    let refused = api.call("auth/login", "LoginLocalUser", mistyped).await.unwrap_err();
    places.search("a refused login", refused.text);
    let made = api.call("auth/manage", "CreateApiKey", json!({ "name": "km" })).await.unwrap();
    let api_key = made["key"].as_str().unwrap();
    let api_secret = canaries.keep("api secret", made["secret"].as_str().unwrap());

    // What is deployed, well and badly.
    let secrets = "    env_file: app.env\n    environment: { FROM: \"${VAR}\" }\n    healthcheck: { test: \
         \"echo ${VAR}\", interval: 1h }\nvolumes:\n  v: { driver_opts: { o: \"password=${VAR}\" } }\n";
    scene.git.write("stacks/good/compose.yaml", &service(secrets));
    scene.git.write("stacks/good/app.sops.env", &encrypted);
    scene.git.write(
        "stacks/broken/compose.yaml",
        "services:\n  app: { image: 'x', ports: \"${VAR}\" }\n",
    );
    scene.git.write("stacks/broken/app.sops.env", &encrypted);
    scene.git.write("stacks/damaged/compose.yaml", &service(""));
    let damaged = encrypted.replacen("sops_lastmodified=2", "sops_lastmodified=1", 1);
    scene.git.write("stacks/damaged/app.sops.env", &damaged);
    scene.git.push("main", "all of them").await;
    let from_git = |name: &str, account: &str, more: Value| {
        let mut config = json!({
            "server_id": Scene::SERVER,
            "git_provider": scene.git.domain,
            "git_https": false,
            "git_account": account,
            "repo": GitHost::REPO,
            "branch": "main",
            "run_directory": format!("stacks/{name}"),
            "auto_pull": false,
            "pre_deploy": { "command": "sops-decrypt.sh" },
            "environment": format!("VAR=[[VAR]]\nTYPED_TOKEN={key}\nCORE=[[CORE]]\nAGENT=[[AGENT]]\n"),
        });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let robot = GitHost::USER;
    let shown = json!({ "shell_mode": true, "command": "echo VAR is $V; echo [[VAR]] [[AGENT]]; cat \
        app.env .env; base64 -w0 app.env; git remote -v" });
    let own = |text: String| json!({ "server_id": Scene::SERVER, "file_contents": text, "auto_pull": false });
    let quoted = |name: &str| service(&format!("    environment:\n      SECRET: \"[[{name}]]\"\n"));
    let stacks = [
        (
            "good",
            true,
            from_git(
                "good",
                robot,
                json!({ "webhook_secret": hook,
            "additional_env_files": [{ "path": "app.env", "track": true }],
            "post_deploy": shown }),
            ),
        ),
        ("own", true, own(quoted("FILE"))),
        ("no-yaml", false, own(quoted("ODD"))),
        ("broken", false, from_git("broken", robot, json!({}))),
        ("damaged", false, from_git("damaged", robot, json!({}))),
        ("stranger", false, from_git("good", "stranger", json!({}))),
        ("nowhere", false, from_git("good", robot, json!({ "repo": "home/nowhere" }))),
        (
            "no-login",
            false,
            from_git(
                "good",
                robot,
                json!({
            "registry_provider": "127.0.0.1:9", "registry_account": "robot" }),
            ),
        ),
        (
            "hook-fails",
            false,
            from_git(
                "good",
                robot,
                json!({ "pre_deploy": {
            "command": "echo [[VAR]] [[ODD]] >&2; exit 3", "shell_mode": true } }),
            ),
        ),
    ];
    for (name, good, config) in stacks {
        let stack = scene.stack(name);
        api.write("CreateStack", json!({ "name": stack, "config": config })).await;
        // The second deploy of the good one finds what the first has left.
        for _ in 0..if good { 2 } else { 1 } {
            let update = api.execute("DeployStack", json!({ "stack": stack })).await;
            assert_eq!(update["success"], good, "{name}: {}", text_of(&update));
            places.search(&format!("the run of {name}"), update.to_string());
        }
        let _ = api.call("write", "RefreshStackCache", json!({ "stack": stack })).await;
    }
    let good = scene.stack("good");
    let container = format!("{good}-app-1");
    assert_eq!(scene.docker.variable(&container, "TOKEN").await.as_ref(), Some(&hidden));
    assert_eq!(scene.docker.variable(&container, "FROM").await.as_ref(), Some(&variable));
    let once = json!({ "stack": good, "service": "app", "command": ["true"],
        "env": { "GIVEN": variable } });
    let update = api.execute("RunStackService", once).await;
    places.search("a service that ran once", update.to_string());

    // Webhooks, signed well and badly.
    let url = format!("{}/listener/github/stack/{good}/deploy", scene.core.address);
    for (secret, delivery) in [(&hook, "1"), (&canaries.make("wrong webhook secret"), "2")] {
        let answer = Push::new("main", secret, delivery).send(&url).await;
        places.search("the answer to a delivery", answer.body.to_string());
        if let Some(id) = answer.body["update_id"].as_str() {
            api.finished(id).await;
        }
    }

    // What km prints.
    for words in [
        "list stacks -a",
        "list variables -a",
        "list servers -a",
        &format!("x -y deploy-stack {good}"),
    ] {
        let mut command = Command::new(program("km"));
        command.args(words.split(' ')).env_clear().env("HOME", folder.path());
        command.env("KOMODO_CLI_HOST", &scene.core.address);
        command.env("KOMODO_CLI_KEY", api_key).env("KOMODO_CLI_SECRET", &api_secret);
        let output = run(command).await;
        places.search(&format!("km {words}"), format!("{}{}", output.stdout, output.stderr));
    }

    // What the API answers.
    let updates = api.read("ListUpdates", json!({})).await;
    let ids = |list: &Value| -> Vec<Value> {
        list.as_array().into_iter().flatten().map(|item| item["_id"]["$oid"].clone()).collect()
    };
    let mut asked: Vec<Value> = updates["updates"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|update| update["id"].clone())
        .collect();
    for list in ["ListGitProviderAccounts", "ListImageRegistryAccounts"] {
        asked.extend(ids(&api.read(list, json!({})).await));
    }
    let stacks: Vec<Value> =
        ["good", "own", "no-yaml", "broken", "damaged", "stranger", "no-login", "hook-fails"]
            .map(|name| json!(scene.stack(name)))
            .into();
    let values = [
        ("server", vec![json!(Scene::SERVER)]),
        ("stack", stacks),
        ("services", vec![json!([])]),
        ("service", vec![json!("app")]),
        ("container", vec![json!(container)]),
        ("terms", vec![json!(["VAR"])]),
        ("id", asked),
        ("name", ["VAR", "ODD", "FILE"].map(|name| json!(name)).into()),
        ("user", vec![json!("admin"), json!("bob")]),
        ("user_target", vec![json!({ "type": "User", "id": "bob" })]),
        ("target", vec![json!({ "type": "Stack", "id": good })]),
        ("granularity", vec![json!("1-min")]),
        ("image", vec![json!(Docker::IMAGE)]),
    ];
    let answers = reads::everything(api, &values).await;
    assert!(answers.len() > 80, "{}", answers.len());
    for read in answers {
        places.search_read(&read.name, &read.answer);
    }

    // What others on the machine see.
    places.search("the arguments of programs", arguments.text());
    let noted = std::fs::read(folder.path().join("arguments")).unwrap();
    assert!(String::from_utf8_lossy(&noted).contains("compose"), "programs are noted");
    places.search("the arguments of programs", noted);
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("Complete"), "{heard}");
    places.search("the websocket", heard);
    nothing_got_out(&places.found);
    // The logs and folders of Core and the agent are searched at their end.
}
