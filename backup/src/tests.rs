//! Backups and restores of embedded stores; those between engines are in `tests/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use age::secrecy::ExposeSecret;
use bson::{Document, doc, oid::ObjectId};
use varanus_proto::{Kind, Result};
use varanus_store::raw::{Place, Reader, Writer};
use varanus_store::seal::{Key, outside::Said};
use varanus_store::{Collection, SEAL_KEY};

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);

fn id(n: u32) -> ObjectId {
    ObjectId::parse_str(format!("65f0000000000000000{n:05}")).unwrap()
}

/// A data directory, its backups, and what is asked of them.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn place(&self) -> Place {
        Place::Embedded(self.data())
    }

    fn has_store(&self) -> bool {
        self.data().join("varanus.sqlite").exists()
    }

    fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    async fn fill(&self, documents: Vec<(Collection, Document)>) {
        let mut writer = Writer::open(&self.place(), DEADLINE).await.unwrap();
        writer.begin(false).await.unwrap();
        for (collection, document) in documents {
            writer.put(collection, vec![document]).await.unwrap();
        }
        writer.finish().await.unwrap();
    }

    async fn filled() -> Self {
        let house = Self::new();
        house.fill(documents()).await;
        house
    }

    fn asked(&self) -> Take {
        Take {
            from: self.place(),
            folder: self.backups(),
            keep: 14,
            recipients: Recipients::default(),
            unsealed: false,
            key_file: self.data().join(SEAL_KEY),
            deadline: DEADLINE,
            program: "test 1".into(),
        }
    }

    async fn backup(&self) -> PathBuf {
        take(&self.asked()).await.unwrap().folder
    }

    fn restore(&self, from: &Path) -> Result<Restore> {
        self.restore_with(from, Identities::default())
    }

    fn restore_with(&self, from: &Path, identities: Identities) -> Result<Restore> {
        Ok(Restore {
            source: Source::Backup(Backup::open(from, None, identities)?),
            into: self.place(),
            replace: false,
            another_instance: false,
            unsealed: false,
            key_file: self.data().join(SEAL_KEY),
            backups: self.backups(),
            deadline: DEADLINE,
            program: "test 1".into(),
        })
    }

    async fn all(&self, collection: Collection) -> Vec<Document> {
        let reader = Reader::open(&self.place(), DEADLINE).await.unwrap();
        let mut batches = reader.read(collection);
        let mut documents = Vec::new();
        while let Some(batch) = batches.recv().await {
            documents.extend(batch.unwrap());
        }
        documents
    }
}

fn documents() -> Vec<(Collection, Document)> {
    let stack = doc! {
        "_id": id(2), "name": "web", "config": { "port": 80_i32, "ts": 5_i64, "load": 1.0, "webhook_secret": "" },
    };
    vec![
        (Collection::User, doc! { "_id": id(1), "username": "ada" }),
        (Collection::Stack, stack),
        (
            Collection::Variable,
            doc! { "_id": id(3), "name": "K", "value": "hunter2", "is_secret": true },
        ),
        (Collection::Stats, doc! { "_id": id(4), "ts": 1_700_000_000_000_i64, "sid": "s" }),
        (Collection::Run, doc! { "_id": id(5), "status": "Queued" }),
    ]
}

async fn carry_out(restore: Result<Restore>) -> Result<()> {
    restore?.plan().await?.carry_out().await.map(|_| ())
}

fn unzipped(path: &Path) -> String {
    use std::io::Read;
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_backup_has_komodos_format_and_brings_everything_back_but_runs() {
    let house = House::filled().await;
    let folder = house.backup().await;
    let stack = unzipped(&folder.join("Stack.gz"));
    assert_eq!(
        stack,
        "{\"_id\":{\"$oid\":\"65f000000000000000000002\"},\"name\":\"web\",\"config\":{\"port\":80,\
         \"ts\":{\"$numberLong\":\"5\"},\"load\":1.0,\"webhook_secret\":\"\"}}\n"
    );
    assert!(house.backups().join("Stats.gz").exists() && !folder.join("Stats.gz").exists());
    assert!(folder.join("Swarm.gz").exists(), "each of Komodo's collections has a file");
    let other = House::new();
    carry_out(other.restore(&house.backups())).await.unwrap();
    for (collection, document) in documents() {
        let expected = if collection == Collection::Run { vec![] } else { vec![document] };
        assert_eq!(other.all(collection).await, expected, "{collection}");
    }
}

#[tokio::test]
async fn what_komodo_wrote_is_restored_and_sealed_in_the_embedded_store() {
    use std::io::Write;
    let house = House::new();
    let folder = house.backups().join("2025-01-02_03-04-05");
    fs::create_dir_all(&folder).unwrap();
    let write = |path: PathBuf, text: &str| {
        let file = fs::File::create(path).unwrap();
        let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap();
    };
    let user = r#"{"_id":{"$oid":"65f000000000000000000001"},"username":"ada","updated_at":1700000000000}"#;
    write(folder.join("User.gz"), user);
    let account = r#"{"_id":{"$oid":"65f000000000000000000009"},"domain":"ghcr.io","username":"a","token":"hunter2"}"#;
    write(folder.join("DockerRegistryAccount.gz"), &format!("{account}\n\n"));
    write(house.backups().join("Stats.gz"), "");
    carry_out(house.restore(&house.backups())).await.unwrap();
    let account = house.all(Collection::ImageRegistryAccount).await.remove(0);
    let token = account.get_str("token").unwrap();
    assert!(token.starts_with("varanus:v1:"), "{token}");
    let settings = house.all(Collection::Setting).await;
    let key = Key::load(&house.data().join(SEAL_KEY)).unwrap().unwrap();
    assert!(Said::of(&settings[0]).on && Said::of(&settings[0]).is_of(&key));
}

/// A sealed store.
async fn sealed() -> House {
    let plain = House::filled().await;
    // As Komodo would have written it.
    fs::remove_file(plain.backup().await.join("VaranusBackup.gz")).unwrap();
    let house = House::new();
    carry_out(house.restore(&plain.backups())).await.unwrap();
    assert!(house.all(Collection::Variable).await[0].get_str("value").unwrap() != "hunter2");
    house
}

#[tokio::test]
async fn a_backup_of_a_sealed_store_needs_its_key_and_holds_no_secret() {
    let house = sealed().await;
    let folder = house.backup().await;
    assert!(!unzipped(&folder.join("Variable.gz")).contains("hunter2"));
    let other = House::new();
    let refused = carry_out(other.restore(&house.backups())).await.unwrap_err().to_string();
    assert!(refused.contains("put your copy of it there"), "{refused}");
    let key = other.data().join(SEAL_KEY);
    drop(Key::create(&key).unwrap());
    let refused = carry_out(other.restore(&house.backups())).await.unwrap_err().to_string();
    assert!(refused.contains("put the copy of its key there"), "{refused}");
    assert!(!other.has_store());
    fs::copy(house.data().join(SEAL_KEY), key).unwrap();
    carry_out(other.restore(&house.backups())).await.unwrap();
    for collection in [Collection::Variable, Collection::User, Collection::Stack] {
        assert_eq!(other.all(collection).await, house.all(collection).await);
    }
}

#[tokio::test]
async fn an_encrypted_backup_opens_with_the_private_key_alone() {
    let house = sealed().await;
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let mut asked = house.asked();
    asked.recipients = Recipients::parse([recipient.as_str()]).unwrap();
    let taken = take(&asked).await.unwrap();
    assert_eq!((taken.secrets, taken.encrypted), (Secrets::Opened, true));
    for file in fs::read_dir(&taken.folder).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1"), "{file:?}");
    }
    let other = House::new();
    let refused = other.restore(&house.backups()).err().unwrap().to_string();
    assert!(refused.contains("is encrypted; name the file of the private key"), "{refused}");
    let keys = other.folder.path().join("key.txt");
    let load = |text: &str| {
        fs::write(&keys, text).unwrap();
        Identities::load(&keys)
    };
    let stranger = age::x25519::Identity::generate();
    let identities = load(stranger.to_string().expose_secret()).unwrap();
    let refused = other.restore_with(&house.backups(), identities).err().unwrap().to_string();
    assert!(refused.contains("no key in") && refused.contains("encrypted to others"), "{refused}");
    let refused = load("# mine\nAGE-SECRET").err().unwrap().to_string();
    assert!(refused.contains("key.txt:2: it is not an age identity"), "{refused}");
    let identities = load(&format!("# mine\n{}\n", identity.to_string().expose_secret())).unwrap();
    let mut restore = other.restore_with(&house.backups(), identities).unwrap();
    restore.unsealed = true;
    carry_out(Ok(restore)).await.unwrap();
    assert_eq!(other.all(Collection::Variable).await[0].get_str("value").unwrap(), "hunter2");
    assert_eq!(other.all(Collection::Stats).await.len(), 1);
}

#[tokio::test]
async fn a_restore_into_the_wrong_place_is_refused_and_changes_nothing() {
    let house = House::filled().await;
    house.backup().await;
    // The same installation, which went on.
    house.fill(vec![(Collection::Tag, doc! { "_id": id(7), "name": "new" })]).await;
    let refused = carry_out(house.restore(&house.backups())).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert!(refused.to_string().contains("with --replace it becomes"), "{refused}");
    // Another one.
    let other = House::new();
    other.fill(vec![(Collection::User, doc! { "_id": id(99), "username": "eve" })]).await;
    for replace in [false, true] {
        let mut restore = other.restore(&house.backups()).unwrap();
        restore.replace = replace;
        let refused = carry_out(Ok(restore)).await.unwrap_err().to_string();
        assert!(refused.contains("--replace --another-instance"), "{refused}");
        assert_eq!(other.all(Collection::User).await.len(), 1);
    }
    // Replaced, after a backup.
    let mut restore = house.restore(&house.backups()).unwrap();
    restore.replace = true;
    let before = restore.plan().await.unwrap().carry_out().await.unwrap().unwrap();
    assert!(house.all(Collection::Tag).await.is_empty());
    assert!(unzipped(&before.join("Tag.gz")).contains("new"));
    assert_eq!(list(&house.backups()).unwrap().len(), 1, "it is none of the usual ones");
    assert_eq!(house.all(Collection::Variable).await.len(), 1);
}

#[tokio::test]
async fn damage_is_told_with_file_and_line_and_nothing_is_restored() {
    let house = House::filled().await;
    let folder = house.backup().await;
    let whole = fs::read(folder.join("Stack.gz")).unwrap();
    let zipped = |text: &str| {
        use std::io::Write;
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap()
    };
    let line = unzipped(&folder.join("Stack.gz"));
    let flipped = {
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        bytes
    };
    let cases = [
        (whole[..whole.len() - 12].to_vec(), "the file ends here; the rest of it is missing"),
        (flipped, "Stack.gz:"),
        (zipped(&format!("{line}{{\"_id\": nonsense\n")), "Stack.gz:2: it is not JSON"),
        (zipped("{\"name\":\"x\"}\n"), "Stack.gz:1: the document has no _id"),
        (zipped(""), "Stack.gz: it has 0 documents, and the manifest says 1"),
        (
            zipped(&line.replace("web", "wob")),
            "Stack.gz: its content is not what the manifest says",
        ),
    ];
    for (bytes, expected) in cases {
        fs::write(folder.join("Stack.gz"), bytes).unwrap();
        let other = House::new();
        let refused = carry_out(other.restore(&house.backups())).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
        assert!(refused.contains("nothing was changed"), "{refused}");
        assert!(!other.has_store());
    }
    fs::remove_file(folder.join("Stack.gz")).unwrap();
    let refused = house.restore(&house.backups()).err().unwrap().to_string();
    assert!(refused.contains("Stack.gz: the file is missing"), "{refused}");
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let house = House::filled().await;
    let folder = house.backup().await;
    use std::io::Write;
    let file = fs::File::create(folder.join("VaranusBackup.gz")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gz.write_all(b"{\"format\":2,\"files\":\"elsewhere\"}\n").unwrap();
    gz.finish().unwrap();
    let refused = house.restore(&house.backups()).err().unwrap().to_string();
    assert!(refused.contains("a newer Varanus made this backup (format 2"), "{refused}");
}

#[tokio::test]
async fn what_is_not_finished_is_no_backup_and_old_ones_go() {
    let house = House::filled().await;
    let mut asked = house.asked();
    asked.keep = 2;
    let left = house.backups().join(".unfinished-2020-01-01_00-00-00");
    fs::create_dir_all(&left).unwrap();
    fs::create_dir_all(house.backups().join("notes")).unwrap();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(take(&asked).await.unwrap());
    }
    assert!(!left.exists() && house.backups().join("notes").exists());
    assert_eq!(made[2].removed.len(), 1);
    let names = list(&house.backups()).unwrap();
    assert_eq!(names.len(), 2);
    assert!(made[2].folder.ends_with(&names[1]), "the latest is the last: {names:?}");
    assert_eq!(prune(&house.backups(), 1).unwrap(), names[..1]);
    let refused =
        Backup::open(&house.backups(), Some("2020-01-01_00-00-00"), Identities::default());
    assert!(refused.err().unwrap().to_string().contains(&names[1]));
}

#[test]
fn a_private_key_that_is_given_as_a_recipient_is_not_shown() {
    let error = Recipients::parse(["AGE-SECRET-KEY-1QQQ"]).err().unwrap().to_string();
    assert!(!error.contains("QQQ") && error.contains("begins with age1"), "{error}");
}
