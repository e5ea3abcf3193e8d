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
        }
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
        self.used_secrets
            .into_iter()
            .filter_map(|name| secrets.get(&name).map(|value| (value.clone(), name.clone())))
            .filter(|(value, _)| !value.is_empty())
            .collect()
    }
}
