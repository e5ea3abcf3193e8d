//! Queries that no client sends.

use proptest::prelude::*;
use serde_json::json;
use varanus_proto::Kind;

use super::*;
use crate::sqlite::SqliteStore;
use crate::{Collection, Query, Store as _};

/// JSON out of everything that means something in a query.
fn query() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}|[(\\[*a'\";-]{0,6}|\u{0}".prop_map(Value::from),
        Just(json!("000000000000000000000003")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let key = prop_oneof![
            4 => prop::sample::select(vec![
                "$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists", "$regex",
                "$options", "$not", "$and", "$or", "$nor", "$oid", "$date", "$numberLong", "$where",
                "$comment", "$", "", "_id", "a", "a.b", "a..b", ".", "a.0", "a.99999999999999999999",
            ]).prop_map(str::to_owned),
            1 => "['\"\\]\\[$.(); -]{0,6}|\\PC{0,4}|\u{0}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A query of which more are understood: tests of one field.
fn likely() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(vec![
        "$eq", "$ne", "$in", "$nin", "$gt", "$lte", "$exists", "$regex", "$not", "$oid",
    ]);
    let path = "[a-c_]{1,3}(\\.[a-c0-9]{0,2}){0,3}|['\"\\]\\[$.(); -]{1,6}";
    (path, operator, query())
        .prop_map(|(path, operator, value)| json!({ path: { operator: value } }))
}

#[tokio::test]
async fn any_query_is_answered_or_refused_by_the_embedded_store() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        SqliteStore::open(directory.path(), std::time::Duration::from_secs(30)).await.unwrap();
    let cases = ProptestConfig::default().cases.min(2000);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop_oneof![query(), likely(), likely()];
    let mut understood = 0;
    for _ in 0..cases {
        use proptest::strategy::ValueTree as _;
        let value = strategy.new_tree(&mut runner).unwrap().current();
        let filter = match Filter::from_value(&value) {
            Ok(filter) => filter,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Invalid, "{value}");
                continue;
            }
        };
        understood += 1;
        let _ = filter.matches(&Document::new());
        let found = store.find(Collection::Update, &Query::new(filter).limit(1)).await;
        if let Err(error) = found {
            assert_eq!(error.kind(), Kind::Invalid, "{value}: {error:?}");
        }
    }
    assert!(understood > 20, "{understood} of {cases}");
}

#[tokio::test]
async fn wide_and_deep_queries_are_answered_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        SqliteStore::open(directory.path(), std::time::Duration::from_secs(30)).await.unwrap();
    let many: Vec<Value> = (0..50_000).map(|n| json!({ "a": n })).collect();
    let values: Vec<Value> = (0..50_000).map(Value::from).collect();
    let mut deep = json!({ "a": 1 });
    for _ in 0..120 {
        deep = json!({ "$nor": [deep] });
    }
    let path = vec!["a"; 50_000].join(".");
    for query in [
        json!({ "$or": many }),
        json!({ "a": { "$in": values } }),
        deep,
        json!({ path: 1 }),
        json!({ "a": { "$regex": "(a{1000}){1000}" } }),
        json!({ "a": { "$regex": "a".repeat(100_000) } }),
    ] {
        let shown: String = query.to_string().chars().take(40).collect();
        let answered = match Filter::from_value(&query) {
            Ok(filter) => store.find(Collection::Update, &Query::new(filter)).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = answered {
            assert_eq!(error.kind(), Kind::Invalid, "{shown}: {error:?}");
            assert!(error.to_string().len() < 2000, "{shown}: {}", error.to_string().len());
        }
    }
}
