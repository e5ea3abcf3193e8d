//! Sealed stores: what lies on the disk, what is read, and what happens to keys.

use std::{fs, future::Future, os::unix::fs::PermissionsExt, pin::Pin, time::Duration};

use serde_json::json;
use varanus_proto::Kind;

use super::*;
use crate::{
    conformance::{Place, conformance, document},
    sqlite::SqliteStore,
};

const DEADLINE: Duration = Duration::from_secs(30);

struct Directory(tempfile::TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn key_file(&self) -> PathBuf {
        self.0.path().join("keys/store.key")
    }

    async fn inner(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path(), DEADLINE).await.unwrap())
    }

    async fn try_sealed(&self, mode: SealMode) -> Result<Sealed> {
        Sealed::open(self.inner().await, self.key_file(), mode).await
    }

    async fn sealed(&self, mode: SealMode) -> Sealed {
        self.try_sealed(mode).await.unwrap()
    }
}

impl Place for Directory {
    fn open(&self) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        Box::pin(async { Arc::new(self.sealed(SealMode::Auto).await) as Arc<dyn Store> })
    }
}

conformance!(suite, Some(Directory::new()));

/// One document for each field that is secret, and some that are not.
fn samples() -> Vec<(Collection, Document, &'static [&'static str])> {
    let resource = |config: Value| json!({ "name": "r", "config": config });
    let hook = || resource(json!({ "webhook_secret": "S-hook", "branch": "main" }));
    vec![
        (
            Collection::Variable,
            document(json!({ "name": "A", "value": "S-variable", "is_secret": true })),
            &["S-variable"],
        ),
        (
            Collection::Variable,
            document(json!({ "name": "B", "value": "open", "is_secret": false })),
            &[],
        ),
        (
            Collection::Variable,
            document(json!({ "name": "C", "value": "", "is_secret": true })),
            &[],
        ),
        (
            Collection::Variable,
            document(json!({ "name": "D", "value": "varanus:v1:fake", "is_secret": false })),
            &[],
        ),
        (
            Collection::GitProviderAccount,
            document(json!({ "domain": "d", "username": "u", "token": "S-git" })),
            &["S-git"],
        ),
        (
            Collection::ImageRegistryAccount,
            document(json!({ "domain": "d", "username": "u", "token": "S-image" })),
            &["S-image"],
        ),
        (Collection::Stack, document(hook()), &["S-hook"]),
        (Collection::Procedure, document(hook()), &["S-hook"]),
        (Collection::Server, document(resource(json!({ "passkey": "S-pass" }))), &["S-pass"]),
        (
            Collection::Builder,
            document(resource(json!({ "type": "Url", "params": { "passkey": "S-build" } }))),
            &["S-build"],
        ),
        (
            Collection::Alerter,
            document(resource(
                json!({ "endpoint": { "type": "Slack", "params": { "url": "https://S-slack" } } }),
            )),
            &["S-slack"],
        ),
        (
            Collection::User,
            document(
                json!({ "username": "u", "totp": { "secret": "S-totp", "confirmed_at": 1, "recovery_codes": ["S-one", "S-two"] } }),
            ),
            &["S-totp", "S-one", "S-two"],
        ),
        (
            Collection::Run,
            document(json!({ "params": { "args": ["S-run"] }, "params_secret": true })),
            &["S-run"],
        ),
        (Collection::Run, document(json!({ "params": { "args": ["open"] } })), &[]),
    ]
}

async fn fill(store: &impl Store) -> Vec<(Collection, Document, &'static [&'static str])> {
    let samples = samples();
    let changes =
        samples.iter().map(|(collection, document, _)| Change::Put(*collection, document.clone()));
    store.commit(changes.collect()).await.unwrap();
    samples
}

async fn raw(directory: &Directory) -> String {
    let inner = directory.inner().await;
    let mut all = String::new();
    for collection in Collection::ALL {
        for document in inner.load(collection).await.unwrap() {
            all += &Value::Object(document).to_string();
        }
    }
    inner.close().await;
    all
}

async fn assert_reads_back(
    store: &impl Store,
    samples: &[(Collection, Document, &'static [&'static str])],
) {
    for (collection, document, _) in samples {
        let id = ObjectId::of(document).unwrap();
        assert_eq!(
            store.get(*collection, &id).await.unwrap().as_ref(),
            Some(document),
            "{collection}"
        );
    }
}

#[tokio::test]
async fn a_new_store_has_no_secret_on_the_disk_and_gives_them_all_back() {
    let directory = Directory::new();
    let store = directory.sealed(SealMode::Auto).await;
    let samples = fill(&store).await;
    store.close().await;
    let on_disk = raw(&directory).await;
    for (collection, _, secrets) in &samples {
        for secret in *secrets {
            assert!(!on_disk.contains(secret), "{secret} of {collection}");
        }
    }
    assert!(on_disk.contains("\"open\""));
    let store = directory.sealed(SealMode::Auto).await;
    assert!(store.is_sealed());
    assert_reads_back(&store, &samples).await;
}

#[tokio::test]
async fn the_key_file_is_private_explained_and_never_overwritten() {
    let directory = Directory::new();
    directory.sealed(SealMode::Auto).await.close().await;
    let path = directory.key_file();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# ") && text.contains("Keep a copy"), "{text}");
    assert!(Key::create(&path).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft stays");
    directory.sealed(SealMode::Auto).await.close().await;
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_missing_a_damaged_and_a_wrong_key_are_told_apart() {
    let directory = Directory::new();
    let store = directory.sealed(SealMode::Auto).await;
    fill(&store).await;
    store.close().await;
    let path = directory.key_file();
    let right = fs::read_to_string(&path).unwrap();
    for (text, part) in [
        (None, "is missing"),
        (Some("# only a comment\n"), "is damaged"),
        (Some("other"), "does not open"),
    ] {
        fs::remove_file(&path).unwrap();
        match text {
            Some("other") => drop(Key::create(&path).unwrap()),
            Some(text) => fs::write(&path, text).unwrap(),
            None => {}
        }
        let inner = directory.inner().await;
        let error = Sealed::open(inner.clone(), path.clone(), SealMode::Auto).await.err().unwrap();
        inner.close().await;
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(error.message().contains(part) && error.message().contains("store.key"), "{error}");
        fs::write(&path, &right).unwrap();
    }
    directory.sealed(SealMode::Auto).await;
}

#[tokio::test]
async fn an_existing_database_stays_plain_until_it_is_sealed_and_can_go_back() {
    let directory = Directory::new();
    let inner = directory.inner().await;
    let mut samples = samples();
    // Komodo knows no escape, so it cannot hold such a value.
    samples.retain(|(_, document, _)| document.get("name") != Some(&json!("D")));
    let changes =
        samples.iter().map(|(collection, document, _)| Change::Put(*collection, document.clone()));
    inner.commit(changes.collect()).await.unwrap();
    inner.close().await;
    let plain = raw(&directory).await;

    let store = directory.sealed(SealMode::Auto).await;
    assert!(!store.is_sealed() && !directory.key_file().exists());
    assert_reads_back(&store, &samples).await;

    assert_eq!(store.seal().await.unwrap(), 10);
    assert_reads_back(&store, &samples).await;
    assert_eq!(store.seal().await.unwrap(), 0);
    store.close().await;
    assert!(!raw(&directory).await.contains("S-"));

    let store = directory.sealed(SealMode::Auto).await;
    assert!(store.is_sealed());
    assert_eq!(store.unseal().await.unwrap(), 10);
    assert_reads_back(&store, &samples).await;
    let id = ObjectId::parse(FLAG).unwrap();
    store.commit(vec![Change::Delete(Collection::Setting, id)]).await.unwrap();
    store.close().await;
    assert_eq!(raw(&directory).await, plain);
}

#[tokio::test]
async fn sealing_that_was_interrupted_is_continued_at_the_next_start() {
    for on in [true, false] {
        let directory = Directory::new();
        let store = directory.sealed(SealMode::Auto).await;
        if on {
            store.unseal().await.unwrap();
        }
        let samples = fill(&store).await;
        // What a crash leaves right after the flag was turned.
        let key = Key::load(&directory.key_file()).unwrap().unwrap();
        let flag = Flag { on, converted: false, check: Some(check_value(&key).unwrap()) };
        store.write_flag(&flag).await.unwrap();
        store.close().await;
        let store = directory.sealed(SealMode::Auto).await;
        assert_eq!(store.is_sealed(), on);
        assert!(store.read_flag().await.unwrap().unwrap().converted);
        assert_reads_back(&store, &samples).await;
        store.close().await;
        assert_eq!(raw(&directory).await.contains("S-hook"), !on);
    }
}

#[tokio::test]
async fn a_new_store_may_begin_plain() {
    let directory = Directory::new();
    let store = directory.sealed(SealMode::Off).await;
    let samples = fill(&store).await;
    assert!(!store.is_sealed() && !directory.key_file().exists());
    assert_reads_back(&store, &samples).await;
}

#[test]
fn a_sealed_value_opens_only_where_it_belongs() {
    let directory = tempfile::tempdir().unwrap();
    let key = Key::create(&directory.path().join("a")).unwrap();
    let place = key::place(Collection::Variable, "value", "000000000000000000000001");
    let sealed = key.seal(&place, "secret").unwrap();
    assert!(sealed.starts_with("varanus:v1:") && sealed != key.seal(&place, "secret").unwrap());
    assert_eq!(key.open(&place, &sealed).as_deref(), Some("secret"));
    let elsewhere = key::place(Collection::Variable, "value", "000000000000000000000002");
    assert_eq!(key.open(&elsewhere, &sealed), None);
    assert_eq!(key.open(&place, &sealed.replace("varanus:v1:", "varanus:v1:AA")), None);
    assert_eq!(key.open(&place, "varanus:v1:"), None);
    assert_eq!(Key::create(&directory.path().join("b")).unwrap().open(&place, &sealed), None);
}
