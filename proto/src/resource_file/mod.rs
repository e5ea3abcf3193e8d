//! Resource files: TOML in which a person declares what is to be (Komodo 2.3
//! resource files).
//!
//! Text in, declarations and findings out: no file is opened here. Everything
//! wrong in a file is told at once, with its line, the field and the cure. What
//! a file says beside what is known is a warning, for files are shared with
//! other versions; a caller may be strict.

mod names;
mod place;
mod read;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::entity::resource::ResourceTargetVariant;
use crate::entity::toml::ResourcesToml;

pub use read::read;

/// Something to tell about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and with which field of which resource.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, cure } = self;
        write!(f, "{file}:{line}: {what}")?;
        if cure.is_empty() { Ok(()) } else { write!(f, "; {cure}") }
    }
}

/// Where a resource, a variable or a user group is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The section: `stack`, `variable`, …
    pub section: &'static str,
    /// Its name.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line of its section.
    pub line: usize,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The declarations, in the order of the file.
    pub resources: ResourcesToml,
    /// Where each of them is.
    pub declared: Vec<Declared>,
    /// What is not understood and does no harm.
    pub warnings: Vec<Finding>,
}

impl Read {
    /// Takes what another file declares too.
    pub fn join(&mut self, other: Self) {
        let (into, from) = (&mut self.resources, other.resources);
        into.swarms.extend(from.swarms);
        into.servers.extend(from.servers);
        into.stacks.extend(from.stacks);
        into.deployments.extend(from.deployments);
        into.builds.extend(from.builds);
        into.repos.extend(from.repos);
        into.procedures.extend(from.procedures);
        into.actions.extend(from.actions);
        into.alerters.extend(from.alerters);
        into.builders.extend(from.builders);
        into.resource_syncs.extend(from.resource_syncs);
        into.user_groups.extend(from.user_groups);
        into.variables.extend(from.variables);
        self.declared.extend(other.declared);
        self.warnings.extend(other.warnings);
    }

    /// What is declared more than once: which of them was meant nobody knows.
    pub fn twice(&self) -> Vec<Finding> {
        let mut first = std::collections::HashMap::new();
        let mut found = Vec::new();
        for declared in &self.declared {
            let Declared { section, name, file, line } = declared;
            if let Some(first) = first.insert((section, name), declared) {
                found.push(Finding {
                    file: file.clone(),
                    line: *line,
                    what: format!(
                        "the {section} {name:?} is declared in {}:{} already",
                        first.file, first.line
                    ),
                    cure: "remove one of them, or give it another name".into(),
                });
            }
        }
        found
    }
}

/// The name of a kind's section in a file.
pub fn section(kind: ResourceTargetVariant) -> &'static str {
    match kind {
        ResourceTargetVariant::Server => "server",
        ResourceTargetVariant::Swarm => "swarm",
        ResourceTargetVariant::Stack => "stack",
        ResourceTargetVariant::Deployment => "deployment",
        ResourceTargetVariant::Build => "build",
        ResourceTargetVariant::Repo => "repo",
        ResourceTargetVariant::Procedure => "procedure",
        ResourceTargetVariant::Action => "action",
        ResourceTargetVariant::ResourceSync => "resource_sync",
        ResourceTargetVariant::Builder => "builder",
        ResourceTargetVariant::Alerter => "alerter",
        ResourceTargetVariant::System => "system",
    }
}
