//! Stores as a whole: what is written is read, in both engines and between them.

use bson::{doc, oid::ObjectId as Oid};
use varanus_proto::{Kind, Secret};

use super::*;
use crate::{Change, ObjectId, Store, UNFINISHED, sqlite::SqliteStore};

const DEADLINE: Duration = Duration::from_secs(30);

async fn all(reader: &Reader, collection: Collection) -> Vec<Exact> {
    let mut batches = reader.read(collection);
    let mut documents = Vec::new();
    while let Some(batch) = batches.recv().await {
        documents.extend(batch.unwrap());
    }
    documents
}

fn stack(n: u32) -> Exact {
    doc! {
        "_id": Oid::parse_str(format!("65f0000000000000000{n:05}")).unwrap(), "name": format!("stack {n}"),
        "info": { "small": 7_i32, "wide": 7_i64, "load": 3.0, "when": bson::DateTime::from_millis(5) },
    }
}

async fn fill(place: &Place, count: u32) {
    let mut writer = Writer::open(place, DEADLINE).await.unwrap();
    writer.begin(false).await.unwrap();
    writer.put(Collection::Stack, (0..count).map(stack).collect()).await.unwrap();
    writer.finish().await.unwrap();
}

async fn round_trip(place: &Place) {
    fill(place, 600).await;
    let reader = Reader::open(place, DEADLINE).await.unwrap();
    assert_eq!(reader.count(Collection::Stack).await.unwrap(), 600);
    let documents = all(&reader, Collection::Stack).await;
    assert_eq!(documents, (0..600).map(stack).collect::<Vec<_>>());
    assert!(all(&reader, Collection::Alert).await.is_empty());
    // Once more, over what is there; and then another instead of it.
    fill(place, 601).await;
    let mut writer = Writer::open(place, DEADLINE).await.unwrap();
    writer.begin(true).await.unwrap();
    writer.put(Collection::Stack, vec![stack(9)]).await.unwrap();
    writer.finish().await.unwrap();
    let reader = Reader::open(place, DEADLINE).await.unwrap();
    assert_eq!(all(&reader, Collection::Stack).await, [stack(9)]);
}

#[tokio::test]
async fn the_embedded_store_keeps_every_document_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    round_trip(&Place::Embedded(folder.path().to_owned())).await;
}

#[tokio::test]
async fn what_core_changes_in_the_embedded_store_has_its_own_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Embedded(folder.path().to_owned());
    fill(&place, 2).await;
    let store = SqliteStore::open(folder.path(), DEADLINE).await.unwrap();
    let id = ObjectId::parse("65f000000000000000000001").unwrap();
    let mut changed = store.get(Collection::Stack, &id).await.unwrap().unwrap();
    changed.insert("name".into(), "renamed".into());
    store.commit(vec![Change::Put(Collection::Stack, changed)]).await.unwrap();
    // Beside the Core that has it open.
    let reader = Reader::open(&place, DEADLINE).await.unwrap();
    let documents = all(&reader, Collection::Stack).await;
    assert_eq!(documents[0], stack(0));
    let mut expected = stack(1);
    expected.insert("name", "renamed");
    expected.get_document_mut("info").unwrap().insert("small", 7_i64);
    assert_eq!(documents[1], expected);
    store.close().await;
}

#[tokio::test]
async fn a_reader_of_the_embedded_store_sees_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Embedded(folder.path().to_owned());
    fill(&place, 1).await;
    let store = SqliteStore::open(folder.path(), DEADLINE).await.unwrap();
    let reader = Reader::open(&place, DEADLINE).await.unwrap();
    let (document, _) = exact::split(stack(2));
    store.commit(vec![Change::Insert(Collection::Stack, document)]).await.unwrap();
    assert_eq!(all(&reader, Collection::Stack).await, [stack(0)]);
    store.close().await;
}

#[tokio::test]
async fn nothing_is_half_written_and_nobody_writes_beside_a_core() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Embedded(folder.path().to_owned());
    let missing = Reader::open(&place, DEADLINE).await.err().unwrap();
    assert_eq!(missing.kind(), Kind::NotFound);
    fill(&place, 3).await;
    let mut writer = Writer::open(&place, DEADLINE).await.unwrap();
    writer.begin(true).await.unwrap();
    writer.put(Collection::Stack, vec![stack(8)]).await.unwrap();
    let beside = SqliteStore::open(folder.path(), DEADLINE).await.err().unwrap();
    assert_eq!(beside.kind(), Kind::Conflict);
    drop(writer);
    let reader = Reader::open(&place, DEADLINE).await.unwrap();
    assert_eq!(all(&reader, Collection::Stack).await.len(), 3);
    let store = SqliteStore::open(folder.path(), DEADLINE).await.unwrap();
    let beside = Writer::open(&place, DEADLINE).await.err().unwrap();
    assert!(beside.to_string().contains("in use by another Core"), "{beside}");
    store.close().await;
}

/// A database of its own, gone at the end of the test.
fn database() -> Option<MongoSettings> {
    let uri = Secret::new(std::env::var("VARANUS_TEST_MONGODB_URI").ok()?);
    let db_name = format!("varanus_test_{}", ObjectId::generate());
    Some(MongoSettings { uri: Some(uri), db_name, ..MongoSettings::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mongodb_keeps_every_document_as_it_is() {
    let Some(settings) = database() else { return };
    round_trip(&Place::Mongo(settings.clone())).await;
    mongo::raw::drop_database(&settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_a_mongodb_that_was_broken_off_is_told_and_a_running_core_is_respected() {
    let Some(settings) = database() else { return };
    let place = Place::Mongo(settings.clone());
    let mut writer = Writer::open(&place, DEADLINE).await.unwrap();
    writer.begin(false).await.unwrap();
    writer.put(Collection::Stack, vec![stack(1)]).await.unwrap();
    drop(writer);
    let refused = mongo::MongoStore::open(&settings, DEADLINE).await.err().unwrap().to_string();
    assert!(refused.contains("was broken off, and it is not whole"), "{refused}");
    let refused = Reader::open(&place, DEADLINE).await.err().unwrap().to_string();
    assert!(refused.contains("--replace"), "{refused}");
    let mut writer = Writer::open(&place, DEADLINE).await.unwrap();
    writer.begin(true).await.unwrap();
    let sign = doc! {
        "_id": Oid::parse_str(crate::RUNNING).unwrap(), "name": "running", "process": "host:7",
        "at": bson::DateTime::now().timestamp_millis(),
    };
    assert_ne!(crate::RUNNING, UNFINISHED);
    writer.put(Collection::Setting, vec![sign]).await.unwrap();
    writer.finish().await.unwrap();
    let refused = Writer::open(&place, DEADLINE).await.err().unwrap().to_string();
    assert!(refused.contains("a Core (host:7) runs on"), "{refused}");
    mongo::raw::drop_database(&settings).await;
}
