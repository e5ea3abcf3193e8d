//! One suite for every engine: what [`Store`] promises, and that all engines
//! give the same answers. An engine's tests call [`conformance!`] with a way to
//! make an empty database.

use std::{future::Future, pin::Pin, sync::Arc};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};
use varanus_proto::Kind;

use super::{Change, Collection, Document, Filter, ObjectId, Order, Query, Store};

/// A place for one database, empty at first; to open it again is to start again.
pub trait Place: Send + Sync {
    fn open(&self) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>>;
}

/// Runs the suite in a module; `$place` is an expression of `Option<impl Place>`,
/// `None` where this machine has no such engine.
macro_rules! conformance {
    ($module:ident, $place:expr) => {
        mod $module {
            use super::*;
            $crate::conformance::conformance!(@ $place;
                documents_come_back_as_they_were,
                numbers_keep_their_type,
                a_put_replaces_and_an_insert_does_not,
                a_broken_rule_changes_nothing,
                a_conflict_names_collection_field_and_value,
                changes_of_one_commit_see_each_other,
                deletes_take_what_they_name,
                pages_are_sorted_and_complete,
                excluded_fields_stay_behind,
                commits_side_by_side_all_count,
                what_was_committed_is_there_after_a_restart,
                a_closed_store_says_so,
                a_sparse_index_lets_missing_values_repeat,
                filters_mean_the_same,
            );
        }
    };
    (@ $place:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(place) = $place {
                    $crate::conformance::$name(&place).await;
                }
            }
        )*
    };
}
pub(crate) use conformance;

pub fn document(value: Value) -> Document {
    let Value::Object(mut document) = value else { panic!("not an object: {value}") };
    if !document.contains_key("_id") {
        ObjectId::generate().put_into(&mut document);
    }
    document
}

fn id(document: &Document) -> ObjectId {
    ObjectId::of(document).unwrap()
}

fn names(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document["name"].as_str().unwrap()).collect()
}

pub async fn documents_come_back_as_they_were(place: &impl Place) {
    let store = place.open().await;
    let stack = document(json!({
        "name": "web", "description": "äöü \"quoted\" \u{1f980} \n", "tags": ["aaaaaaaaaaaaaaaaaaaaaaaa", "b"],
        "template": false, "info": { "nothing": null, "deep": [{ "a": [1, [2, {}]] }, []] },
        "config": { "server_id": "6b01097f3af67b7652e5c699", "z": 1, "a": 2, "$weird": "kept", "dotted.key": true },
    }));
    store.commit(vec![Change::Insert(Collection::Stack, stack.clone())]).await.unwrap();
    let got = store.get(Collection::Stack, &id(&stack)).await.unwrap().unwrap();
    assert_eq!(Value::Object(got.clone()).to_string(), Value::Object(stack).to_string());
    assert_eq!(store.load(Collection::Stack).await.unwrap(), [got]);
    assert_eq!(store.get(Collection::Stack, &ObjectId::generate()).await.unwrap(), None);
    assert_eq!(store.get(Collection::Repo, &ObjectId::generate()).await.unwrap(), None);
}

pub async fn numbers_keep_their_type(place: &impl Place) {
    let store = place.open().await;
    let numbers = document(json!({
        "name": "n", "int": 3, "big": i64::MAX, "small": i64::MIN, "whole": 90.0, "part": 0.1, "huge": 1e300, "neg": -7,
    }));
    store.commit(vec![Change::Put(Collection::Server, numbers.clone())]).await.unwrap();
    let got = store.get(Collection::Server, &id(&numbers)).await.unwrap().unwrap();
    assert_eq!(got, numbers);
    assert!(got["whole"].is_f64() && got["int"].is_i64());
}

pub async fn a_put_replaces_and_an_insert_does_not(place: &impl Place) {
    let store = place.open().await;
    let mut repo = document(json!({ "name": "r", "old": 1 }));
    store.commit(vec![Change::Put(Collection::Repo, repo.clone())]).await.unwrap();
    repo.remove("old");
    repo.insert("new".into(), json!(2));
    store.commit(vec![Change::Put(Collection::Repo, repo.clone())]).await.unwrap();
    assert_eq!(store.load(Collection::Repo).await.unwrap(), [repo.clone()]);

    repo.insert("name".into(), json!("another"));
    let error =
        store.commit(vec![Change::Insert(Collection::Repo, repo.clone())]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.message().contains(id(&repo).as_str()), "{error}");

    let nameless = json!({ "sid": "s", "ts": 1 }).as_object().cloned().unwrap();
    store.commit(vec![Change::Insert(Collection::Stats, nameless)]).await.unwrap();
    assert!(ObjectId::of(&store.load(Collection::Stats).await.unwrap()[0]).is_some());
}

pub async fn a_broken_rule_changes_nothing(place: &impl Place) {
    let store = place.open().await;
    let first = document(json!({ "name": "taken", "n": 1 }));
    store.commit(vec![Change::Put(Collection::Stack, first.clone())]).await.unwrap();
    let mut changed = first.clone();
    changed.insert("n".into(), json!(2));
    let error = store
        .commit(vec![
            Change::Insert(Collection::Update, document(json!({ "operation": "CreateStack" }))),
            Change::Put(Collection::Stack, changed),
            Change::DeleteWhere(Collection::Tag, Filter::ALL),
            Change::Insert(Collection::Stack, document(json!({ "name": "taken" }))),
        ])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(store.load(Collection::Stack).await.unwrap(), [first]);
    assert_eq!(store.count(Collection::Update, &Filter::ALL).await.unwrap(), 0);
}

pub async fn a_conflict_names_collection_field_and_value(place: &impl Place) {
    let store = place.open().await;
    let grant = |level: &str| {
        document(json!({
            "user_target": { "type": "User", "id": "u" }, "resource_target": { "type": "Stack", "id": "s" }, "level": level,
        }))
    };
    let account = || document(json!({ "domain": "github.com", "username": "me", "token": "t" }));
    let user = || document(json!({ "username": "admin" }));
    for (collection, first, second, parts) in [
        (
            Collection::Permission,
            grant("Read"),
            grant("Write"),
            &["user_target.id", "\"u\"", "\"s\""][..],
        ),
        (
            Collection::GitProviderAccount,
            account(),
            account(),
            &["domain \"github.com\"", "username \"me\""],
        ),
        (Collection::User, user(), user(), &["username \"admin\""]),
    ] {
        store.commit(vec![Change::Put(collection, first)]).await.unwrap();
        let error = store.commit(vec![Change::Put(collection, second)]).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict);
        assert!(error.message().contains(collection.name()), "{error}");
        for part in parts {
            assert!(error.message().contains(part), "{error}");
        }
        assert!(!error.to_string().contains("token"), "{error}");
    }
}

pub async fn changes_of_one_commit_see_each_other(place: &impl Place) {
    let store = place.open().await;
    let old = document(json!({ "name": "web" }));
    let new = document(json!({ "name": "web" }));
    store.commit(vec![Change::Insert(Collection::Stack, old.clone())]).await.unwrap();
    // The name is free again within the same commit.
    store
        .commit(vec![
            Change::Delete(Collection::Stack, id(&old)),
            Change::Insert(Collection::Stack, new.clone()),
        ])
        .await
        .unwrap();
    assert_eq!(store.load(Collection::Stack).await.unwrap(), std::slice::from_ref(&new));
    store
        .commit(vec![
            Change::DeleteWhere(Collection::Stack, Filter::eq("name", "web")),
            Change::Insert(Collection::Stack, old.clone()),
        ])
        .await
        .unwrap();
    assert_eq!(store.load(Collection::Stack).await.unwrap(), std::slice::from_ref(&old));
    // Two of one commit conflict as well, and two may swap through a third name.
    let twice = || Change::Insert(Collection::Tag, document(json!({ "name": "t" })));
    assert_eq!(store.commit(vec![twice(), twice()]).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(store.count(Collection::Tag, &Filter::ALL).await.unwrap(), 0);
    let mut renamed = old.clone();
    renamed.insert("name".into(), json!("other"));
    store
        .commit(vec![
            Change::Put(Collection::Stack, renamed.clone()),
            Change::Insert(Collection::Stack, new.clone()),
        ])
        .await
        .unwrap();
    assert_eq!(store.count(Collection::Stack, &Filter::ALL).await.unwrap(), 2);
}

pub async fn deletes_take_what_they_name(place: &impl Place) {
    let store = place.open().await;
    let point = |sid: &str, ts: i64| document(json!({ "sid": sid, "ts": ts }));
    let points: Vec<Document> =
        (0..10).map(|ts| point(if ts % 2 == 0 { "a" } else { "b" }, ts)).collect();
    let puts =
        points.iter().map(|point| Change::Insert(Collection::Stats, point.clone())).collect();
    store.commit(puts).await.unwrap();
    store.commit(vec![Change::DeleteWhere(Collection::Stats, Filter::lt("ts", 4))]).await.unwrap();
    assert_eq!(store.count(Collection::Stats, &Filter::ALL).await.unwrap(), 6);
    assert_eq!(store.count(Collection::Stats, &Filter::eq("sid", "a")).await.unwrap(), 3);
    let gone = ObjectId::generate();
    store
        .commit(vec![
            Change::Delete(Collection::Stats, id(&points[9])),
            Change::Delete(Collection::Stats, gone),
        ])
        .await
        .unwrap();
    assert_eq!(store.count(Collection::Stats, &Filter::gte("ts", 8)).await.unwrap(), 1);
    store.commit(vec![]).await.unwrap();
}

pub async fn pages_are_sorted_and_complete(place: &impl Place) {
    let store = place.open().await;
    let updates = (0..25).map(|n| {
        let status = if n % 2 == 0 { "Complete" } else { "InProgress" };
        Change::Insert(
            Collection::Update,
            document(json!({ "name": format!("{n:02}"), "start_ts": 1000 - n, "status": status })),
        )
    });
    store.commit(updates.collect()).await.unwrap();
    let page = |skip| Query::default().sort("start_ts", Order::Desc).skip(skip).limit(10);
    let mut seen = Vec::new();
    for skip in [0, 10, 20, 30] {
        let found = store.find(Collection::Update, &page(skip)).await.unwrap();
        seen.extend(names(&found).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, (0..25).map(|n| format!("{n:02}")).collect::<Vec<_>>());

    let by_two = Query::default().sort("status", Order::Asc).sort("start_ts", Order::Asc).limit(2);
    assert_eq!(names(&store.find(Collection::Update, &by_two).await.unwrap()), ["24", "22"]);
    let ids = Query::new(Filter::eq("status", "Complete")).sort("_id", Order::Desc).limit(1);
    assert_eq!(names(&store.find(Collection::Update, &ids).await.unwrap()), ["24"]);
}

pub async fn excluded_fields_stay_behind(place: &impl Place) {
    let store = place.open().await;
    let update = document(
        json!({ "operation": "x", "logs": [{ "stdout": "long" }], "target": { "type": "Stack", "id": "s" } }),
    );
    store.commit(vec![Change::Insert(Collection::Update, update.clone())]).await.unwrap();
    let query = Query::default().exclude("logs").exclude("target.id").exclude("not_there");
    let found = store.find(Collection::Update, &query).await.unwrap();
    let mut expected = update;
    expected.remove("logs");
    expected["target"] = json!({ "type": "Stack" });
    assert_eq!(found, [expected]);
}

pub async fn commits_side_by_side_all_count(place: &impl Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .commit(vec![
                        // Every fourth name is taken by another one.
                        Change::Insert(
                            Collection::Procedure,
                            document(json!({ "name": format!("p{}", n - n % 4 / 3) })),
                        ),
                        Change::Insert(Collection::Update, document(json!({ "n": n }))),
                    ])
                    .await
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => done += 1,
            Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
        }
    }
    assert_eq!(done, 30);
    for collection in [Collection::Procedure, Collection::Update] {
        assert_eq!(store.count(collection, &Filter::ALL).await.unwrap(), 30);
    }
}

pub async fn what_was_committed_is_there_after_a_restart(place: &impl Place) {
    let store = place.open().await;
    let server = document(json!({ "name": "s", "config": { "address": "a:8120" } }));
    store.commit(vec![Change::Put(Collection::Server, server.clone())]).await.unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.load(Collection::Server).await.unwrap(), [server]);
    let again = document(json!({ "name": "s" }));
    assert_eq!(
        store.commit(vec![Change::Put(Collection::Server, again)]).await.unwrap_err().kind(),
        Kind::Conflict
    );
}

pub async fn a_closed_store_says_so(place: &impl Place) {
    let store = place.open().await;
    store.close().await;
    store.close().await;
    assert_eq!(store.load(Collection::Server).await.unwrap_err().kind(), Kind::Unavailable);
    let change = Change::Put(Collection::Server, document(json!({ "name": "s" })));
    assert_eq!(store.commit(vec![change]).await.unwrap_err().kind(), Kind::Unavailable);
}

pub async fn a_sparse_index_lets_missing_values_repeat(place: &impl Place) {
    let store = place.open().await;
    let delivery = |key: Option<&str>| {
        let mut delivery = document(json!({ "ts": 1 }));
        delivery.extend(key.map(|key| ("key".to_owned(), json!(key))));
        Change::Insert(Collection::Delivery, delivery)
    };
    store.commit(vec![delivery(None), delivery(None), delivery(Some("a"))]).await.unwrap();
    assert_eq!(store.commit(vec![delivery(Some("a"))]).await.unwrap_err().kind(), Kind::Conflict);
}

/// Random documents and random queries: the engine answers as [`Filter::matches`].
pub async fn filters_mean_the_same(place: &impl Place) {
    let store = place.open().await;
    let mut runner = TestRunner::deterministic();
    let documents: Vec<Document> = (0..60)
        .map(|_| document(any_document().new_tree(&mut runner).unwrap().current()))
        .collect();
    // Permission is unique in four fields, so the values are kept distinct by one more.
    let puts = documents
        .iter()
        .map(|document| Change::Insert(Collection::Update, document.clone()))
        .collect();
    store.commit(puts).await.unwrap();
    let mut hits = 0;
    for _ in 0..250 {
        let query = any_query().new_tree(&mut runner).unwrap().current();
        let filter = Filter::from_value(&query).unwrap();
        let mut expected: Vec<ObjectId> =
            documents.iter().filter(|document| filter.matches(document)).map(id).collect();
        let found = store.find(Collection::Update, &Query::new(filter.clone())).await.unwrap();
        let mut found: Vec<ObjectId> = found.iter().map(id).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{query}");
        assert_eq!(
            store.count(Collection::Update, &filter).await.unwrap(),
            expected.len() as u64,
            "{query}"
        );
        hits += expected.len();
    }
    assert!(hits > 1000, "the queries meet too little: {hits}");
    let by_id = Filter::from_value(
        &json!({ "_id": { "$in": [id(&documents[3]).to_value(), id(&documents[5]).to_value()] } }),
    );
    assert_eq!(store.count(Collection::Update, &by_id.unwrap()).await.unwrap(), 2);
    let other = Filter::from_value(&json!({ "_id": { "$ne": id(&documents[3]).to_value() } }));
    assert_eq!(store.count(Collection::Update, &other.unwrap()).await.unwrap(), 59);
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        (0..4_i64).prop_map(Value::from),
        prop_oneof![Just(1.0), Just(1.5), Just(2.0)].prop_map(Value::from),
        prop_oneof![Just("a"), Just("b"), Just("Stack"), Just("1"), Just("ä\n")]
            .prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => scalar(),
        1 => Just(Value::Null),
        1 => proptest::collection::vec(scalar(), 0..3).prop_map(Value::from),
        1 => scalar().prop_map(|x| json!({ "x": x })),
        1 => proptest::collection::vec(scalar().prop_map(|x| json!({ "x": x })), 1..3).prop_map(Value::from),
    ]
    .boxed()
}

/// As Update documents are: indexed fields hold one plain value or are missing,
/// the others anything.
fn any_document() -> BoxedStrategy<Value> {
    let plain = || proptest::option::of(prop_oneof![5 => scalar(), 1 => Just(Value::Null)]);
    (
        plain(),
        plain(),
        plain(),
        plain(),
        proptest::option::of(value()),
        proptest::option::of(value()),
    )
        .prop_map(|(operation, ts, kind, target, free, other)| {
            let mut document = Document::new();
            let mut set = |key: &str, value: Option<Value>| {
                document.extend(value.map(|value| (key.to_owned(), value)))
            };
            set("operation", operation);
            set("start_ts", ts);
            set("free", free);
            set("other", other);
            let mut inner = Document::new();
            inner.extend(kind.map(|value| ("type".to_owned(), value)));
            inner.extend(target.map(|value| ("id".to_owned(), value)));
            document.insert("target".into(), Value::Object(inner));
            Value::Object(document)
        })
        .boxed()
}

fn any_query() -> BoxedStrategy<Value> {
    let plain_path =
        prop_oneof![Just("operation"), Just("start_ts"), Just("target.type"), Just("target.id")];
    let free_path =
        prop_oneof![Just("free"), Just("other"), Just("free.x"), Just("other.x"), Just("nowhere")];
    let path = prop_oneof![plain_path, free_path];
    let order = prop_oneof![Just("$gt"), Just("$gte"), Just("$lt"), Just("$lte")];
    let test = prop_oneof![
        // A bare object would be an operator or an exact match; both are covered below.
        scalar(),
        scalar().prop_map(|v| json!({ "$eq": v })),
        scalar().prop_map(|v| json!({ "$ne": v })),
        proptest::collection::vec(scalar(), 0..3).prop_map(|v| json!({ "$in": v })),
        proptest::collection::vec(scalar(), 0..3).prop_map(|v| json!({ "$nin": v })),
        (order.clone(), scalar()).prop_map(|(o, v)| json!({ o: v })),
        (order, scalar()).prop_map(|(o, v)| json!({ "$not": { o: v } })),
        any::<bool>().prop_map(|b| json!({ "$exists": b })),
        Just(json!({ "$regex": "^[aS]" })),
        Just(json!({ "$regex": "STACK", "$options": "i" })),
        Just(json!({ "$not": { "$regex": "a" } })),
    ];
    let field = (path, test).prop_map(|(path, test)| json!({ path: test }));
    let some = |inner: BoxedStrategy<Value>| proptest::collection::vec(inner, 1..4);
    field
        .boxed()
        .prop_recursive(2, 12, 3, move |inner| {
            prop_oneof![
                some(inner.clone()).prop_map(|v| json!({ "$and": v })),
                some(inner.clone()).prop_map(|v| json!({ "$or": v })),
                some(inner).prop_map(|v| json!({ "$nor": v })),
            ]
        })
        .boxed()
}
