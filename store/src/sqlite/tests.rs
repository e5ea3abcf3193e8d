//! The embedded store: the common suite, and what only a file can suffer.

use std::{
    fs,
    future::Future,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    pin::Pin,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use varanus_proto::Kind;

use super::*;
use crate::conformance::{Place, conformance, document};

const DEADLINE: Duration = Duration::from_secs(30);

struct Directory(tempfile::TempDir);

impl Place for Directory {
    fn open(&self) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        Box::pin(async { Arc::new(open(self.0.path()).await) as Arc<dyn Store> })
    }
}

async fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, DEADLINE).await.unwrap()
}

conformance!(suite, Some(Directory(tempfile::tempdir().unwrap())));

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("new/data");
    let store = open(&data).await;
    store
        .commit(vec![Change::Put(Collection::Tag, document(json!({ "name": "t" })))])
        .await
        .unwrap();
    for entry in fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.path());
    }
}

#[tokio::test]
async fn a_second_core_is_told_who_has_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let error = SqliteStore::open(directory.path(), DEADLINE).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.message().contains(&std::process::id().to_string()), "{error}");
    store.close().await;
    open(directory.path()).await;
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    open(directory.path()).await.close().await;
    let path = directory.path().join(FILE);
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE schema_version SET version = 999", []).unwrap();
    drop(connection);
    let error = SqliteStore::open(directory.path(), DEADLINE).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(error.to_string().contains("999"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_named_with_the_cure() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join(FILE),
        "this is not a database, but long enough to be read as one".repeat(99),
    )
    .unwrap();
    let error = SqliteStore::open(directory.path(), DEADLINE).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains(FILE) && error.to_string().contains("restore"), "{error}");
}

fn nothing() -> Stored {
    Box::new(|| {})
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    store.close().await;
    let mut connection =
        connect(&directory.path().join(FILE), DEADLINE, Tuning::default()).unwrap();
    schema::prepare(&mut connection).unwrap_or_else(|_| panic!("the schema is not valid"));
    // As much room as it has now: SQLite answers as on a full disk.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages).unwrap();
    let lock = Arc::new(lock::Lock::take(directory.path()).unwrap());
    let writer =
        write::Writer::start(connection, directory.path().join(FILE), DEADLINE, &lock).unwrap();
    let big = document(json!({ "name": "x".repeat(1 << 20) }));
    let error =
        writer.commit(vec![Change::Put(Collection::Stack, big)], nothing()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.message().contains("full"), "{error}");
    let small = document(json!({ "name": "still works" }));
    writer.commit(vec![Change::Put(Collection::Stack, small)], nothing()).await.unwrap();
    writer.stop().await;
    drop((writer, lock));
    assert_eq!(
        open(directory.path()).await.count(Collection::Stack, &Filter::ALL).await.unwrap(),
        1
    );
}

/// The name of the variable that makes [`child`] a process to be killed.
const CHILD: &str = "VARANUS_TEST_STORE_CHILD";

/// Not a test of its own: the process that
/// [`a_process_killed_while_it_writes_leaves_no_half_commit`] kills.
#[tokio::test]
async fn child() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let store = open(Path::new(&directory)).await;
    for n in 0.. {
        let pair = |collection| {
            Change::Insert(
                collection,
                document(json!({ "name": format!("{n}"), "n": n, "fill": "x".repeat(5000) })),
            )
        };
        store
            .commit(vec![pair(Collection::Stack), pair(Collection::Update), pair(Collection::Run)])
            .await
            .unwrap();
        println!("committed {n}");
    }
}

#[tokio::test]
async fn a_process_killed_while_it_writes_leaves_no_half_commit() {
    let directory = tempfile::tempdir().unwrap();
    for round in 1..=3 {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::tests::child", "--nocapture"])
            .env(CHILD, directory.path().join(round.to_string()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = -1;
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some((_, n)) = line.split_once("committed ") else { continue };
            acknowledged = n.trim().parse::<i64>().unwrap();
            if acknowledged == round * 7 {
                process.kill().unwrap();
            }
        }
        process.wait().unwrap();
        let store = open(&directory.path().join(round.to_string())).await;
        let mut counts = Vec::new();
        for collection in [Collection::Stack, Collection::Update, Collection::Run] {
            counts.push(store.count(collection, &Filter::ALL).await.unwrap());
        }
        assert!(counts[0] > acknowledged.unsigned_abs(), "{counts:?} after {acknowledged}");
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }
}
