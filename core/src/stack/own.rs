//! Which files of a repository are a stack's own: pure.
//!
//! A stack's files are those that it names (compose files, env files, config
//! files, and what these name in turn: env files, files of configs and secrets,
//! included and extended files, build contexts, what is mounted from beside
//! them), and all of its run directory, as long as that is not the whole
//! repository, nor the run directory of a stack further down. What cannot be
//! known, like a name with a variable in it, may be anything.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;
use varanus_host::sops;
use varanus_proto::entity::stack::Stack;
use varanus_proto::stack_files::{compose_files, tracked};

/// More files than this are not followed.
const MOST: usize = 500;

/// The files of one stack, as paths from the root of the repository.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The run directory; empty for the root.
    folder: String,
    /// Files and folders that are named.
    named: BTreeSet<String>,
    /// What is compared by its contents, and says itself what a change asks for.
    tracked: BTreeSet<String>,
    /// Run directories of others that are below this one.
    others: Vec<String>,
    /// Something is named that cannot be known: all of the folder counts.
    anything: bool,
}

/// A path from the root of the repository; `None` when it leads out of it.
pub(super) fn plain(base: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path is a folder itself or below it.
fn within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Own {
    /// The files of a stack. `read` gives a file of the repository; `others` are
    /// the run directories of all stacks of it.
    pub(super) fn of(
        stack: &Stack,
        others: &[String],
        read: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let config = &stack.config;
        let Some(folder) = plain("", &config.run_directory) else {
            return Self { anything: true, ..Self::default() };
        };
        let below = |other: &&String| **other != folder && within(other, &folder);
        let mut own =
            Self { others: others.iter().filter(below).cloned().collect(), ..Self::default() };
        for file in tracked(stack) {
            own.tracked.extend(plain(&folder, &file.path));
        }
        let compose_files = compose_files(stack);
        let beside = |file: &str| Some(file.rsplit_once('/')?.0.to_owned());
        let first = compose_files.first().and_then(|file| plain(&folder, file));
        let project = first.as_deref().and_then(beside).unwrap_or_default();
        let bases = [folder.clone(), project];
        own.folder = folder;
        for base in &bases {
            own.named.extend(plain(base, ".env"));
            own.named.extend(plain(base, &config.env_file_path));
        }
        let mut seen = BTreeSet::new();
        for file in &compose_files {
            if let Some(file) = plain(&own.folder, file) {
                own.compose_file(&file, &bases, &read, &mut seen);
            }
        }
        let named = own.named.iter().chain(&own.tracked);
        let encrypted: Vec<_> = named.filter_map(|path| sops::encrypted_name(path)).collect();
        own.named.extend(encrypted);
        own
    }

    /// Those of some changed paths that are the stack's own, beside the tracked
    /// ones.
    pub(super) fn among<'a>(&self, changed: &'a [String]) -> Vec<&'a str> {
        let own = |path: &&str| {
            let named = self.named.iter().any(|named| within(path, named));
            let in_folder = (self.anything || !self.folder.is_empty())
                && within(path, &self.folder)
                && !self.others.iter().any(|other| within(path, other));
            (named || in_folder) && !self.tracked.contains(*path)
        };
        changed.iter().map(String::as_str).filter(own).collect()
    }

    fn compose_file(
        &mut self,
        file: &str,
        bases: &[String],
        read: &impl Fn(&str) -> Option<String>,
        seen: &mut BTreeSet<String>,
    ) {
        if seen.len() > MOST {
            self.anything = true;
        }
        if seen.len() > MOST || !seen.insert(file.to_owned()) {
            return;
        }
        self.named.insert(file.to_owned());
        let Some(text) = read(file) else { return };
        let Ok(value) = serde_yaml_ng::from_str::<Value>(&text) else {
            self.anything = true;
            return;
        };
        let mut bases = bases.to_vec();
        let own = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !bases.iter().any(|base| base == own) {
            bases.push(own.to_owned());
        }
        let mut further = Vec::new();
        self.value(&value, &bases, &mut further);
        for file in further {
            self.compose_file(&file, &bases, read, seen);
        }
    }

    fn value(&mut self, value: &Value, bases: &[String], further: &mut Vec<String>) {
        match value {
            Value::Tagged(tagged) => self.value(&tagged.value, bases, further),
            Value::Sequence(items) => {
                items.iter().for_each(|item| self.value(item, bases, further));
            }
            Value::Mapping(map) => {
                for (key, value) in map {
                    match key.as_str().unwrap_or_default() {
                        "environment" | "labels" | "annotations" | "command" | "entrypoint" => {}
                        "include" => self.files(value, &["path"], bases, further),
                        "extends" => self.files(value, &["file"], bases, further),
                        "env_file" | "label_file" | "file" => self.name(value, "path", bases),
                        "build" => self.name(value, "context", bases),
                        "volumes" => self.volumes(value, bases),
                        _ => self.value(value, bases, further),
                    }
                }
            }
            _ => {}
        }
    }

    /// A path at every place that it may mean.
    fn path(&mut self, path: &str, bases: &[String]) -> Vec<String> {
        if path.contains('$') {
            self.anything = true;
            return Vec::new();
        }
        let places: Vec<_> = bases.iter().filter_map(|base| plain(base, path)).collect();
        self.named.extend(places.iter().cloned());
        places
    }

    /// A path, a list of them, or of mappings with one under a key.
    fn name(&mut self, value: &Value, key: &str, bases: &[String]) {
        match value {
            Value::String(path) => drop(self.path(path, bases)),
            Value::Sequence(items) => items.iter().for_each(|item| self.name(item, key, bases)),
            Value::Mapping(map) => map.get(key).into_iter().for_each(|v| self.name(v, key, bases)),
            Value::Tagged(tagged) => self.name(&tagged.value, key, bases),
            _ => {}
        }
    }

    /// Compose files, which name others in turn.
    fn files(&mut self, value: &Value, keys: &[&str], bases: &[String], further: &mut Vec<String>) {
        match value {
            Value::String(path) if keys != ["file"] => further.extend(self.path(path, bases)),
            Value::Sequence(items) => {
                items.iter().for_each(|item| self.files(item, keys, bases, further));
            }
            Value::Mapping(map) => {
                map.get("env_file").into_iter().for_each(|v| self.name(v, "path", bases));
                for value in keys.iter().filter_map(|key| map.get(*key)) {
                    self.files(value, &[], bases, further);
                }
            }
            Value::Tagged(tagged) => self.files(&tagged.value, keys, bases, further),
            _ => {}
        }
    }

    /// What is mounted from a place of the repository: `./a:/b`, or a `source`.
    fn volumes(&mut self, value: &Value, bases: &[String]) {
        let Value::Sequence(items) = value else { return };
        for item in items {
            let source = match item {
                Value::String(text) => text.split(':').next(),
                Value::Mapping(map) => map.get("source").and_then(Value::as_str),
                _ => None,
            };
            match source {
                Some(source) if source.starts_with('.') || source.contains("/") => {
                    self.path(source, bases);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::stack::{StackFileDependency, StackFileRequires};

    use super::*;

    fn stack(run_directory: &str) -> Stack {
        let mut stack = Stack::default();
        stack.config.run_directory = run_directory.into();
        stack.config.env_file_path = ".env".into();
        stack
    }

    fn among(stack: &Stack, others: &[&str], compose: &str, changed: &[&str]) -> Vec<String> {
        let others: Vec<_> = others.iter().map(|other| (*other).to_owned()).collect();
        let changed: Vec<_> = changed.iter().map(|path| (*path).to_owned()).collect();
        let read = |path: &str| {
            let text = match path {
                "more/base.yaml" => "services: {a: {env_file: deep.env}}",
                path if path.ends_with("compose.yaml") => compose,
                _ => return None,
            };
            Some(text.to_owned())
        };
        let own = Own::of(stack, &others, read);
        own.among(&changed).into_iter().map(str::to_owned).collect()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_run_directory_is_a_stacks_own_but_for_that_of_another() {
        let web = stack("./stacks/web/");
        let all =
            ["stacks/web/conf/a", "stacks/web2/a", "README.md", "stacks/web/sub/b", "stacks/webx"];
        let found = among(&web, &["stacks/web", "stacks/web/sub", "stacks/web2"], "{}", &all);
        assert_eq!(found, ["stacks/web/conf/a"]);
        // The compose file is compared by its contents.
        assert_eq!(among(&web, &[], "{}", &["stacks/web/compose.yaml"]), NONE);
    }

    #[test]
    fn what_compose_files_name_is_a_stacks_own() {
        let compose = "
include: [../../more/base.yaml]
services:
  a:
    build: {context: ../../src}
    env_file: [{path: ../../shared/a.env}]
    environment: {file: ../../no.env}
    volumes: ['./conf:/conf', 'data:/data', {type: bind, source: ../../mounted}]
    extends: {file: ../../more/base.yaml, service: a}
configs: {c: {file: ../../c.conf}}
";
        let changed = [
            "src/main.c",
            "shared/a.env",
            "no.env",
            "mounted/x/y",
            "c.conf",
            "more/base.yaml",
            "more/deep.env",
            "other/x",
        ];
        let found = among(&stack("stacks/web"), &[], compose, &changed);
        assert_eq!(
            found,
            [
                "src/main.c",
                "shared/a.env",
                "mounted/x/y",
                "c.conf",
                "more/base.yaml",
                "more/deep.env"
            ]
        );
    }

    #[test]
    fn of_a_whole_repository_only_what_is_named_counts() {
        let changed = ["README.md", "conf/a", ".env", "b/c"];
        let compose = "services: {a: {volumes: ['./conf:/conf']}}";
        assert_eq!(among(&stack(""), &["b"], compose, &changed), ["conf/a", ".env"]);
        // But where a name cannot be known it is anything.
        let unknown = "services: {a: {env_file: '${WHICH}.env'}}";
        assert_eq!(among(&stack(""), &["b"], unknown, &changed), ["README.md", "conf/a", ".env"]);
    }

    #[test]
    fn a_config_file_says_itself_what_a_change_asks_for() {
        let mut web = stack("web");
        web.config.config_files = vec![StackFileDependency {
            path: "quiet.conf".into(),
            services: Vec::new(),
            requires: StackFileRequires::None,
        }];
        assert_eq!(among(&web, &[], "{}", &["web/quiet.conf", "web/loud.conf"]), ["web/loud.conf"]);
    }
}
