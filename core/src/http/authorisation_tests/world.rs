//! One of everything, most of it hidden from most users.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use varanus_proto::entity::permission::{Permission, UserTarget};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant as Kind};
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user::{User, UserConfig};
use varanus_proto::{Error, Result};

use super::table::{Less, Row};
use crate::Commit;
use crate::auth::{Caller, local_user};
use crate::core::now;
use crate::run::Audit;
use crate::store::{Change, Collection, Filter, ObjectId, Query};
use crate::testing::Tester;

/// A Core in which every row of the table has what it is about. What nobody may
/// see without a grant has `hidden` in its name.
pub struct World {
    pub tester: Tester,
    ids: Vec<(&'static str, String)>,
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The id of what is not there.
const NO_ID: &str = "ffffffffffffffffffffffff";

impl World {
    pub async fn new() -> Self {
        let tester = Tester::new().await;
        let core = tester.core.clone();
        let catalog = &core.catalog;
        let mut commit = Commit::new();
        let mut user = |name: &str, change: fn(&mut User)| {
            let mut user = local_user(name, String::new(), true, false);
            change(&mut user);
            commit.insert(&catalog.users, user).unwrap()
        };
        user("stranger", |_| {});
        user("mallory", |_| {});
        user("disabled", |user| (user.enabled, user.admin) = (false, true));
        user("chief", |user| user.admin = true);
        user("captain", |user| user.admin = true);
        user("root", |user| (user.admin, user.super_admin) = (true, true));
        let owner = user("owner", |_| {});
        let robot = user("robot", |user| {
            user.config = UserConfig::Service { description: String::new() };
        });
        for (key, user) in [("K_owner_K", &owner), ("K_robot_K", &robot)] {
            let (secret, name) = ("no hash of anything", "hidden-name");
            let row = json!({
                "key": key, "secret": secret, "user_id": user, "name": name,
                "created_at": 0, "expires": 0,
            });
            commit.insert(&catalog.api_keys, read(row)).unwrap();
        }
        let group = json!({ "name": "hidden-group", "users": [robot] });
        commit.insert(&catalog.user_groups, read(group)).unwrap();
        let row =
            json!({ "public_key": "hidden-key", "name": "hidden-onboarding", "enabled": true });
        commit.insert(&catalog.onboarding_keys, read(row)).unwrap();
        let account = json!({ "domain": "hidden.example", "username": "u", "token": "hidden" });
        let git = commit.insert(&catalog.git_accounts, read(account.clone())).unwrap();
        let registry = commit.insert(&catalog.registry_accounts, read(account)).unwrap();
        commit.insert(&catalog.tags, read(json!({ "name": "blue", "owner": owner }))).unwrap();
        let row = json!({ "name": "SECRET", "value": "hidden-value", "is_secret": true });
        commit.insert(&catalog.variables, read(row)).unwrap();

        let row = json!({ "name": "hidden-server", "config": { "enabled": true } });
        let server = commit.insert(&catalog.servers, read(row)).unwrap();
        let row = json!({
            "name": "hidden-repo",
            "config": { "server_id": server, "repo": "hidden/repo" },
        });
        commit.insert(&catalog.repos, read(row)).unwrap();
        let row = json!({
            "name": "hidden-stack",
            "config": {
                "server_id": server, "file_contents": "services: {web: {image: web}}\n",
                "webhook_secret": "hidden-secret", "extra_args": ["--hidden"], "build_extra_args": ["--hidden"],
            },
            "info": { "latest_services": [
                { "service_name": "web", "container_name": "hidden-stack-web", "image": "web" },
            ] },
        });
        let stack = commit.insert(&catalog.stacks, read(row)).unwrap();
        let row = json!({ "name": "hidden-builder", "config": { "type": "Server", "params": {} } });
        let builder = commit.insert(&catalog.builders, read(row)).unwrap();
        let row = json!({
            "name": "hidden-build",
            "config": {
                "builder_id": builder, "webhook_secret": "hidden-secret",
                "extra_args": ["--hidden"],
            },
        });
        commit.insert(&catalog.builds, read(row)).unwrap();
        let row = json!({
            "name": "hidden-deployment",
            "config": {
                "server_id": server, "extra_args": ["--hidden"],
                "image": { "type": "Image", "params": { "image": "web" } },
            },
        });
        commit.insert(&catalog.deployments, read(row)).unwrap();
        let config = json!({ "webhook_secret": "hidden-secret" });
        let row = json!({ "name": "hidden-action", "config": config });
        commit.insert(&catalog.actions, read(row)).unwrap();
        let row = json!({ "name": "hidden-resourcesync", "config": config });
        commit.insert(&catalog.syncs, read(row)).unwrap();
        let row = json!({ "name": "hidden-procedure", "config": { "stages": [
            { "name": "wait", "executions": [
                { "execution": { "type": "Sleep", "params": { "duration_ms": 600_000 } } },
            ] },
            { "name": "stop", "executions": [
                { "execution": { "type": "StopStack", "params": { "stack": stack } } },
            ] },
        ] } });
        commit.insert(&catalog.procedures, read(row)).unwrap();
        commit.insert(&catalog.alerters, read(json!({ "name": "hidden-alerter" }))).unwrap();

        let id = ObjectId::generate();
        let mut alert = read::<crate::store::Document>(json!({
            "ts": now(), "resolved": false, "level": "WARNING",
            "target": { "type": "Server", "id": server }, "data": { "type": "None", "data": {} },
        }));
        id.put_into(&mut alert);
        commit.change(Change::Insert(Collection::Alert, alert));
        commit.commit(&*core.store).await.unwrap();

        let root = tester.again("root");
        let mut audit = Audit::new(&root, Operation::UpdateStack, ResourceTarget::Stack(stack));
        audit.log("Update Stack", "something hidden");
        let update = audit.commit(&core, Commit::new()).await.unwrap();
        let ids = vec![
            ("@git", git),
            ("@registry", registry),
            ("@alert", id.to_string()),
            ("@update", update.id.to_string()),
        ];
        Self { tester, ids }
    }

    /// Begins a run of `hidden-procedure`, which waits; it is `@run` in
    /// parameters.
    pub async fn begin_run(&mut self) {
        let execution =
            json!({ "type": "RunProcedure", "params": { "procedure": "hidden-procedure" } });
        let root = self.tester.again("root");
        let run = crate::run::submit(&self.tester.core, &root, read(execution), Default::default());
        self.ids.push(("@run", run.await.unwrap().id.to_string()));
    }

    /// The fields of a request; `absent`, about things that are not there.
    fn params(&self, row: &Row, absent: bool) -> Value {
        let mut text = row.params.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(name, if absent { NO_ID } else { id });
        }
        if absent {
            text = text.replace("hidden-", "absent-");
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", row.label()))
    }

    /// Sends a request.
    pub async fn send(&self, caller: &Caller, row: &Row) -> Result<Value> {
        self.tester.send(caller, row.group, row.name, self.params(row, false)).await
    }

    /// Sends the same about things that are not there. The error is written as
    /// if it were about those that are.
    pub async fn send_absent(&self, caller: &Caller, row: &Row) -> Result<Value, String> {
        let answer = self.tester.send(caller, row.group, row.name, self.params(row, true)).await;
        answer.map_err(|error| {
            let text = words(&error).replace("absent-", "hidden-");
            self.ids
                .iter()
                .filter(|(name, _)| row.params.contains(name))
                .fold(text, |text, (_, id)| text.replace(NO_ID, id))
        })
    }

    /// The body of a request over HTTP.
    pub fn body(&self, row: &Row) -> Value {
        self.params(row, false)
    }

    /// A new user who holds these and nothing else.
    pub async fn holding(&self, grants: &[Less]) -> Caller {
        let catalog = &self.tester.core.catalog;
        let mut commit = Commit::new();
        let name = format!("holder-{}", catalog.users.len());
        let mut user = local_user(&name, String::new(), true, false);
        user.create_server_permissions =
            grants.iter().any(|less| matches!(less, Less::MakesServers));
        user.create_build_permissions = grants.iter().any(|less| matches!(less, Less::MakesBuilds));
        let id = commit.insert(&catalog.users, user).unwrap();
        for grant in grants {
            match grant {
                Less::MakesServers | Less::MakesBuilds => {}
                Less::Member => {
                    let mut group = (*catalog.user_groups.get("hidden-group").unwrap()).clone();
                    group.users.push(id.clone());
                    let group_id = group.id.to_string();
                    commit.put(&catalog.user_groups, &group_id, group).unwrap();
                }
                Less::On(kind, level, specific) => {
                    let row = Permission {
                        id: Default::default(),
                        user_target: UserTarget::User(id.clone()),
                        resource_target: self.hidden(*kind),
                        level: *level,
                        specific: specific.iter().copied().collect(),
                    };
                    commit.insert(&catalog.permissions, row).unwrap();
                }
            }
        }
        commit.commit(&*self.tester.core.store).await.unwrap();
        self.tester.again(&id)
    }

    /// The hidden resource of a kind.
    pub fn hidden(&self, kind: Kind) -> ResourceTarget {
        let name = format!("hidden-{}", kind.as_str().to_lowercase());
        crate::resource::resolve(&self.tester.core, &ResourceTarget::new(kind, name)).unwrap()
    }

    /// How many updates are stored, of an operator or of all.
    pub async fn updates(&self, operator: Option<&Caller>) -> usize {
        let filter = operator.map_or_else(Filter::default, |c| Filter::eq("operator", c.id()));
        let query = Query::new(filter);
        self.tester.core.store.find(Collection::Update, &query).await.unwrap().len()
    }
}

/// All that an error tells its caller.
pub fn words(error: &Error) -> String {
    serde_json::to_string(&error.body()).unwrap()
}
