//! The third pass of interpolation: this agent's own secrets, and of Core's the
//! values of several lines, which no text of lines can hold before it is read.

use std::collections::BTreeMap;

use varanus_proto::Result;
use varanus_proto::interpolate::interpolate;

use crate::agent::Agent;

/// Fills in what only this host can.
pub struct Filler<'a> {
    agent: Option<&'a Agent>,
    lines: BTreeMap<&'a str, &'a str>,
    skip: bool,
}

impl<'a> Filler<'a> {
    /// With the secrets of an agent, and those of a request (value, name) that
    /// have several lines. With `skip` every text stays as it is.
    pub fn new(agent: &'a Agent, replacers: &'a [(String, String)], skip: bool) -> Self {
        let of_lines = replacers.iter().filter(|(value, _)| value.contains(['\n', '\r']));
        let lines = of_lines.map(|(value, name)| (name.as_str(), value.as_str())).collect();
        Self { agent: Some(agent), lines, skip }
    }

    /// With values alone.
    #[cfg(test)]
    pub fn of(values: &'a BTreeMap<String, String>) -> Self {
        let lines = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self { agent: None, lines, skip: false }
    }

    /// Fills in one text.
    pub fn fill(&self, text: &str) -> Result<String> {
        if self.skip || !text.contains("[[") {
            return Ok(text.to_owned());
        }
        let own = |name: &str| {
            let secret = self.agent?.config.secrets.get(name)?;
            Some(secret.expose().as_str())
        };
        Ok(interpolate(text, |name| self.lines.get(name).copied().or_else(|| own(name)))?.text)
    }
}
