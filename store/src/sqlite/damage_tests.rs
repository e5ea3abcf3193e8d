//! A disk that is full, read-only or broken, and files that were damaged: the
//! error says which file, what is wrong and what to do, and what is stored is
//! never half a commit.

use serde_json::json;

use super::power_cut::{dice::Dice, record::Record};
use super::*;
use crate::conformance::document;
use rusqlite::ffi;
use varanus_proto::Kind;

const DEADLINE: Duration = Duration::from_secs(30);

fn pair(n: usize) -> Vec<Change> {
    let document = |fill: &str| document(json!({ "name": format!("n{n}"), "fill": fill }));
    vec![
        Change::Insert(Collection::Stack, document(&"x".repeat(6000))),
        Change::Insert(Collection::Update, document("u")),
    ]
}

async fn count(store: &SqliteStore) -> Result<(u64, u64)> {
    let stacks = store.count(Collection::Stack, &Filter::ALL).await?;
    Ok((stacks, store.count(Collection::Update, &Filter::ALL).await?))
}

fn names(error: &Error, directory: &Path, what: &[&str]) {
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    let text = error.to_string();
    assert!(text.contains(&directory.display().to_string()), "{text}");
    for what in what {
        assert!(text.contains(what), "{text} does not say {what:?}");
    }
}

#[tokio::test]
async fn a_disk_that_fails_changes_nothing_and_heals() {
    let record = Record::install("disk-that-fails");
    let tuning =
        Tuning { layer: Some("disk-that-fails"), checkpoint_pages: 20, ..Tuning::default() };
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open_with(directory.path(), DEADLINE, tuning).await.unwrap();
    let mut whole = 0;
    for (code, what) in [
        (ffi::SQLITE_FULL, ["full", "free some space"]),
        (ffi::SQLITE_READONLY, ["cannot be written", "read-only"]),
        (ffi::SQLITE_IOERR_WRITE, ["the disk", "dmesg"]),
        (ffi::SQLITE_IOERR_FSYNC, ["the disk", "dmesg"]),
    ] {
        for _ in 0..5 {
            store.commit(pair(whole)).await.unwrap();
            whole += 1;
        }
        record.fail(Some(code));
        for _ in 0..3 {
            let error = store.commit(pair(whole)).await.unwrap_err();
            names(&error, directory.path(), &[what[0], what[1], "nothing was changed"]);
            // Reads go on.
            assert_eq!(count(&store).await.unwrap(), (whole as u64, whole as u64));
        }
        // It heals by itself, on the same connections.
        record.fail(None);
        store.commit(pair(whole)).await.unwrap();
        whole += 1;
    }
    store.close().await;
    let store = SqliteStore::open(directory.path(), DEADLINE).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), (whole as u64, whole as u64));
}

/// A closed store of a few hundred pages; the bytes of its file.
async fn filled() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), DEADLINE).await.unwrap();
    for n in 0..40 {
        store.commit(pair(n)).await.unwrap();
    }
    store.close().await;
    fs::read(directory.path().join(FILE)).unwrap()
}

/// Opens, reads and writes a store from the bytes of a file.
async fn used(directory: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(directory.join(FILE), bytes).unwrap();
    let store = SqliteStore::open(directory, DEADLINE).await?;
    let worked = async {
        for collection in Collection::ALL {
            store.load(collection).await?;
        }
        store.commit(pair(1000)).await
    };
    let worked = worked.await;
    store.close().await;
    worked
}

#[tokio::test]
async fn a_damaged_header_is_told() {
    let whole = filled().await;
    for at in [0, 5, 16, 18, 19, 20, 44, 100] {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        match used(directory.path(), &bytes).await {
            Ok(()) => {}
            Err(error) => names(&error, directory.path(), &[FILE]),
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let mut bytes = whole;
    bytes[..100].fill(0xff);
    let error = used(directory.path(), &bytes).await.unwrap_err();
    names(&error, directory.path(), &[FILE, "damaged", "restore a backup"]);
}

#[tokio::test]
async fn damage_in_the_middle_is_told_and_nothing_panics() {
    let whole = filled().await;
    let mut dice = Dice(3);
    let mut told = 0;
    for _ in 0..40 {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        // A sector of nonsense, as a dying disk leaves it.
        let at = 4096 + dice.roll((bytes.len() - 4096 - 512) as u64) as usize / 512 * 512;
        for byte in &mut bytes[at..at + 512] {
            *byte = dice.roll(256) as u8;
        }
        if let Err(error) = used(directory.path(), &bytes).await {
            names(&error, directory.path(), &[FILE, "damaged", "restore a backup"]);
            told += 1;
        }
    }
    println!("damage was told {told} times of 40");
    assert!(told > 10, "{told}");
}

#[tokio::test]
async fn a_file_cut_short_is_told() {
    let whole = filled().await;
    for length in [whole.len() / 2, whole.len() / 2 + 100, 4096, 3000, 100] {
        let directory = tempfile::tempdir().unwrap();
        let error = used(directory.path(), &whole[..length]).await.unwrap_err();
        names(&error, directory.path(), &[FILE, "damaged", "restore a backup"]);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named_with_the_cure() {
    let directory = tempfile::tempdir().unwrap();
    // Also root cannot make a directory where a file is.
    let place = directory.path().join("file");
    fs::write(&place, "").unwrap();
    let error = SqliteStore::open(&place.join("data"), DEADLINE).await.err().unwrap();
    names(&error, &place, &["data directory", "read-only", "full"]);
}
