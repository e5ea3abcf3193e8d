//! Core's two passes over `[[NAME]]`: variables first, secrets second.
//!
//! Secrets are the core configuration's `secrets` and the variables marked
//! secret; such a variable wins over a configured secret of its name. What was
//! filled in is logged: values of variables, names of secrets. A name that
//! nobody knows stays and is warned of, with the field it is in; the agent's own
//! secrets may still fill it.

use std::collections::{BTreeMap, BTreeSet};

use varanus_proto::interpolate::interpolate;
use varanus_proto::{Context, Result};

use crate::Core;
use crate::run::Run;

/// Interpolates the fields of one run.
pub struct Interpolator {
    variables: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    used_variables: BTreeMap<String, String>,
    used_secrets: BTreeSet<String>,
    unknown: BTreeMap<String, BTreeSet<&'static str>>,
    /// Values of several lines that stay for the agent, by name.
    left: BTreeMap<String, String>,
}

impl Interpolator {
    /// With what Core knows now.
    pub fn new(core: &Core) -> Self {
        let mut variables = BTreeMap::new();
        let mut secrets: BTreeMap<String, String> = core
            .config
            .secrets
            .iter()
            .map(|(name, value)| (name.clone(), value.expose().clone()))
            .collect();
        for variable in core.catalog.variables.all() {
            let into = if variable.is_secret { &mut secrets } else { &mut variables };
            into.insert(variable.name.clone(), variable.value.clone());
        }
        Self {
            variables,
            secrets,
            used_variables: BTreeMap::new(),
            used_secrets: BTreeSet::new(),
            unknown: BTreeMap::new(),
            left: BTreeMap::new(),
        }
    }

    /// With a value for this run alone, which wins over a variable of its name.
    pub fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), value);
    }

    /// One more secret, of this run alone.
    pub fn add_secret(&mut self, name: &str, value: &str) {
        self.secrets.insert(name.to_owned(), value.to_owned());
    }

    /// Every secret that Core knows, with its name.
    pub fn all_secrets(&self) -> Vec<(String, String)> {
        let there = self.secrets.iter().filter(|(_, value)| !value.is_empty());
        there.map(|(name, value)| (value.clone(), name.clone())).collect()
    }

    /// Fills in one field. Errors name the field.
    pub fn fill(&mut self, field: &'static str, text: &mut String) -> Result<()> {
        if !text.contains("[[") {
            return Ok(());
        }
        let wrong = || format!("the field {field} cannot be interpolated");
        let first = interpolate(text, |name| self.variables.get(name).map(String::as_str))
            .with_context(wrong)?;
        let second = interpolate(&first.text, |name| self.secrets.get(name).map(String::as_str))
            .with_context(wrong)?;
        for name in first.used {
            let value = self.variables.get(&name).cloned().unwrap_or_default();
            self.used_variables.insert(name, value);
        }
        for name in second.unknown {
            self.unknown.entry(name).or_default().insert(field);
        }
        self.used_secrets.extend(second.used);
        *text = second.text;
        Ok(())
    }

    /// Fills in a text that is read line by line, where a value of several lines
    /// would become several entries: such a name stays, and the agent gets its
    /// value with the secrets. Errors name the field.
    pub fn fill_lines(&mut self, field: &'static str, text: &mut String) -> Result<()> {
        let of_lines = |values: &mut BTreeMap<String, String>| -> BTreeMap<String, String> {
            values.extract_if(.., |_, value| value.contains(['\n', '\r'])).collect()
        };
        let variables = of_lines(&mut self.variables);
        let secrets = of_lines(&mut self.secrets);
        let filled = self.fill(field, text);
        for (name, value) in variables.iter().chain(&secrets) {
            let stays = self.unknown.get_mut(name).is_some_and(|fields| fields.remove(field));
            if stays {
                self.left.insert(name.clone(), value.clone());
            }
        }
        self.unknown.retain(|_, fields| !fields.is_empty());
        self.variables.extend(variables);
        self.secrets.extend(secrets);
        filled
    }

    /// Fills in every text of a list.
    pub fn fill_all(&mut self, field: &'static str, texts: &mut [String]) -> Result<()> {
        texts.iter_mut().try_for_each(|text| self.fill(field, text))
    }

    /// Writes into the run's log what was filled in and what was not, and
    /// returns the secrets with their names, for the agent's redaction.
    pub fn finish(self, run: &Run) -> Vec<(String, String)> {
        if !self.used_variables.is_empty() {
            let lines: Vec<_> = self
                .used_variables
                .iter()
                .map(|(name, value)| format!("{name} => {value}"))
                .collect();
            run.info("Interpolate Variables", lines.join("\n"));
        }
        if !self.used_secrets.is_empty() {
            let lines: Vec<_> =
                self.used_secrets.iter().map(|name| format!("replaced {name}")).collect();
            run.info("Interpolate Secrets", lines.join("\n"));
        }
        if !self.unknown.is_empty() {
            let lines: Vec<_> = self
                .unknown
                .iter()
                .map(|(name, fields)| {
                    let fields: Vec<_> = fields.iter().copied().collect();
                    format!(
                        "warning: [[{name}]] in {} is no variable or secret of Core; it stays as it \
                         is unless the agent knows it",
                        fields.join(", ")
                    )
                })
                .collect();
            run.info("Interpolate", lines.join("\n"));
        }
        self.into_secrets()
    }

    /// The secrets that were filled in, with their names.
    pub fn into_secrets(self) -> Vec<(String, String)> {
        let secrets = self.secrets;
        let used = self.used_secrets.iter().filter_map(|name| secrets.get_key_value(name));
        let known =
            used.filter(|(name, value)| !value.is_empty() && !self.left.contains_key(*name));
        known.chain(&self.left).map(|(name, value)| (value.clone(), name.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::variable::Variable;

    use super::*;
    use crate::testing::Tester;

    #[tokio::test]
    async fn a_value_of_several_lines_is_left_for_the_agent() {
        let tester = Tester::new().await;
        let core = &tester.core;
        let mut commit = crate::Commit::new();
        for (name, value, is_secret) in
            [("HOST", "a.example", false), ("CERT", "one\ntwo", true), ("KEY", "s3cret", true)]
        {
            let (name, value) = (name.to_owned(), value.to_owned());
            let variable = Variable { name, value, is_secret, ..Default::default() };
            commit.insert(&core.catalog.variables, variable).unwrap();
        }
        commit.commit(&*core.store).await.unwrap();
        let mut fill = Interpolator::new(core);
        let mut text = "HOST=[[HOST]]\nCERT=[[CERT]]\nKEY=[[KEY]]\nX=[[X]]".to_owned();
        fill.fill_lines("environment", &mut text).unwrap();
        assert_eq!(text, "HOST=a.example\nCERT=[[CERT]]\nKEY=s3cret\nX=[[X]]");
        let mut command = "echo [[CERT]]".to_owned();
        fill.fill("command", &mut command).unwrap();
        assert_eq!(command, "echo one\ntwo");
        assert_eq!(fill.unknown.keys().collect::<Vec<_>>(), ["X"]);
        let mut secrets = fill.into_secrets();
        secrets.sort();
        let pair = |value: &str, name: &str| (value.to_owned(), name.to_owned());
        assert_eq!(secrets, [pair("one\ntwo", "CERT"), pair("s3cret", "KEY")]);
    }
}
