//! A login to an image registry that one run has for itself.
//!
//! `docker login` keeps the token in the configuration of whoever runs it. A run
//! gets a configuration of its own instead: the person's, with the login added,
//! in a folder that nobody else reads and that is gone with the run.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use varanus_proto::{Error, Result};

use super::{Docker, private::make_in};
use crate::apart::apart;
use crate::private::Private;
use crate::process::Program;
use crate::work::{Outfit, Work};

/// The folder of a configuration, which is removed with this value.
#[derive(Debug)]
pub struct Login(Private);

impl Docker {
    /// Logs in for this work alone. The token goes to the program's input.
    pub async fn login(
        &self,
        work: &Work,
        domain: &str,
        account: &str,
        token: Option<String>,
    ) -> Result<Login> {
        self.login_all(work, &[(domain, account, token)]).await
    }

    /// Logs in to several registries, for this work alone.
    pub async fn login_all(
        &self,
        work: &Work,
        accounts: &[(&str, &str, Option<String>)],
    ) -> Result<Login> {
        let own = own_folder();
        let mut config = match own.clone() {
            Some(own) => apart(move || read(&own)).await??,
            None => Map::new(),
        };
        let stored = match config.remove("credsStore") {
            Some(Value::String(store)) => self.stored(work, &store).await,
            _ => Vec::new(),
        };
        let domains: Vec<_> = accounts.iter().map(|(domain, ..)| (*domain).to_owned()).collect();
        let make =
            move || Login::make(&std::env::temp_dir(), own.as_deref(), config, &stored, &domains);
        let login = apart(make).await??;
        for (domain, account, token) in accounts {
            self.log_in(work, &login, domain, account, token.as_deref()).await?;
        }
        Ok(login)
    }

    async fn log_in(
        &self,
        work: &Work,
        login: &Login,
        domain: &str,
        account: &str,
        token: Option<&str>,
    ) -> Result<()> {
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            Error::invalid(format!(
                "there is no token for account {account:?} of registry {domain}; add the account \
                 to the registry accounts of Core or to the configuration of this agent"
            ))
        })?;
        work.redactor.add(token, "REGISTRY_TOKEN");
        let argv = ["docker", "login", "--username", account, "--password-stdin", "--", domain];
        let mut program = login.given_to(Program::new(argv, self.change));
        program.input = Some(token.as_bytes().to_vec());
        let output = work.quietly(&program).await?;
        match output.success {
            true => Ok(()),
            false => Err(Error::failed(format!("{domain} refused the login of {account:?}"))
                .cause(output.stderr.trim())),
        }
    }

    /// The registries that a person's keychain knows, with its name.
    async fn stored(&self, work: &Work, store: &str) -> Vec<(String, String)> {
        let mut program =
            Program::new([format!("docker-credential-{store}"), "list".into()], self.query);
        program.input = Some(Vec::new());
        let listed = work.quietly(&program).await.map(|output| output.stdout).unwrap_or_default();
        let known: BTreeMap<String, String> = serde_json::from_str(&listed).unwrap_or_default();
        known.into_keys().map(|registry| (registry, store.to_owned())).collect()
    }
}

impl Login {
    /// A folder with a person's configuration, without what would keep the login
    /// of some domains elsewhere.
    fn make(
        within: &Path,
        own: Option<&Path>,
        mut config: Map<String, Value>,
        stored: &[(String, String)],
        domains: &[String],
    ) -> Result<Self> {
        config.remove("credsStore");
        let helpers = config.entry("credHelpers").or_insert_with(|| json!({}));
        if let Some(helpers) = helpers.as_object_mut() {
            for (registry, store) in stored {
                helpers.entry(registry).or_insert_with(|| json!(store));
            }
            // The address may be written in several ways; Docker Hub has more.
            helpers
                .retain(|registry, _| !domains.iter().any(|domain| host(domain) == host(registry)));
        }
        let login = Self(make_in(within)?);
        let path = login.0.path().to_owned();
        let wrong = |error: std::io::Error| {
            Error::failed(format!("a configuration of docker cannot be made in {}", path.display()))
                .cause(error)
        };
        // Plugins, contexts and what else is there are the person's own.
        for entry in own.and_then(|own| std::fs::read_dir(own).ok()).into_iter().flatten().flatten()
        {
            if entry.file_name() != "config.json" {
                let target = std::fs::canonicalize(entry.path()).unwrap_or_else(|_| entry.path());
                symlink(target, path.join(entry.file_name())).map_err(wrong)?;
            }
        }
        let config = serde_json::to_vec(&config)
            .map_err(|error| Error::internal("a configuration cannot be written").cause(error))?;
        login.0.write("config.json", &config)?;
        Ok(login)
    }
}

impl Outfit for Login {
    fn given_to(&self, program: Program) -> Program {
        program.variable("DOCKER_CONFIG", self.0.path().display().to_string())
    }
}

/// Where docker's own configuration is.
pub(crate) fn own_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match set("DOCKER_CONFIG") {
        Some(folder) => Some(folder.into()),
        None => set("HOME").map(|home| Path::new(&home).join(".docker")),
    }
}

fn read(folder: &Path) -> Result<Map<String, Value>> {
    let path = folder.join("config.json");
    match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(Error::failed(format!("{} cannot be read", path.display())).cause(error)),
        Ok(text) if text.trim_ascii().is_empty() => Ok(Map::new()),
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| Error::invalid(format!("{} is no JSON", path.display())).cause(error)),
    }
}

/// The host of a registry's address; Docker Hub's is known by several.
fn host(registry: &str) -> &str {
    let rest = registry.split_once("://").map_or(registry, |(_, rest)| rest);
    match rest.split('/').next().unwrap_or(rest) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_run_has_the_persons_configuration_and_leaves_it_as_it_is() {
        let (own, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = r#"{"auths":{"a.example":{"auth":"eA=="}},"credsStore":"chain",
            "credHelpers":{"b.example":"other","https://c.example/v1/":"other"}}"#;
        std::fs::write(own.path().join("config.json"), text).unwrap();
        std::fs::create_dir(own.path().join("cli-plugins")).unwrap();
        std::fs::write(own.path().join("cli-plugins/docker-x"), "plugin").unwrap();
        let config = read(own.path()).unwrap();
        let stored = [("d.example".to_owned(), "chain".to_owned())];
        let login = Login::make(
            within.path(),
            Some(own.path()),
            config,
            &stored,
            &["c.example".to_owned()],
        )
        .unwrap();
        let folder = login.0.path().to_owned();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let plugin = std::fs::read_to_string(folder.join("cli-plugins/docker-x")).unwrap();
        assert_eq!(plugin, "plugin");
        let config = read(&folder).unwrap();
        assert_eq!(config["auths"]["a.example"]["auth"], "eA==");
        assert_eq!(config["credHelpers"], json!({ "b.example": "other", "d.example": "chain" }));
        assert!(!config.contains_key("credsStore"));
        // What docker writes there is gone with the run; the person's is as it was.
        std::fs::write(folder.join("config.json"), "{}").unwrap();
        drop(login);
        assert!(!folder.try_exists().unwrap());
        assert_eq!(std::fs::read_to_string(own.path().join("config.json")).unwrap(), text);
        assert!(own.path().join("cli-plugins/docker-x").try_exists().unwrap());
    }

    #[test]
    fn addresses_of_one_registry_are_one() {
        assert_eq!(host("https://index.docker.io/v1/"), host("docker.io"));
        assert_eq!(host("https://ghcr.io"), "ghcr.io");
    }
}
