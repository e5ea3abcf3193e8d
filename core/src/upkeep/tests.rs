use varanus_proto::request::Group;

use super::*;
use crate::testing;

async fn stored(core: &Core, collection: Collection) -> Vec<i64> {
    let all = core.store.find(collection, &Query::default().sort("ts", Order::Asc)).await.unwrap();
    all.iter().filter_map(|document| document.get("ts").and_then(Value::as_i64)).collect()
}

async fn put(core: &Core, collection: Collection, document: Value) {
    let document = document.as_object().cloned().unwrap();
    core.store.commit(vec![Change::Insert(collection, document)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_statistics_and_resolved_alerts_go_and_open_alerts_stay() {
    let (_data, core) = testing::core().await;
    let now = now();
    for days in [0, 13, 15, 16, 400] {
        let ts = now - days * DAY;
        put(&core, Collection::Stats, json!({ "ts": ts, "sid": "s" })).await;
        put(&core, Collection::Alert, json!({ "ts": ts, "resolved": true })).await;
    }
    put(&core, Collection::Alert, json!({ "ts": now - 100 * DAY, "resolved": false })).await;
    forget(&core, now).await.unwrap();
    assert_eq!(stored(&core, Collection::Stats).await, [now - 13 * DAY, now]);
    assert_eq!(stored(&core, Collection::Alert).await, [now - 100 * DAY, now - 13 * DAY, now]);
}

async fn prunes(core: &Core) -> usize {
    let query = Query::new(Filter::eq("operation", "PruneImages"));
    core.store.find(Collection::Update, &query).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_pruned_once_a_day_on_servers_that_ask_for_it() {
    let tester = testing::Tester::new().await;
    let core = &tester.core;
    let admin = tester.admin("ada").await;
    for (name, enabled, auto_prune) in
        [("yes", true, true), ("no", true, false), ("disabled", false, true)]
    {
        let config = json!({ "enabled": enabled, "auto_prune": auto_prune });
        let server = json!({ "name": name, "config": config });
        tester.send(&admin, Group::Write, "CreateServer", server).await.unwrap();
    }
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while core.store.get(Collection::Setting, &constant(LAST_DAY)).await.unwrap().is_none() {
        assert!(std::time::Instant::now() < end, "Core has not seen its first day");
        tokio::task::yield_now().await;
    }
    assert_eq!(prunes(core).await, 0, "the first day that Core sees is over");
    look(core, "2100-01-02").await.unwrap();
    assert_eq!(prunes(core).await, 1);
    look(core, "2100-01-02").await.unwrap();
    assert_eq!(prunes(core).await, 1);
}
