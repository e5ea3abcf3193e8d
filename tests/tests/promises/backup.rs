//! Backups and restores through `km` and Core, between both stores.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use varanus_tests::{
    Api, Core, CoreOptions, Output, Process, Scene, SmallDisk, Store, Way, mongodb, program, run,
    text_of, until,
};

/// A person with `km` on Core's machine.
#[derive(Clone)]
struct Km {
    settings: Vec<(String, String)>,
}

impl Km {
    fn new(data: &Path, backups: &Path) -> Self {
        let km = Self { settings: Vec::new() };
        km.with("KOMODO_DATA_DIRECTORY", data).with("KOMODO_CLI_BACKUPS_FOLDER", backups)
    }

    fn with(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.settings.push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    /// On a database of the MongoDB instead of the embedded store.
    fn on_mongodb(self, database: &str) -> Self {
        self.with("KOMODO_DATABASE_URI", mongodb()).with("KOMODO_DATABASE_DB_NAME", database)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program("km"));
        command.arg("database").args(words).env_clear().env("HOME", "/nonexistent");
        command.envs(self.settings.iter().cloned());
        command
    }

    async fn does(&self, words: &[&str]) -> Output {
        run(self.command(words)).await
    }

    async fn succeeds(&self, words: &[&str]) -> String {
        let output = self.does(words).await;
        assert!(output.success, "{words:?}: {output:?}");
        output.stdout
    }

    async fn is_refused(&self, words: &[&str], because: &str) {
        let output = self.does(words).await;
        assert!(!output.success && output.stderr.contains(because), "{words:?}: {output:?}");
    }
}

/// One of every kind of thing.
async fn fill(api: &Api) {
    let kinds = [
        ("Stack", json!({ "file_contents": "services: {}", "environment": "A=[[SECRET]]" })),
        ("Deployment", json!({ "image": { "type": "Image", "params": { "image": "busybox" } } })),
        ("Build", json!({ "version": { "major": 1, "minor": 2, "patch": 3 } })),
        ("Repo", json!({ "repo": "a/b", "webhook_secret": "one of these" })),
        ("Procedure", json!({})),
        ("Action", json!({ "file_contents": "console.log(1)" })),
        ("ResourceSync", json!({ "file_contents": "" })),
        ("Builder", json!({ "type": "Url", "params": { "address": "https://h:8120" } })),
        ("Alerter", json!({ "enabled": false })),
        ("Server", json!({ "enabled": false, "cpu_warning": 66.6 })),
    ];
    for (kind, config) in kinds {
        let request = json!({ "name": format!("the-{}", kind.to_lowercase()), "config": config });
        api.write(&format!("Create{kind}"), request).await;
    }
    let secret = json!({ "name": "SECRET", "value": "never seen", "is_secret": true });
    api.write("CreateVariable", secret).await;
    api.write("CreateTag", json!({ "name": "tagged" })).await;
    api.write("CreateUserGroup", json!({ "name": "people" })).await;
    let account = json!({ "domain": "ghcr.io", "username": "a", "token": "token of the registry" });
    api.write("CreateImageRegistryAccount", json!({ "account": account })).await;
    api.write("CreateOnboardingKey", json!({ "name": "hosts" })).await;
    let user = json!({ "username": "bo", "password": "another password of words" });
    api.write("CreateLocalUser", user).await;
}

/// What Core answers about all of it.
async fn answers(api: &Api) -> BTreeMap<String, Value> {
    let kinds = [
        "Stack",
        "Deployment",
        "Build",
        "Repo",
        "Procedure",
        "Action",
        "ResourceSync",
        "Builder",
        "Alerter",
    ];
    let mut answers = BTreeMap::new();
    for kind in kinds {
        let key = match kind {
            "ResourceSync" => "sync".to_owned(),
            kind => kind.to_lowercase(),
        };
        let name = format!("Get{kind}");
        answers.insert(
            name.clone(),
            api.read(&name, json!({ key: format!("the-{}", kind.to_lowercase()) })).await,
        );
    }
    let lists = [
        "ListVariables",
        "ListTags",
        "ListUserGroups",
        "ListImageRegistryAccounts",
        "ListUsers",
        "ListOnboardingKeys",
        "ListGitProviderAccounts",
        "ExportAllResourcesToToml",
    ];
    for name in lists {
        answers.insert(name.to_owned(), api.read(name, json!({})).await);
    }
    answers
}

/// The lines of every file of the only backup in a folder, by the file's name.
fn lines(backups: &Path) -> BTreeMap<String, Vec<String>> {
    let folder = newest(backups).expect("a backup");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        // Ours say how this store is, and not what is in it.
        if !name.starts_with("Varanus") {
            let mut text = String::new();
            let file = std::fs::File::open(entry.path()).unwrap();
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
            files.insert(name, text.lines().map(str::to_owned).collect());
        }
    }
    files
}

fn newest(backups: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(backups).ok()?.flatten();
    entries.map(|e| e.path()).filter(|p| p.join("User.gz").exists() && !hidden(p)).max()
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn backups_of(folder: &tempfile::TempDir) -> Vec<(&'static str, String)> {
    vec![("KOMODO_BACKUPS_FOLDER", folder.path().display().to_string())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_into_the_other_store_and_back_and_the_agent_connects() {
    let backups = tempfile::tempdir().unwrap();
    let settings = backups_of(&backups);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut scene = Scene::with(Way::AgentDials, Store::Embedded, &[], &settings).await;
    fill(scene.api()).await;
    let before = answers(scene.api()).await;
    let update = scene.api().execute("BackupCoreDatabase", json!({})).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    scene.core.stop();

    // Into a MongoDB, from what Core wrote.
    let data = scene.core.data();
    let database = format!("{}_moved", scene.core.database());
    let embedded = Km::new(&data, backups.path());
    let mongo = embedded.clone().on_mongodb(&database);
    let said = mongo.succeeds(&["restore", "-y"]).await;
    assert!(said.contains("1 Stack") && said.contains("MongoDB at"), "{said}");
    let uri = mongodb();
    let there = [("KOMODO_DATABASE_URI", uri.as_str()), ("KOMODO_DATABASE_DB_NAME", &database)];
    scene.core.start_again(&there).await;
    assert_eq!(answers(scene.api()).await, before);
    scene.server_is("Ok").await;
    // A Core that runs is respected.
    mongo.is_refused(&["restore", "-y", "--replace"], "stop it first").await;
    scene.core.stop();

    // Every document is the same in another embedded store, and in a third one from a MongoDB.
    let other = tempfile::tempdir().unwrap();
    let key = other.path().join("seal.key");
    std::fs::copy(data.join("seal.key"), &key).unwrap();
    let into = other.path().to_str().unwrap();
    mongo.succeeds(&["copy", "-y", "--into-data-directory", into]).await;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    mongo.succeeds(&["backup", "-y", "-f", first.path().to_str().unwrap()]).await;
    let from_other = Km::new(other.path(), second.path());
    from_other.succeeds(&["backup", "-y"]).await;
    let (first, second) = (lines(first.path()), lines(second.path()));
    assert!(first["User.gz"].len() > 1 && first["Update.gz"].len() > 10);
    assert_eq!(first, second);
    drop_database(&database).await;
}

async fn drop_database(name: &str) {
    let client = mongodb::Client::with_uri_str(varanus_tests::mongodb()).await.unwrap();
    let dropping =
        tokio::time::timeout(Duration::from_secs(30), async { client.database(name).drop().await });
    dropping.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_a_wrong_place_is_refused_and_the_right_one_undone() {
    let backups = tempfile::tempdir().unwrap();
    let mut core = Core::start(CoreOptions::default()).await;
    core.admin.write("CreateTag", json!({ "name": "first" })).await;
    let km = Km::new(&core.data(), backups.path());
    km.is_refused(&["restore", "-y"], "there is no backup").await;
    // Beside the Core that runs.
    km.succeeds(&["backup", "-y"]).await;
    km.is_refused(&["restore", "-y", "--replace"], "in use by another Core").await;
    core.admin.write("CreateTag", json!({ "name": "second" })).await;
    core.stop();
    km.is_refused(&["restore", "-y"], "with --replace it becomes").await;
    let other = Core::start(CoreOptions::default()).await;
    let (data, mut other) = (other.data(), other);
    other.stop();
    let elsewhere = Km::new(&data, backups.path());
    elsewhere.is_refused(&["restore", "-y", "--replace"], "holds another installation").await;
    let said = km.succeeds(&["restore", "-y", "--replace"]).await;
    assert!(said.contains(".replaced/"), "{said}");
    core.start_again(&[]).await;
    let tags = core.admin.read("ListTags", json!({})).await.to_string();
    assert!(tags.contains("first") && !tags.contains("second"), "{tags}");
    core.stop();
    let replaced = backups.path().join(".replaced");
    let undo = ["restore", "-y", "--replace", "-f", replaced.to_str().unwrap()];
    km.succeeds(&undo).await;
    core.start_again(&[]).await;
    let tags = core.admin.read("ListTags", json!({})).await.to_string();
    assert!(tags.contains("second"), "{tags}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_backup_needs_nothing_but_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    let mut core = Core::start(CoreOptions::default()).await;
    fill(&core.admin).await;
    let before = answers(&core.admin).await;
    let key = folder.path().join("key.txt");
    let mut keygen = Command::new("age-keygen");
    keygen.arg("-o").arg(&key);
    let made = run(keygen).await;
    let recipient = made.stderr.trim().rsplit(' ').next().unwrap().to_owned();
    let km = Km::new(&core.data(), &backups);
    km.succeeds(&["backup", "-y", "--recipient", &recipient]).await;
    core.stop();
    let fresh = folder.path().join("data");
    let elsewhere = Km::new(&fresh, &backups);
    elsewhere.is_refused(&["restore", "-y"], "is encrypted; name the file").await;
    elsewhere.succeeds(&["restore", "-y", "--identity", key.to_str().unwrap()]).await;
    core.start_again(&[("KOMODO_DATA_DIRECTORY", fresh.to_str().unwrap())]).await;
    assert_eq!(answers(&core.admin).await, before);
    let store = std::fs::read(fresh.join("varanus.sqlite")).unwrap();
    let secret = b"token of the registry";
    assert!(!store.windows(secret.len()).any(|bytes| bytes == secret), "the new store is sealed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let core = Core::start(CoreOptions::default()).await;
    for n in 0..60 {
        let value = "v".repeat(9_000);
        let variable = json!({ "name": format!("V{n}"), "value": value });
        core.admin.write("CreateVariable", variable).await;
    }
    for n in 0..5 {
        let backups = folder.path().join(n.to_string());
        let km = Km::new(&core.data(), &backups);
        let command = km.command(&["backup", "-y"]);
        let mut process = Process::start("km", command, &folder.path().join("km.log"));
        until("it has begun or is done", || {
            let begun =
                std::fs::read_dir(&backups).is_ok_and(|mut entries| entries.next().is_some());
            async move { begun.then_some(()) }
        })
        .await;
        process.kill();
        // Whether it was quick enough or not: what has a backup's name is whole.
        if newest(&backups).is_some() {
            let fresh = folder.path().join(format!("data {n}"));
            let restored = Km::new(&fresh, &backups).with("X", "");
            std::fs::create_dir(&fresh).unwrap();
            std::fs::copy(core.data().join("seal.key"), fresh.join("seal.key")).unwrap();
            restored.succeeds(&["restore", "-y"]).await;
        } else {
            km.is_refused(&["restore", "-y"], "there is no backup").await;
        }
        km.succeeds(&["backup", "-y"]).await;
        let left = std::fs::read_dir(&backups).unwrap().flatten();
        assert!(!left.map(|entry| entry.path()).any(|path| hidden(&path)), "what was left is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_during_a_backup_leaves_the_older_one_and_no_half_one() {
    let disk = SmallDisk::mount("size=4m");
    let folder = disk.path().join("backups").display().to_string();
    let settings = vec![
        ("KOMODO_BACKUPS_FOLDER".to_owned(), folder.clone()),
        ("KOMODO_MAX_BACKUPS".to_owned(), "1".to_owned()),
    ];
    let core = Core::start(CoreOptions { settings, ..CoreOptions::default() }).await;
    let backups = Path::new(&folder);
    core.admin.write("CreateTag", json!({ "name": "first" })).await;
    let update = core.admin.execute("BackupCoreDatabase", json!({})).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(backups).unwrap().flatten().collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        names.iter().map(|name| name.path()).collect::<Vec<_>>()
    };
    let before = names();
    // What does not become smaller when it is compressed.
    let mut random = varanus_tests::Random::new();
    for n in 0..60 {
        let value: String = (0..600).map(|_| format!("{:016x}", random.number())).collect();
        let variable = json!({ "name": format!("V{n}"), "value": value });
        core.admin.write("CreateVariable", variable).await;
    }
    // There is room for the first files, the people among them, and not for the rest.
    let taken = disk.fill();
    let size = std::fs::metadata(&taken).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&taken).unwrap();
    file.set_len(size - (128 << 10)).unwrap();
    drop(file);
    let km = Km::new(&core.data(), backups);
    for _ in 0..2 {
        let update = core.admin.execute("BackupCoreDatabase", json!({})).await;
        let text = text_of(&update);
        assert_eq!(update["success"], false, "{text}");
        for what in ["is full", "there is no new backup", "/backups/", "max_backups"] {
            assert!(text.contains(what), "{text} does not say {what:?}");
        }
        assert!(text.contains("Variable.gz"), "it failed in the middle: {text}");
        km.is_refused(&["backup", "-y"], "there is no new backup").await;
        assert_eq!(names(), before, "the older one is there, and nothing else");
    }
    // The older one is whole.
    let fresh = tempfile::tempdir().unwrap();
    std::fs::copy(core.data().join("seal.key"), fresh.path().join("seal.key")).unwrap();
    let said = Km::new(fresh.path(), backups).succeeds(&["restore", "-y"]).await;
    assert!(said.contains("1 User"), "{said}");
    // With room again there is a new one, and only then the older one goes.
    std::fs::remove_file(taken).unwrap();
    let update = core.admin.execute("BackupCoreDatabase", json!({})).await;
    assert_eq!(update["success"], true, "{}", text_of(&update));
    assert_eq!(lines(backups)["Variable.gz"].len(), 60);
    assert_eq!(names().len(), before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_refused_leaves_a_wrong_place_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (sealed, open) = (folder.path().join("sealed"), folder.path().join("open"));
    let core = Core::start(CoreOptions::default()).await;
    fill(&core.admin).await;
    Km::new(&core.data(), &sealed).succeeds(&["backup", "-y"]).await;
    Km::new(&core.data(), &open).succeeds(&["backup", "-y", "--unsealed"]).await;

    // A folder that nobody has, without the key.
    let nowhere = folder.path().join("some").join("where");
    let km = Km::new(&nowhere, &sealed);
    km.is_refused(&["restore", "-y"], "put your copy of it there").await;
    assert!(!folder.path().join("some").exists(), "nothing was made");
    // Nor without a person's word, which also needs no key of its own.
    for backups in [&sealed, &open] {
        let km = Km::new(&nowhere, backups);
        km.is_refused(&["restore"], "").await;
        assert!(!folder.path().join("some").exists(), "nothing was made");
    }
    // A folder of somebody else's.
    let theirs = folder.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("file"), "of somebody else").unwrap();
    let km = Km::new(&theirs, &sealed);
    km.is_refused(&["restore", "-y"], "put your copy of it there").await;
    km.is_refused(&["copy", "-y", "--uri", "mongodb://127.0.0.1:1/"], "no embedded store").await;
    let left: Vec<_> =
        std::fs::read_dir(&theirs).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["file"]);
    // The right one is made, with a key of its own where none is needed.
    Km::new(&nowhere, &open).succeeds(&["restore", "-y"]).await;
    assert!(nowhere.join("varanus.sqlite").exists());
}
