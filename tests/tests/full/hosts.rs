//! Seven hosts: one bad host harms nobody else. Here three are bad at the same
//! time, each in its own way.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_tests::{
    Agent, AgentOptions, Api, Core, CoreOptions, GitHost, Hosts, Proxy, Push, run, text_of, until,
};

const HOSTS: usize = 7;
/// These dial Core; Core dials the others, over TLS.
const DIAL: std::ops::Range<usize> = 0..4;
/// Its agent will be frozen.
const FROZEN: usize = 1;
/// Its link will carry nothing.
const CUT_OFF: usize = 5;
/// Its docker will hang.
const HUNG: usize = 6;
const BAD: [usize; 3] = [FROZEN, CUT_OFF, HUNG];
const WELL: [usize; 4] = [0, 2, 3, 4];

const SECRET: &str = "the secret of the webhook";
/// What a run on these stacks may take.
const RUN: Duration = Duration::from_secs(20);

struct Fleet {
    core: Core,
    git: GitHost,
    agents: Vec<Agent>,
    wire: Proxy,
    key: String,
    folder: tempfile::TempDir,
    // Dropped last: agents are at work there.
    hosts: Hosts,
}

fn name(host: usize) -> String {
    format!("host{}", host + 1)
}

fn stack(host: usize) -> String {
    format!("vault{}", host + 1)
}

impl Fleet {
    async fn start() -> Self {
        let hosts = Hosts::start(HOSTS).await;
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys.txt");
        let mut command = std::process::Command::new("age-keygen");
        command.arg("-o").arg(&keys);
        let made = run(command).await;
        assert!(made.success, "age-keygen is needed, ./dev test installs it: {}", made.stderr);
        let text = std::fs::read_to_string(&keys).unwrap();
        let key = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        let core = Core::start(CoreOptions::default()).await;
        let git = GitHost::start().await;
        let options = |host: usize| AgentOptions {
            name: name(host),
            settings: vec![
                ("DOCKER_HOST".into(), hosts.docker_host(host)),
                ("SOPS_AGE_KEY_FILE".into(), keys.display().to_string()),
                ("PERIPHERY_STATS_POLLING_RATE".into(), "1-sec".into()),
            ],
            ..AgentOptions::default()
        };
        let (mut agents, mut wire) = (Vec::new(), None);
        let onboarding = json!({ "name": "new hosts" });
        let onboarding = core.admin.write("CreateOnboardingKey", onboarding).await;
        for host in DIAL {
            agents.push(Agent::start(&AgentOptions {
                dial: Some(core.address.clone()),
                onboarding_key: Some(onboarding["private_key"].as_str().unwrap().to_owned()),
                ..options(host)
            }));
        }
        for host in DIAL.end..HOSTS {
            let agent = Agent::start(&options(host));
            let mut port = agent.port;
            if host == CUT_OFF {
                let proxy = Proxy::start(format!("127.0.0.1:{port}")).await;
                port = proxy.port;
                wire = Some(proxy);
            }
            let config = json!({ "address": format!("https://127.0.0.1:{port}"), "enabled": true });
            let server = json!({ "name": name(host), "config": config });
            core.admin.write("CreateServer", server).await;
            agents.push(agent);
        }
        let (key, wire) = (key.to_owned(), wire.expect("one of them is behind a proxy"));
        let fleet = Self { core, git, agents, wire, key, folder, hosts };
        fleet.all_are_well().await;
        fleet
    }

    fn api(&self) -> &Api {
        &self.core.admin
    }

    /// A stack with a SOPS file on each host, in a repository; procedures that
    /// deploy all of them, and those of the hosts that stay well.
    async fn prepare(&self) {
        let api = self.api();
        self.write("first").await;
        let account = json!({ "account": {
            "domain": self.git.domain, "https": false,
            "username": GitHost::USER, "token": GitHost::TOKEN,
        } });
        api.write("CreateGitProviderAccount", account).await;
        for host in 0..HOSTS {
            let config = json!({
                "server_id": name(host),
                "git_provider": self.git.domain,
                "git_https": false,
                "git_account": GitHost::USER,
                "repo": GitHost::REPO,
                "branch": "main",
                "run_directory": format!("stacks/{}", stack(host)),
                "pre_deploy": { "command": "sops-decrypt.sh" },
                "auto_pull": false,
                "run_deadline_seconds": RUN.as_secs(),
            });
            api.write("CreateStack", json!({ "name": stack(host), "config": config })).await;
        }
        for (name, hosts) in [("all", (0..HOSTS).collect()), ("well", WELL.to_vec())] {
            let deploy = hosts.into_iter().map(|host: usize| {
                let params = json!({ "stack": stack(host) });
                json!({ "execution": { "type": "DeployStack", "params": params }, "enabled": true })
            });
            let executions: Vec<_> = deploy.collect();
            let stage = json!({ "name": "Deploy", "enabled": true, "executions": executions });
            let config = json!({ "stages": [stage], "webhook_secret": SECRET });
            api.write("CreateProcedure", json!({ "name": name, "config": config })).await;
        }
    }

    /// Commits and pushes every stack with a new secret.
    async fn write(&self, secret: &str) {
        let sops = std::env::var("VARANUS_TEST_SOPS")
            .expect("VARANUS_TEST_SOPS is needed: ./dev test gets sops and sets it");
        let plain = self.folder.path().join("plain.env");
        std::fs::write(&plain, format!("ADMIN_TOKEN={secret}\n")).unwrap();
        let mut command = std::process::Command::new(sops);
        command.args(["encrypt", "--age", &self.key]);
        command.args(["--input-type", "dotenv", "--output-type", "dotenv"]).arg(&plain);
        let encrypted = run(command).await;
        assert!(encrypted.success, "{}", encrypted.stderr);
        for host in 0..HOSTS {
            let folder = format!("stacks/{}", stack(host));
            let compose = "services:\n  app:\n    image: busybox:local\n    init: true\n    pull_policy: never\n    \
                 command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n    env_file: .env\n";
            self.git.write(&format!("{folder}/compose.yaml"), compose);
            self.git.write(&format!("{folder}/.sops.env"), &encrypted.stdout);
        }
        self.git.push("main", secret).await;
    }

    /// A push: a new secret in every stack, and the webhook of a procedure.
    /// Returns how long the deploy took.
    async fn push(&self, procedure: &str, secret: &str) -> Duration {
        self.write(secret).await;
        let url = format!("{}/listener/github/procedure/{procedure}/main", self.core.address);
        let begun = Instant::now();
        let answer = Push::new("main", SECRET, &format!("push-{secret}")).send(&url).await;
        let id = answer.body["update_id"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        let update = self.api().finished(id).await;
        assert_eq!(update["success"], true, "{}", text_of(&update));
        begun.elapsed()
    }

    /// The container of a host's stack runs with a secret.
    async fn runs(&self, host: usize, secret: &str) {
        let container = format!("{}-app-1", stack(host));
        let found = self.hosts.container(host, &container).await;
        let found = found.unwrap_or_else(|| panic!("{container} is not there"));
        assert_eq!(found["State"]["Running"], true, "{container}");
        let wanted = json!(format!("ADMIN_TOKEN={secret}"));
        let given = found["Config"]["Env"].as_array().unwrap();
        assert!(given.contains(&wanted), "{container}: {given:?}");
    }

    async fn state(&self, host: usize) -> Value {
        let server = json!({ "server": name(host) });
        // One that dials is not known before it has made itself known.
        let state = self.api().call("read", "GetServerState", server).await;
        state.map_or(Value::Null, |state| state["status"].clone())
    }

    async fn is(&self, host: usize, state: &str) {
        until(&format!("{} is {state}", name(host)), || async {
            (self.state(host).await == state).then_some(())
        })
        .await;
    }

    async fn docker_is_connected(&self, host: usize) -> bool {
        let server = json!({ "server": name(host) });
        let information = self.api().call("read", "GetPeripheryInformation", server).await;
        information.is_ok_and(|information| information["docker_connected"] == true)
    }

    async fn all_are_well(&self) {
        for host in 0..HOSTS {
            self.is(host, "Ok").await;
            until(&format!("docker of {} is seen", name(host)), || async {
                self.docker_is_connected(host).await.then_some(())
            })
            .await;
        }
    }

    /// How old the newest measurement of a host is.
    async fn age(&self, host: usize) -> Duration {
        let server = json!({ "server": name(host) });
        let stats = self.api().read("GetSystemStats", server).await;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let then = Duration::from_millis(stats["refresh_ts"].as_u64().unwrap());
        now.saturating_sub(then)
    }

    /// The servers with an alert of a kind that is not resolved.
    async fn alerts(&self, kind: &str) -> Vec<String> {
        let query = json!({ "query": { "resolved": false } });
        let list = self.api().read("ListAlerts", query).await;
        let open = list["alerts"].as_array().unwrap().iter();
        let open = open.filter(|alert| alert["data"]["type"] == kind);
        let mut names: Vec<_> = open
            .map(|alert| alert["data"]["data"]["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    }

    async fn deploy(&self, host: usize) -> String {
        let params = json!({ "stack": stack(host) });
        let update = self.api().call("execute", "DeployStack", params).await.unwrap();
        update["_id"]["$oid"].as_str().unwrap().to_owned()
    }

    /// Breaks all three, and sends each a deploy before anybody has noticed.
    async fn break_three(&self) -> Vec<String> {
        self.agents[FROZEN].freeze();
        self.wire.black_hole().await;
        self.hosts.freeze_docker(HUNG);
        let mut runs = Vec::new();
        for host in BAD {
            runs.push(self.deploy(host).await);
        }
        runs
    }

    async fn mend_three(&self) {
        self.agents[FROZEN].thaw();
        self.wire.heal().await;
        self.hosts.thaw_docker(HUNG);
    }

    async fn nothing_is_busy(&self) {
        let api = self.api();
        let unfinished = json!({ "query": { "status": { "$ne": "Complete" } } });
        assert_eq!(api.read("ListUpdates", unfinished).await["updates"], json!([]));
        for host in 0..HOSTS {
            let state = json!({ "stack": stack(host) });
            let state = api.read("GetStackActionState", state).await;
            assert!(state.as_object().unwrap().values().all(|busy| *busy == false), "{state}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_bad_hosts_harm_none_of_the_other_four() {
    let fleet = Fleet::start().await;
    fleet.prepare().await;
    let first = fleet.push("all", "secret-one").await;
    for host in 0..HOSTS {
        fleet.runs(host, "secret-one").await;
    }
    let before = fleet.push("well", "secret-two").await;

    let broken = Instant::now();
    let stuck = fleet.break_three().await;
    let meanwhile = fleet.push("well", "secret-three").await;
    println!(
        "deploys: {HOSTS} hosts {first:?}; four {before:?}, and beside three bad ones {meanwhile:?}"
    );
    // Generous, for machines are noisy; waiting for a bad host would be more.
    assert!(meanwhile < before * 3 + Duration::from_secs(5), "{before:?} → {meanwhile:?}");
    for host in WELL {
        fleet.runs(host, "secret-three").await;
    }

    // Whoever cannot be reached is known not to be, with an alert; and it is known
    // of a docker that it hangs, on a host that can be reached.
    for host in [FROZEN, CUT_OFF] {
        fleet.is(host, "NotOk").await;
    }
    until("alerts are open", || async {
        (fleet.alerts("ServerUnreachable").await == [name(FROZEN), name(CUT_OFF)]).then_some(())
    })
    .await;
    let alerted = broken.elapsed();
    println!("alerts after {alerted:?}");
    assert!(alerted < Duration::from_secs(30), "{alerted:?}");
    until("docker is known to hang", || async {
        (!fleet.docker_is_connected(HUNG).await).then_some(())
    })
    .await;
    assert_eq!(fleet.state(HUNG).await, "Ok");

    // What happens on the others is seen as soon as ever.
    for host in WELL {
        let age = fleet.age(host).await;
        assert!(age < Duration::from_secs(5), "{}: {age:?}", name(host));
    }
    let killed = Instant::now();
    fleet.hosts.kill_container(WELL[0], &format!("{}-app-1", stack(WELL[0]))).await;
    until("the killed container is seen", || async {
        let params = json!({ "stack": stack(WELL[0]) });
        let item = fleet.api().read("ListStacks", json!({})).await;
        let item = item.as_array()?.iter().find(|item| item["name"] == params["stack"])?.clone();
        (item["info"]["state"] != "running").then_some(())
    })
    .await;
    println!("a killed container was seen after {:?}", killed.elapsed());
    assert!(killed.elapsed() < Duration::from_secs(5), "{:?}", killed.elapsed());

    // The stuck runs end by their deadline, and say what they waited for.
    for (host, id) in BAD.into_iter().zip(&stuck) {
        let update = fleet.api().finished(id).await;
        let text = text_of(&update);
        assert_eq!(update["success"], false, "{}: {text}", name(host));
        // Who hangs is named by the agent that waits for it, or by Core at the end.
        let named = text.contains("waited for")
            || (host == HUNG && text.contains("docker did not answer within"));
        assert!(named, "{}: {text}", name(host));
        let time = |name: &str| update[name].as_i64().unwrap();
        let took = Duration::from_millis((time("end_ts") - time("start_ts")).try_into().unwrap());
        println!("{}: its run ended after {took:?}", name(host));
        assert!(took < RUN + Duration::from_secs(10), "{}: {took:?}", name(host));
    }

    // Nothing old is shown as if it were so now.
    let stacks = fleet.api().read("ListStacks", json!({})).await;
    for item in stacks.as_array().unwrap() {
        let host = (0..HOSTS).find(|host| item["name"] == stack(*host)).unwrap();
        let is_known = item["info"]["state"] != "unknown";
        assert_eq!(is_known, WELL.contains(&host), "{item}");
    }

    // All heals by itself, and what was given up is not done late.
    let mended = Instant::now();
    fleet.mend_three().await;
    fleet.all_are_well().await;
    println!("all were well {:?} after they were mended", mended.elapsed());
    until("the alerts are resolved", || async {
        fleet.alerts("ServerUnreachable").await.is_empty().then_some(())
    })
    .await;
    let last = fleet.push("all", "secret-four").await;
    println!("deploys: {HOSTS} hosts {last:?}");
    for host in 0..HOSTS {
        fleet.runs(host, "secret-four").await;
    }
    fleet.nothing_is_busy().await;
}
