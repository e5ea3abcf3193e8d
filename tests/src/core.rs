//! A Core of its own for each scenario.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use tokio::time::timeout;

use crate::canary::{Found, nothing_got_out};
use crate::process::{Process, program};
use crate::scene::mongodb;
use crate::{Api, Canaries, DEADLINE, until};

/// What is particular about a Core.
#[derive(Default, Clone)]
pub struct CoreOptions {
    /// A MongoDB; the embedded store without one.
    pub mongodb: Option<String>,
    /// The database there, where it is another Core's: [`Core::database`].
    pub database: Option<String>,
    /// More settings.
    pub settings: Vec<(String, String)>,
    /// Secrets that are looked for at its end, beside its own.
    pub canaries: Canaries,
}

impl CoreOptions {
    /// One whose state is in a MongoDB.
    pub fn on(mongodb: &str) -> Self {
        Self { mongodb: Some(mongodb.to_owned()), ..Self::default() }
    }

    /// One that logs what is wrong alone, and polls as people's do.
    pub fn quiet() -> Self {
        let settings = [("KOMODO_LOGGING_LEVEL", "warn"), ("KOMODO_MONITORING_INTERVAL", "15-sec")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { settings: settings.into(), ..Self::default() }
    }
}

/// A Core that runs.
pub struct Core {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    /// The first admin.
    pub admin: Api,
    process: Option<Process>,
    options: CoreOptions,
    database: String,
    port: u16,
    folder: PathBuf,
    // Dropped last: the process writes into it.
    _folder: tempfile::TempDir,
}

/// A port that nobody uses now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The name of a database that nobody has on the test server.
///
/// All tests of a run share that server, and neither ports nor ids of processes are
/// one test's for long: a Core that met another's database could not read its secrets.
pub fn own_database() -> String {
    format!("varanus_{}", mongodb::bson::oid::ObjectId::new())
}

impl Core {
    /// The password of the admin.
    pub const PASSWORD: &'static str = "a password of eight words or so";

    /// What its sessions are signed with.
    const JWT_SECRET: &'static str = "the secret of a test";

    /// Starts a Core and logs its admin in.
    pub async fn start(options: CoreOptions) -> Self {
        let keep = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let address = format!("http://127.0.0.1:{port}");
        let canaries = &options.canaries;
        canaries.keep("password", Self::PASSWORD);
        canaries.keep("jwt secret", Self::JWT_SECRET);
        canaries.keep_settings(&options.settings);
        let mut core = Self {
            admin: Api::new(&address),
            address,
            process: None,
            database: options.database.clone().unwrap_or_else(own_database),
            options,
            port,
            folder: keep.path().to_owned(),
            _folder: keep,
        };
        core.begin().await;
        core.admin = Api::new(&core.address).log_in("admin", Self::PASSWORD).await;
        core
    }

    async fn begin(&mut self) {
        let mut command = Command::new(program("varanus-core"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("KOMODO_CONFIG_PATHS", &self.folder)
            .env("KOMODO_DATA_DIRECTORY", self.folder.join("data"))
            .env("KOMODO_REPO_DIRECTORY", self.folder.join("repositories"))
            .env("KOMODO_SYNC_DIRECTORY", self.folder.join("syncs"))
            .env("KOMODO_ACTION_DIRECTORY", self.folder.join("actions"))
            .env("KOMODO_PORT", self.port.to_string())
            .env("KOMODO_BIND_IP", "127.0.0.1")
            .env("KOMODO_HOST", &self.address)
            .env("KOMODO_LOCAL_AUTH", "true")
            .env("KOMODO_INIT_ADMIN_USERNAME", "admin")
            .env("KOMODO_INIT_ADMIN_PASSWORD", Self::PASSWORD)
            .env("KOMODO_JWT_SECRET", Self::JWT_SECRET)
            .env("KOMODO_MONITORING_INTERVAL", "1-sec")
            // A scenario lists what it has made.
            .env("KOMODO_DISABLE_INIT_RESOURCES", "true")
            .env("KOMODO_LOGGING_LEVEL", "debug");
        if let Some(uri) = &self.options.mongodb {
            // Each Core has a database of its own, unless a scenario wants otherwise.
            command.env("KOMODO_DATABASE_URI", uri);
            command.env("KOMODO_DATABASE_DB_NAME", self.database());
        }
        command.envs(self.options.settings.iter().cloned());
        self.process = Some(Process::start("Core", command, &self.folder.join("core.log")));
        let api = Api::new(&self.address);
        until("Core answers", || {
            assert!(self.process.as_mut().is_some_and(Process::is_running), "Core has ended");
            let api = api.clone();
            async move { api.answers().await.then_some(()) }
        })
        .await;
    }

    /// Ends Core as a power cut would, and starts it again.
    pub async fn kill_and_start(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
        self.begin().await;
    }

    /// Ends Core in order; [`Self::start_again`] follows.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end();
        }
    }

    /// Starts it again at the same address, with more settings.
    pub async fn start_again(&mut self, settings: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.options.settings.extend(settings.iter().map(owned));
        self.begin().await;
    }

    /// What Core has logged.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    /// The process that runs.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("Core runs between begin and the end")
    }

    /// The name of its database, where it has a MongoDB.
    pub fn database(&self) -> String {
        self.database.clone()
    }

    /// Where Core keeps what it keeps.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Core {
    /// What Core leaves behind holds no secret.
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.end();
        }
        let canaries = self.options.canaries.clone();
        let mut found = canaries.search_folder("Core", &self.folder);
        if self.options.mongodb.is_some() {
            found.extend(in_mongodb(canaries, self.database()));
        }
        nothing_got_out(&found);
    }
}

/// What a database holds. In a thread of its own: this is asked for where a test
/// ends, within a runtime or without. Not by the address that Core had, for that
/// may have been one whose wire was cut.
fn in_mongodb(canaries: Canaries, database: String) -> Vec<Found> {
    let searching = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let uri = mongodb();
            let searching = timeout(DEADLINE, canaries.search_database(&uri, &database));
            searching.await.expect("MongoDB answers in time")
        })
    });
    match searching.join() {
        Ok(found) => found,
        Err(panic) if !std::thread::panicking() => std::panic::resume_unwind(panic),
        Err(_) => Vec::new(),
    }
}
