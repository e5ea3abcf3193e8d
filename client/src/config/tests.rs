//! The names below are Komodo 2.3's, as data: a configuration that worked
//! there must be understood here.

use varanus_config::Schema;

use super::*;

const KEYS: &[&str] = &[
    "default_profile",
    "config_profile",
    "config_aliases",
    "host",
    "cli_key",
    "cli_secret",
    "table_borders",
    "backups_folder",
    "max_backups",
    "database",
    "database_target",
    "cli_logging",
    "profile",
];

const VARIABLES: &[&str] = &[
    "KOMODO_CLI_CONFIG_PATHS",
    "KOMODO_CLI_CONFIG_PATH",
    "KOMODO_CLI_CONFIG_KEYWORDS",
    "KOMODO_CLI_CONFIG_KEYWORD",
    "KOMODO_CLI_MERGE_NESTED_CONFIG",
    "KOMODO_CLI_EXTEND_CONFIG_ARRAYS",
    "KOMODO_CLI_DEBUG_STARTUP",
    "KOMODO_CLI_DEFAULT_PROFILE",
    "KOMODO_CLI_HOST",
    "KOMODO_CLI_KEY",
    "KOMODO_CLI_SECRET",
    "KOMODO_CLI_TABLE_BORDERS",
    "KOMODO_CLI_BACKUPS_FOLDER",
    "KOMODO_CLI_MAX_BACKUPS",
    "KOMODO_CLI_DATABASE_TARGET_URI",
    "KOMODO_CLI_DATABASE_COPY_URI",
    "KOMODO_CLI_DATABASE_TARGET_ADDRESS",
    "KOMODO_CLI_DATABASE_COPY_ADDRESS",
    "KOMODO_CLI_DATABASE_TARGET_USERNAME",
    "KOMODO_CLI_DATABASE_COPY_USERNAME",
    "KOMODO_CLI_DATABASE_TARGET_PASSWORD",
    "KOMODO_CLI_DATABASE_COPY_PASSWORD",
    "KOMODO_CLI_DATABASE_TARGET_DB_NAME",
    "KOMODO_CLI_DATABASE_COPY_DB_NAME",
    "KOMODO_CLI_LOGGING_LEVEL",
    "KOMODO_CLI_LOGGING_STDIO",
    "KOMODO_CLI_LOGGING_PRETTY",
    "KOMODO_CLI_LOGGING_ANSI",
    "KOMODO_CLI_LOGGING_TIMESTAMPS",
    "KOMODO_CLI_LOGGING_OTLP_ENDPOINT",
    "KOMODO_CLI_LOGGING_OPENTELEMETRY_SERVICE_NAME",
    "KOMODO_CLI_LOGGING_OPENTELEMETRY_SCOPE_NAME",
    "KOMODO_CLI_PRETTY_STARTUP_CONFIG",
    "KOMODO_HOST",
    "KOMODO_DATABASE_URI",
    "KOMODO_MONGO_URI",
    "KOMODO_DATABASE_URI_FILE",
    "KOMODO_MONGO_URI_FILE",
    "KOMODO_DATABASE_ADDRESS",
    "KOMODO_MONGO_ADDRESS",
    "KOMODO_DATABASE_USERNAME",
    "KOMODO_MONGO_USERNAME",
    "KOMODO_DATABASE_USERNAME_FILE",
    "KOMODO_MONGO_USERNAME_FILE",
    "KOMODO_DATABASE_PASSWORD",
    "KOMODO_MONGO_PASSWORD",
    "KOMODO_DATABASE_PASSWORD_FILE",
    "KOMODO_MONGO_PASSWORD_FILE",
    "KOMODO_DATABASE_DB_NAME",
    "KOMODO_MONGO_DB_NAME",
];

const FILE: &str = "
default_profile = 'home'
host = 'https://base'
key = 'base-key'
table_borders = 'all'
[mongo]
address = 'base:1'
db_name = 'base'

[[profile]]
name = 'home'
aliases = 'h, house'
host = 'https://home'

[[profile]]
config_profile = 'work'
alias = ['w']
host = 'https://work'
cli_secret = 'work-secret'
database.address = 'work:1'
";

struct Case {
    home: tempfile::TempDir,
    env: Vec<(String, String)>,
    args: CliArgs,
}

impl Case {
    fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join(".config/komodo");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("komodo.cli.toml"), text).unwrap();
        let env = vec![("HOME".into(), home.path().display().to_string())];
        Self { home, env, args: CliArgs::default() }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    fn profile(mut self, name: &str) -> Self {
        self.args.profile = Some(name.into());
        self
    }

    fn result(&self) -> Result<Loaded<CliConfig>, Invalid> {
        CliConfig::load(&self.args, &self.env.iter().cloned().collect())
    }

    fn load(&self) -> CliConfig {
        let loaded = self.result().unwrap();
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        assert_eq!(loaded.files.len(), 1);
        loaded.value
    }

    fn problems(&self) -> Vec<String> {
        let base = format!("{}/.config/komodo/", self.home.path().display());
        let invalid = self.result().map(|_| ()).unwrap_err();
        invalid.problems.iter().map(|problem| problem.replace(&base, "")).collect()
    }
}

#[test]
fn every_key_and_variable_of_komodo_is_known() {
    let schema = Schema::of::<CliConfig>();
    let mut variables = schema.variables();
    variables.extend(PROGRAM.loader_variables().into_iter().flat_map(|(names, _, _)| names));
    for name in VARIABLES {
        assert!(variables.iter().any(|known| known == name), "variable {name}");
    }
    assert_eq!(KEYS.len(), 13);
    for key in KEYS {
        assert!(schema.fields.iter().any(|field| field.key == *key), "key {key}");
    }
    for field in &schema.fields {
        assert_ne!(field.ours, KEYS.contains(&field.key), "{}", field.key);
    }
}

#[test]
fn the_defaults_are_komodos() {
    let config = CliConfig::default();
    assert_eq!(config.database.app_name, "komodo_cli");
    assert_eq!(config.database_target.app_name, "komodo_cli");
    assert_eq!(config.database.db_name, "komodo");
    assert_eq!(config.backups_folder, PathBuf::from("/backups"));
    assert_eq!(config.max_backups, 14);
    assert!(config.host.is_empty() && config.table_borders.is_none());
}

#[test]
fn a_profile_is_chosen_by_argument_then_environment_then_file() {
    let variable = "KOMODO_CLI_DEFAULT_PROFILE";
    let cases = [
        (Case::new(FILE), "home"),
        (Case::new(FILE).env(variable, "work"), "work"),
        (Case::new(FILE).env(variable, "work").profile("house"), "home"),
        (Case::new(FILE).profile("w"), "work"),
    ];
    for (case, expected) in cases {
        let config = case.load();
        assert_eq!(config.config_profile, expected);
        assert_eq!(config.host, format!("https://{expected}"));
        // What the profile does not say comes from outside of it.
        assert_eq!(config.cli_key.as_deref(), Some("base-key"));
        assert_eq!(config.table_borders, Some(TableBorders::All));
        assert_eq!(config.database.db_name, "base");
        assert_eq!(config.profile.0, ["home", "work"]);
    }
    let work = Case::new(FILE).profile("work").load();
    assert_eq!(work.cli_secret.unwrap().expose(), "work-secret");
    assert_eq!(work.database.address(), "work:1");
    assert_eq!(work.database.app_name, "komodo_cli");
    assert_eq!(work.config_aliases, ["w"]);
}

#[test]
fn without_a_choice_the_settings_outside_of_profiles_count() {
    let file = FILE.replace("default_profile = 'home'", "name = 'base'");
    assert_eq!(Case::new(&file).load().host, "https://base");
    assert_eq!(Case::new(&file).profile("base").load().host, "https://base");
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_profile() {
    let case = Case::new(FILE).env("KOMODO_HOST", "https://env");
    assert_eq!(case.load().host, "https://env");
    let case = case.env("KOMODO_CLI_HOST", "https://cli-env").env("KOMODO_CLI_KEY", "env-key");
    assert_eq!(case.load().host, "https://cli-env");
    let mut case = case;
    case.args.host = Some("http://flag".into());
    case.args.secret = Some("flag-secret".into());
    let config = case.load();
    assert_eq!(config.host, "http://flag");
    assert_eq!(config.cli_key.as_deref(), Some("env-key"));
    assert_eq!(config.cli_secret.unwrap().expose(), "flag-secret");
}

#[test]
fn an_unknown_profile_is_named_with_those_that_exist() {
    assert_eq!(
        Case::new(FILE).profile("wrok").problems(),
        [
            "--profile (command line): there is no profile \"wrok\"; known are: home, h, house, work, w"
        ]
    );
    assert_eq!(
        Case::new("default = 'x'").problems(),
        ["komodo.cli.toml:1: key \"default_profile\": there is no profile \"x\"; known are: none"]
    );
}

#[test]
fn a_bad_value_is_named_with_its_source() {
    assert_eq!(
        Case::new("host = 'core.local'").problems(),
        ["komodo.cli.toml:1: key \"host\": \"core.local\" does not start with http:// or https://"]
    );
    assert_eq!(
        Case::new("").env("KOMODO_CLI_TABLE_BORDERS", "some").problems(),
        ["KOMODO_CLI_TABLE_BORDERS (environment): \"some\" is not one of Horizontal, Vertical, \
             Outside, Inside, All"]
    );
    let text = "[[profile]]\nname = 'a'\nhots = 'x'";
    let warnings = Case::new(text).result().unwrap().warnings;
    assert!(
        warnings[0].ends_with(
            ":3: key \"profile[0].hots\" is not a known setting; did you mean \"host\"?"
        ),
        "{warnings:?}"
    );
}

#[test]
fn reference_page_is_up_to_date() {
    let text = reference::markdown::<CliConfig>(
        &PROGRAM,
        "Settings of `km`",
        "What `km` reads at its start. A `[[profile]]` is a table with these same settings, laid over \
         those outside of it; `--profile`, `KOMODO_CLI_DEFAULT_PROFILE` or `default_profile` choose one.",
    );
    reference::check_page(env!("CARGO_MANIFEST_DIR"), "docs/configuration/km.md", &text);
}
