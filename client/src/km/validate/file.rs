//! One resource file: which kinds it declares, and what is wrong with each.

use std::fmt;

use serde::de::DeserializeOwned;
use varanus_proto::entity::action::PartialActionConfig;
use varanus_proto::entity::alerter::PartialAlerterConfig;
use varanus_proto::entity::build::PartialBuildConfig;
use varanus_proto::entity::builder::PartialBuilderConfig;
use varanus_proto::entity::deployment::PartialDeploymentConfig;
use varanus_proto::entity::procedure::PartialProcedureConfig;
use varanus_proto::entity::repo::PartialRepoConfig;
use varanus_proto::entity::resource_sync::PartialResourceSyncConfig;
use varanus_proto::entity::server::PartialServerConfig;
use varanus_proto::entity::stack::PartialStackConfig;
use varanus_proto::entity::swarm::PartialSwarmConfig;
use varanus_proto::entity::toml::{ResourceToml, UserGroupToml};
use varanus_proto::entity::variable::Variable;
use varanus_proto::is_object_id;

use super::node::{self, Data, Entry, Node, Step, dotted};
use super::reader::{Problem, Unknown, nearest, read};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A sync would refuse it.
    Error,
    /// A sync would pass over it, and a person surely did not mean that.
    UnknownKey,
    /// It may well be meant.
    Hint,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    pub line: usize,
    /// The resource and the field, or nothing for the file.
    pub place: String,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A resource that a file declares.
pub struct Declared {
    pub kind: &'static str,
    pub name: String,
    pub line: usize,
}

/// What a file declares, and what is wrong with it.
#[derive(Default)]
pub struct File {
    pub declared: Vec<Declared>,
    pub findings: Vec<Finding>,
}

/// Reads one resource; what is wrong with it is told for each field.
type Reads = fn(&mut Node) -> (Vec<Problem>, Vec<Unknown>);

/// The kinds: name, plural, shape.
const KINDS: &[(&str, &str, Reads)] = &[
    ("server", "servers", every::<ResourceToml<PartialServerConfig>>),
    ("swarm", "swarms", every::<ResourceToml<PartialSwarmConfig>>),
    ("stack", "stacks", every::<ResourceToml<PartialStackConfig>>),
    ("deployment", "deployments", every::<ResourceToml<PartialDeploymentConfig>>),
    ("build", "builds", every::<ResourceToml<PartialBuildConfig>>),
    ("repo", "repos", every::<ResourceToml<PartialRepoConfig>>),
    ("procedure", "procedures", every::<ResourceToml<PartialProcedureConfig>>),
    ("action", "actions", every::<ResourceToml<PartialActionConfig>>),
    ("resource_sync", "resource_syncs", every::<ResourceToml<PartialResourceSyncConfig>>),
    ("builder", "builders", every::<ResourceToml<PartialBuilderConfig>>),
    ("alerter", "alerters", every::<ResourceToml<PartialAlerterConfig>>),
    ("variable", "variables", every::<Variable>),
    ("user_group", "user_groups", every::<UserGroupToml>),
];

/// Checks the text of a file. Unless it is `sure` that it is a resource file,
/// one that declares nothing of ours is left alone.
pub fn check(text: &str, sure: bool) -> File {
    let mut file = File::default();
    let (root, syntax) = node::parse(text);
    let Data::Table(entries) = root.data else { return file };
    let ours = |entry: &Entry| kind(&entry.key).is_some();
    if !entries.is_empty() && !entries.iter().any(ours) && !sure {
        file.push(Level::Hint, 1, "", "declares no resources: left alone".into());
        return file;
    }
    for error in syntax {
        file.push(Level::Error, error.line, "", error.message);
    }
    for entry in entries {
        match kind(&entry.key) {
            Some((kind, _, reads)) => file.resources(kind, *reads, entry),
            None => {
                let known: Vec<_> = KINDS.iter().map(|(kind, _, _)| *kind).collect();
                let hint = mean(nearest(&entry.key, &known));
                let message = format!("no kind of resource has this name{hint}");
                file.push(Level::UnknownKey, entry.line, &entry.key, message);
            }
        }
    }
    file
}

fn kind(key: &str) -> Option<&'static (&'static str, &'static str, Reads)> {
    KINDS.iter().find(|(kind, plural, _)| *kind == key || *plural == key)
}

fn mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

impl File {
    fn push(&mut self, level: Level, line: usize, place: &str, message: String) {
        self.findings.push(Finding { level, line, place: place.to_owned(), message });
    }

    fn resources(&mut self, kind: &'static str, reads: Reads, entry: Entry) {
        let Data::List(items) = entry.node.data else {
            let message = format!("must be a list of tables: write [[{}]]", entry.key);
            return self.push(Level::Error, entry.line, &entry.key, message);
        };
        for (index, mut item) in items {
            let name = item.get("name").and_then(Node::text).map(str::to_owned);
            let line = item.line;
            let what = match &name {
                Some(name) => format!("{kind} {name:?}"),
                None => format!("{kind} number {}", index + 1),
            };
            let place = |path: &[Step]| match dotted(path) {
                field if field.is_empty() => what.clone(),
                field => format!("{what}: {field}"),
            };
            match name {
                Some(name) if name.trim().is_empty() => {
                    self.push(Level::Error, line, &what, "the name is empty".into());
                }
                Some(name) if is_object_id(&name) => {
                    let message = "a name may not look like an id (24 hexadecimal digits)";
                    self.push(Level::Error, line, &what, message.into());
                }
                Some(name) => self.declared.push(Declared { kind, name, line }),
                None => {}
            }
            let (problems, unknown) = reads(&mut item);
            for problem in problems {
                let (at, path) = problem.place.unwrap_or((line, Vec::new()));
                self.push(Level::Error, at, &place(&path), problem.message);
            }
            for Unknown { line, path, nearest } in unknown {
                let message = format!("no such key{}", mean(nearest));
                self.push(Level::UnknownKey, line, &place(&path), message);
            }
        }
    }
}

/// Reads a resource again and again, each time without the field that was wrong
/// before, until all that is left is right: so every error is told, not only the
/// first.
fn every<T: DeserializeOwned>(node: &mut Node) -> (Vec<Problem>, Vec<Unknown>) {
    let mut problems: Vec<Problem> = Vec::new();
    let mut unknown: Vec<Unknown> = Vec::new();
    let mut removed: Vec<Vec<Step>> = Vec::new();
    loop {
        let (result, more) = read::<T>(node);
        for key in more {
            if !unknown.contains(&key) {
                unknown.push(key);
            }
        }
        let Err(problem) = result else { break };
        let path = problem.place.as_ref().map(|(_, path)| path.clone()).unwrap_or_default();
        // A field that was taken out because it is wrong is not missing.
        let ours = problem.message.strip_prefix("missing field `").is_some_and(|rest| {
            let field = Step::Key(rest.trim_end_matches('`').to_owned());
            removed.iter().any(|gone| gone.split_last() == Some((&field, &path)))
        });
        if !ours {
            problems.push(problem);
        }
        if path.is_empty() || !node.remove(&path) {
            break;
        }
        removed.push(path);
    }
    (problems, unknown)
}
