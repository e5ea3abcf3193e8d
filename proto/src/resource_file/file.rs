//! One resource file: which kinds it declares, and what is wrong with each.

use crate::entity::action::PartialActionConfig;
use crate::entity::alerter::PartialAlerterConfig;
use crate::entity::build::PartialBuildConfig;
use crate::entity::builder::PartialBuilderConfig;
use crate::entity::deployment::PartialDeploymentConfig;
use crate::entity::procedure::PartialProcedureConfig;
use crate::entity::repo::PartialRepoConfig;
use crate::entity::resource_sync::PartialResourceSyncConfig;
use crate::entity::server::PartialServerConfig;
use crate::entity::stack::PartialStackConfig;
use crate::entity::swarm::PartialSwarmConfig;
use crate::entity::toml::{ResourceToml, ResourcesToml, UserGroupToml};
use crate::entity::variable::Variable;
use crate::is_object_id;
use serde::de::DeserializeOwned;

use super::node::{self, Data, Entry, Node, Step, dotted};
use super::reader::{self, Problem, Unknown, nearest};
use super::{Finding, Level};

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

/// Reads one resource into what is declared; what is wrong with it is told for
/// each field.
type Reads = fn(&mut Node, &mut ResourcesToml) -> (Vec<Problem>, Vec<Unknown>);

/// The kinds: name, plural, shape and place.
const KINDS: &[(&str, &str, Reads)] = &[
    ("server", "servers", |node, all| {
        every::<ResourceToml<PartialServerConfig>>(node, &mut all.servers)
    }),
    ("swarm", "swarms", |node, all| {
        every::<ResourceToml<PartialSwarmConfig>>(node, &mut all.swarms)
    }),
    ("stack", "stacks", |node, all| {
        every::<ResourceToml<PartialStackConfig>>(node, &mut all.stacks)
    }),
    ("deployment", "deployments", |node, all| {
        every::<ResourceToml<PartialDeploymentConfig>>(node, &mut all.deployments)
    }),
    ("build", "builds", |node, all| {
        every::<ResourceToml<PartialBuildConfig>>(node, &mut all.builds)
    }),
    ("repo", "repos", |node, all| every::<ResourceToml<PartialRepoConfig>>(node, &mut all.repos)),
    ("procedure", "procedures", |node, all| {
        every::<ResourceToml<PartialProcedureConfig>>(node, &mut all.procedures)
    }),
    ("action", "actions", |node, all| {
        every::<ResourceToml<PartialActionConfig>>(node, &mut all.actions)
    }),
    ("resource_sync", "resource_syncs", |node, all| {
        every::<ResourceToml<PartialResourceSyncConfig>>(node, &mut all.resource_syncs)
    }),
    ("builder", "builders", |node, all| {
        every::<ResourceToml<PartialBuilderConfig>>(node, &mut all.builders)
    }),
    ("alerter", "alerters", |node, all| {
        every::<ResourceToml<PartialAlerterConfig>>(node, &mut all.alerters)
    }),
    ("variable", "variables", |node, all| every::<Variable>(node, &mut all.variables)),
    ("user_group", "user_groups", |node, all| every::<UserGroupToml>(node, &mut all.user_groups)),
];

/// Reads the text of a file. Unless it is `sure` that it is a resource file, one
/// that declares nothing of ours is left alone.
pub fn read(text: &str, sure: bool, into: &mut ResourcesToml) -> File {
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
            Some((kind, _, reads)) => file.resources(kind, *reads, entry, into),
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
        let (file, place) = (String::new(), place.to_owned());
        self.findings.push(Finding { file, line, level, place, message });
    }

    fn resources(
        &mut self,
        kind: &'static str,
        reads: Reads,
        entry: Entry,
        into: &mut ResourcesToml,
    ) {
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
            let (problems, unknown) = reads(&mut item, into);
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
fn every<T: DeserializeOwned>(node: &mut Node, into: &mut Vec<T>) -> (Vec<Problem>, Vec<Unknown>) {
    let mut problems: Vec<Problem> = Vec::new();
    let mut unknown: Vec<Unknown> = Vec::new();
    let mut removed: Vec<Vec<Step>> = Vec::new();
    loop {
        let (result, more) = reader::read::<T>(node);
        for key in more {
            if !unknown.contains(&key) {
                unknown.push(key);
            }
        }
        let problem = match result {
            Ok(read) => {
                into.push(read);
                break;
            }
            Err(problem) => problem,
        };
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
