//! The MongoDB store against the server of `VARANUS_TEST_MONGODB_URI`: the common
//! suite with transactions and without, existing databases, and crashes in the
//! middle of a commit. Without that variable they have nothing to test.

use std::{pin::Pin, sync::atomic::AtomicI64};

use serde_json::{Value, json};
use varanus_proto::{Kind, Secret};

use super::connect::options;
use super::*;
use crate::conformance::{Place, conformance, document};

const DEADLINE: Duration = Duration::from_secs(30);

/// Lets a commit end at its n-th step as if the process had died there.
#[derive(Default)]
pub(super) struct Fault(AtomicI64);

impl Fault {
    pub(super) fn step(&self) -> Result<()> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(Error::internal("the process died here")),
            _ => Ok(()),
        }
    }

    fn at(&self, step: i64) {
        self.0.store(step, Ordering::SeqCst);
    }
}

/// A database of its own for a test, gone at its end.
struct Base {
    settings: MongoSettings,
    atomicity: Option<Atomicity>,
}

impl Base {
    fn new(atomicity: Option<Atomicity>) -> Option<Self> {
        let uri = std::env::var("VARANUS_TEST_MONGODB_URI").ok()?;
        let db_name = format!("varanus_test_{}", ObjectId::generate());
        let settings =
            MongoSettings { uri: Some(Secret::new(uri)), db_name, ..MongoSettings::default() };
        Some(Self { settings, atomicity })
    }

    async fn store(&self) -> MongoStore {
        MongoStore::open_with(&self.settings, DEADLINE, self.atomicity).await.unwrap()
    }

    /// Lets the driver look for a server that it takes to be away twice a second, and
    /// not when a replica set says that it changed: one server alone never does.
    fn look_often(&mut self) {
        let Some(uri) = &self.settings.uri else { return };
        let uri = uri.expose();
        let separator = if uri.contains('?') { "&" } else { "/?" };
        let uri = format!("{uri}{separator}heartbeatFrequencyMS=500");
        self.settings.uri = Some(Secret::new(uri));
    }

    async fn raw(&self) -> Database {
        Client::with_options(options(&self.settings, DEADLINE).await.unwrap())
            .unwrap()
            .database(&self.settings.db_name)
    }
}

impl Place for Base {
    fn open(&self) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        Box::pin(async { Arc::new(self.store().await) as Arc<dyn Store> })
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let settings = self.settings.clone();
        let dropping = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client =
                    Client::with_options(options(&settings, DEADLINE).await.unwrap()).unwrap();
                client.database(&settings.db_name).drop().await.unwrap();
            });
        });
        if let Err(panic) = dropping.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

conformance!(as_the_server_is, Base::new(None));
conformance!(without_transactions, Base::new(Some(Atomicity::Journal)));

fn tag(name: &str) -> Document {
    document(json!({ "name": name }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_commit_is_interrupted_all_of_it_or_nothing_happens() {
    let mut outcomes = Vec::new();
    for step in 1..20 {
        let Some(base) = Base::new(Some(Atomicity::Journal)) else { return };
        let store = base.store().await;
        let (kept, replaced, gone) = (tag("kept"), tag("replaced"), tag("gone"));
        let before =
            [&kept, &replaced, &gone].map(|tag| Change::Put(Collection::Tag, tag.clone())).to_vec();
        store.commit(before).await.unwrap();

        let mut renamed = replaced.clone();
        renamed.insert("name".into(), json!("renamed"));
        store.inner.journal.fault.at(step);
        let result = store
            .commit(vec![
                Change::Put(Collection::Tag, renamed),
                Change::Delete(Collection::Tag, ObjectId::of(&gone).unwrap()),
                Change::Insert(Collection::Tag, tag("replaced")),
                Change::DeleteWhere(Collection::Variable, Filter::ALL),
                Change::Insert(Collection::Update, document(json!({ "operation": "Test" }))),
            ])
            .await;
        drop(store); // nothing is put in order
        if result.is_ok() {
            // The fault lies behind the last step.
            outcomes.push("undisturbed");
            break;
        }
        let store = base.store().await;
        let mut names: Vec<String> = store
            .load(Collection::Tag)
            .await
            .unwrap()
            .iter()
            .map(|tag| tag["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        let updates = store.count(Collection::Update, &Filter::ALL).await.unwrap();
        outcomes.push(match (names.join(" ").as_str(), updates) {
            ("gone kept replaced", 0) => "nothing",
            ("kept renamed replaced", 1) => "all",
            other => panic!("half a commit after step {step}: {other:?}"),
        });
        let left = base
            .raw()
            .await
            .collection::<bson::Document>("VaranusIntent")
            .count_documents(doc! {})
            .await
            .unwrap();
        assert_eq!(left, 0);
    }
    assert_eq!(
        outcomes,
        ["nothing", "all", "all", "all", "all", "all", "all", "all", "undisturbed"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_got_stuck_is_through_before_the_next_call() {
    let Some(base) = Base::new(Some(Atomicity::Journal)) else { return };
    let store = base.store().await;
    store.inner.journal.fault.at(3); // one of two steps is done
    let changes =
        vec![Change::Insert(Collection::Tag, tag("a")), Change::Insert(Collection::Tag, tag("b"))];
    store.commit(changes).await.unwrap_err();
    assert_eq!(store.count(Collection::Tag, &Filter::ALL).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_broken_behind_our_back_takes_all_back() {
    let Some(base) = Base::new(Some(Atomicity::Journal)) else { return };
    let store = base.store().await;
    let old = tag("old");
    store.commit(vec![Change::Insert(Collection::Tag, old.clone())]).await.unwrap();
    // The check is passed over: as if another program wrote between it and the write.
    let steps: Vec<_> = [
        Change::Insert(Collection::Update, document(json!({ "operation": "Test" }))),
        Change::Delete(Collection::Variable, ObjectId::generate()),
        Change::Put(Collection::Tag, tag("old")),
    ]
    .into_iter()
    .map(|change| apply::Step::prepare(change).unwrap())
    .collect();
    let raw = base.raw().await.collection::<bson::Document>("Tag");
    let hidden = raw.find_one_and_delete(doc! {}).await.unwrap().unwrap();
    let before = store.inner.before(&steps).await.unwrap();
    raw.insert_one(hidden).await.unwrap();
    let error = store
        .inner
        .carry_out(bson::oid::ObjectId::new(), &steps, &before, Instant::now() + DEADLINE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "{error}");
    assert_eq!(store.count(Collection::Update, &Filter::ALL).await.unwrap(), 0);
    assert_eq!(store.load(Collection::Tag).await.unwrap(), [old]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_a_killed_core_left_open_holds_up_nobody() {
    let Some(base) = Base::new(None) else { return };
    let killed = base.store().await;
    if killed.inner.atomicity != Atomicity::Transactions {
        return;
    }
    let web = tag("web");
    killed.commit(vec![Change::Insert(Collection::Tag, web.clone())]).await.unwrap();
    let mut session = killed.inner.session().await.unwrap();
    session.start_transaction().await.unwrap();
    let half = killed.inner.collection(Collection::Tag);
    half.delete_one(doc! { "name": "web" }).session(&mut session).await.unwrap();
    // As if the process had died here: to drop it would tell the server.
    std::mem::forget(session);

    let begun = Instant::now();
    let store = base.store().await;
    let mut renamed = tag("renamed");
    renamed.insert("_id".into(), web["_id"].clone());
    let other = Change::Insert(Collection::Tag, tag("other"));
    store.commit(vec![Change::Put(Collection::Tag, renamed), other]).await.unwrap();
    // The server itself would have given it up after a minute.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    store.close().await;
    let names = base.raw().await.collection::<bson::Document>(sessions::COLLECTION);
    assert_eq!(names.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_who_asked_and_went_away_hold_up_nobody() {
    let Some(base) = Base::new(None) else { return };
    let store = base.store().await;
    store.commit(vec![Change::Insert(Collection::Tag, tag("web"))]).await.unwrap();
    let all = Filter::ALL;
    let gone = (0..5_000).map(|_| async {
        let asking = store.count(Collection::Tag, &all);
        let _ = tokio::time::timeout(Duration::from_millis(50), asking).await;
    });
    futures_util::future::join_all(gone).await;
    // Whoever is let in one by one, as the driver's own queue does, waits for minutes.
    let answer = store.count(Collection::Tag, &all);
    let answer = tokio::time::timeout(DEADLINE / 2, answer).await;
    assert_eq!(answer.expect("an answer in time").unwrap(), 1);
}

/// Lets a command of one client fail, by the server's means for testing drivers.
async fn fail(base: &Base, command: &str, times: i32, how: bson::Document) {
    let mut data = doc! { "failCommands": [command], "appName": base.settings.app_name.clone() };
    data.extend(how);
    let command =
        doc! { "configureFailPoint": "failCommand", "mode": { "times": times }, "data": data };
    let client = Client::with_options(options(&base.settings, DEADLINE).await.unwrap()).unwrap();
    let configured = client.database("admin").run_command(command).await;
    configured.expect("a server that was started with its test commands enabled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_answer_to_a_commit_it_happened_once_or_not_at_all() {
    let concern = |code: i32| doc! { "writeConcernError": { "code": code, "errmsg": "as asked" } };
    const COMMIT: &str = "commitTransaction";
    let (yes, no) = (Some(true), Some(false));
    // The driver tries once more by itself, so what happens three times is more than it stands.
    let cases = [
        // The connection breaks before the server has seen it.
        (1, COMMIT, doc! { "closeConnection": true }, yes),
        (3, COMMIT, doc! { "closeConnection": true }, yes),
        // It happened, and the server cannot say whether a majority has it.
        (1, COMMIT, concern(64), yes),
        // It happened, and the primary changes.
        (3, COMMIT, concern(91), yes),
        // The primary changes before it; that may take longer than anybody waits.
        (3, COMMIT, doc! { "errorCode": 91 }, None),
        // The server has forgotten the transaction.
        (2, "insert", doc! { "errorCode": 251, "errorLabels": ["TransientTransactionError"] }, yes),
        // It refuses, and means it.
        (2, COMMIT, doc! { "errorCode": 20 }, no),
    ];
    for (times, command, how, stored) in cases {
        let Some(mut base) = Base::new(None) else { return };
        base.settings.app_name = base.settings.db_name.clone();
        base.look_often();
        let store = base.store().await;
        if store.inner.atomicity != Atomicity::Transactions {
            return;
        }
        fail(&base, command, times, how.clone()).await;
        let (told, mut committed) = tokio::sync::watch::channel(0);
        let stored_once: Stored = Box::new(move || told.send_modify(|times| *times += 1));
        let changes = ["a", "b"].map(|name| Change::Insert(Collection::Tag, tag(name)));
        let result = store.commit_then(changes.into(), stored_once).await;
        // What nobody could say in time is found out: it is told, or will never be.
        let told = tokio::time::timeout(DEADLINE, committed.wait_for(|times| *times > 0)).await;
        let told = told.expect("found out in time").is_ok();
        match &result {
            Ok(()) => assert!(told, "{how}"),
            Err(error) if told => {
                assert!(error.to_string().contains("looked up"), "{how}: {error}")
            }
            Err(_) => {}
        }
        assert!(stored.is_none_or(|stored| stored == told), "{how}: {result:?}");
        // Whoever reads after that sees it.
        let begun = Instant::now();
        let found = loop {
            match store.count(Collection::Tag, &Filter::ALL).await {
                Ok(found) => break found,
                Err(error) => assert!(begun.elapsed() < DEADLINE, "{how}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!((found, *committed.borrow()), if told { (2, 1) } else { (0, 0) }, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_existing_komodo_database_opens_in_place() {
    let Some(base) = Base::new(None) else { return };
    let raw = base.raw().await;
    let id = bson::oid::ObjectId::new();
    let stack = doc! {
        "_id": id, "name": "web", "tags": ["000000000000000000000009"], "updated_at": 5_i64,
        "config": { "server_id": "6b01097f3af67b7652e5c699", "poll": 3_i32 },
        "later_version": { "seen": bson::DateTime::from_millis(1), "ref": bson::oid::ObjectId::new() },
    };
    raw.collection("Stack").insert_one(stack.clone()).await.unwrap();
    let unique =
        mongodb::options::IndexOptions::builder().unique(true).name("by_name".to_owned()).build();
    let index = mongodb::IndexModel::builder().keys(doc! { "name": 1 }).options(unique).build();
    raw.collection::<bson::Document>("Stack").create_index(index).await.unwrap();
    raw.collection("DockerRegistryAccount")
        .insert_one(doc! { "domain": "d", "username": "u", "token": "t" })
        .await
        .unwrap();
    // Two of one name: no unique index can be made, and yet it has to open.
    raw.collection("Tag")
        .insert_many([doc! { "name": "twice" }, doc! { "name": "twice" }])
        .await
        .unwrap();

    let store = base.store().await;
    let mut found = store.load(Collection::Stack).await.unwrap().remove(0);
    assert_eq!(found["_id"], json!({ "$oid": id.to_hex() }));
    found.insert("name".into(), json!("renamed"));
    store.commit(vec![Change::Put(Collection::Stack, found)]).await.unwrap();
    let written = raw
        .collection::<bson::Document>("Stack")
        .find_one(doc! { "_id": id })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(written.get("later_version"), stack.get("later_version"));
    assert_eq!(written.get_str("name").unwrap(), "renamed");

    let accounts = store.load(Collection::ImageRegistryAccount).await.unwrap();
    assert_eq!(accounts[0]["token"], "t");
    let error =
        store.commit(vec![Change::Insert(Collection::Tag, tag("twice"))]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_the_password() {
    let settings = MongoSettings {
        uri: Some(Secret::from("mongodb://me:hunter2@127.0.0.1:9/?directConnection=true")),
        ..MongoSettings::default()
    };
    let error = MongoStore::open(&settings, Duration::from_millis(300)).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");

    let nonsense =
        MongoSettings { uri: Some(Secret::from("http://hunter2")), ..MongoSettings::default() };
    let error = MongoStore::open(&nonsense, DEADLINE).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn an_intent_is_read_back_as_it_was_written() {
    let put = document(json!({ "name": "x", "n": 1.5, "$weird": { "a": null } }));
    let changes = [
        Change::Put(Collection::Stack, put.clone()),
        Change::Delete(Collection::Tag, ObjectId::generate()),
        Change::DeleteWhere(Collection::Permission, Filter::eq("user_target.id", "u")),
    ];
    let steps: Vec<_> =
        changes.into_iter().map(|change| apply::Step::prepare(change).unwrap()).collect();
    let intent = journal::encode(bson::oid::ObjectId::new(), &steps);
    let again = journal::decode(&intent).unwrap();
    assert_eq!(
        journal::encode(intent.get_object_id("_id").unwrap(), &again).get("steps"),
        intent.get("steps")
    );
    let apply::Step::Put { json, .. } = &again[0] else { panic!("not a put") };
    assert_eq!(Value::Object(json.clone()), Value::Object(put));
}
