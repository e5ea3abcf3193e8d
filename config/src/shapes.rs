//! Tables that several programs have.

use varanus_proto::Secret;

use crate::{choices, settings};

choices! {
    /// Which store keeps the state.
    pub enum DatabaseEngine {
        /// MongoDB when a uri, an address, a user or a password is set, else the embedded store.
        Auto = "auto",
        /// The embedded store under the data directory.
        Embedded = "embedded",
        /// MongoDB, or what speaks its protocol.
        Mongodb = "mongodb",
    }
}

choices! {
    /// The least important messages that are logged.
    pub enum LogLevel {
        Trace = "trace",
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

choices! {
    /// The form of log lines on standard output.
    pub enum StdioLogMode {
        /// Lines for people.
        Standard = "standard",
        /// A JSON object a line.
        Json = "json",
        /// No lines.
        None = "none",
    }
}

settings! {
    /// Where the database is.
    pub struct DatabaseConfig {
        /// `auto`: MongoDB when a uri, address, username or password is set here, else the
        /// embedded store. `embedded` and `mongodb` say it outright.
        engine: DatabaseEngine = "auto" => [env(&["ENGINE"]).ours()];
        /// Full connection string of MongoDB (`mongodb://…` or `mongodb+srv://…`). Wins over the
        /// address.
        uri: Secret = "" => [env(&["URI"]).file()];
        /// `host:port` of MongoDB. Empty with the `mongodb` engine means `localhost:27017`.
        address: String = "" => [env(&["ADDRESS"])];
        /// User of MongoDB, with the address.
        username: String = "" => [env(&["USERNAME"]).file()];
        /// Password of MongoDB, with the address.
        password: Secret = "" => [env(&["PASSWORD"]).file()];
        /// Name under which the connections appear at MongoDB.
        app_name: String = "komodo_core" => [env(&["APP_NAME"])];
        /// Name of the database at MongoDB.
        db_name: String = "komodo" => [env(&["DB_NAME"])];
    }
}

impl DatabaseConfig {
    /// Where MongoDB is asked for when it is chosen and no place is given.
    pub const DEFAULT_ADDRESS: &'static str = "localhost:27017";

    /// Whether the state is kept in MongoDB; else in the embedded store.
    pub fn is_mongodb(&self) -> bool {
        match self.engine {
            DatabaseEngine::Embedded => false,
            DatabaseEngine::Mongodb => true,
            DatabaseEngine::Auto => {
                !(self.uri.is_empty()
                    && self.address.is_empty()
                    && self.username.is_empty()
                    && self.password.is_empty())
            }
        }
    }

    /// The address, or the one MongoDB has by default.
    pub fn address(&self) -> &str {
        if self.address.is_empty() { Self::DEFAULT_ADDRESS } else { &self.address }
    }
}

settings! {
    /// What is logged, and how.
    pub struct LogConfig {
        /// The least important messages that are logged.
        level: LogLevel = "info" => [env(&["LEVEL"])];
        /// The form of the lines on standard output.
        stdio: StdioLogMode = "standard" => [env(&["STDIO"])];
        /// Several lines for a message, easier to read while developing.
        pretty: bool = false => [env(&["PRETTY"])];
        /// The place in the source of each message.
        location: bool = false => [env(&["LOCATION"])];
        /// Colours.
        ansi: bool = true => [env(&["ANSI"])];
        /// The time of each message. Off where the log keeper adds its own.
        timestamps: bool = true => [env(&["TIMESTAMPS"])];
        /// Where to send traces by OTLP. Empty: nowhere.
        otlp_endpoint: String = "" => [env(&["OTLP_ENDPOINT"])];
        /// Service name in the traces.
        opentelemetry_service_name: String = "Komodo" => [env(&["OPENTELEMETRY_SERVICE_NAME"])];
        /// Scope name in the traces.
        opentelemetry_scope_name: String = "Komodo" => [env(&["OPENTELEMETRY_SCOPE_NAME"])];
    }
}

settings! {
    /// An account at a git provider or an image registry.
    pub struct ProviderAccount {
        /// The account's name.
        username: String = "" => [required().aliases(&["account"])];
        /// Its token or password.
        token: Secret = "";
    }
}

settings! {
    /// A git provider and its accounts.
    pub struct GitProvider {
        /// Its domain, with the port if it is not the usual one.
        domain: String = "github.com";
        /// Whether it is asked by https; else by http.
        https: bool = true;
        /// The accounts that may be chosen.
        accounts: Vec<ProviderAccount> = () => [aliases(&["account"])];
    }
}

settings! {
    /// An image registry and its accounts.
    pub struct ImageRegistry {
        /// Its domain, with the port if it is not the usual one.
        domain: String = "docker.io";
        /// The accounts that may be chosen.
        accounts: Vec<ProviderAccount> = () => [aliases(&["account"])];
        /// Organizations that images may be pushed to.
        organizations: Vec<String> = () => [aliases(&["organization"])];
    }
}

settings! {
    /// Credentials of AWS, for builders that are started there.
    pub struct AwsCredentials {
        /// The access key's id.
        access_key_id: String = "" => [env(&["ACCESS_KEY_ID"]).file()];
        /// The access key.
        secret_access_key: Secret = "" => [env(&["SECRET_ACCESS_KEY"]).file()];
    }
}

settings! {
    /// Login with an account at GitHub or Google.
    pub struct OauthConfig {
        /// Whether it is offered.
        enabled: bool = false => [env(&["ENABLED"])];
        /// The client's id, from the provider.
        client_id: String = "" => [env(&["ID"]).file().aliases(&["id"])];
        /// The client's secret, from the provider.
        client_secret: Secret = "" => [env(&["SECRET"]).file().aliases(&["secret"])];
    }
}
