//! From files, environment and arguments to typed settings.
//!
//! In order, the later over the earlier: defaults, files, environment, command
//! line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::environment::Environment;
use crate::files::Search;
use crate::format::{self, Format};
use crate::interpolate::interpolate;
use crate::merge::{merge, normalise};
use crate::node::{Data, Node, Source};
use crate::report::{At, Invalid, Report};
use crate::schema::{Field, Kind, Schema, nearest};
use crate::setting::Setting;
use crate::values::split_list;

/// What the loading of a program's configuration needs to know of it.
pub struct Program {
    /// The command, as people type it.
    pub name: &'static str,
    /// The start of its variables, without the last `_`: `KOMODO`.
    pub prefix: &'static str,
    /// Starts of variables that are somebody else's: `KOMODO_CLI_`.
    pub foreign: &'static [&'static str],
    /// Where files are looked for when nobody says; `$HOME` is replaced.
    pub default_paths: &'static [&'static str],
    /// The wildcards for names when nobody says.
    pub default_keywords: &'static [&'static str],
    /// The name of the file that lists further paths.
    pub include_file: &'static str,
    /// The variable that asks for the loading to be told, if there is one.
    pub debug: Option<&'static str>,
}

impl Program {
    fn variable(&self, rest: &str) -> String {
        format!("{}_{rest}", self.prefix)
    }

    /// The variables that steer the loading itself, with their meaning.
    pub fn loader_variables(&self) -> Vec<(Vec<String>, String, &'static str)> {
        let list = |items: &[&str]| match items {
            [] => "none".to_owned(),
            items => items.join(","),
        };
        let mut variables = vec![
            (
                vec![self.variable("CONFIG_PATHS"), self.variable("CONFIG_PATH")],
                list(self.default_paths),
                "Files and directories to read, with commas between.",
            ),
            (
                vec![self.variable("CONFIG_KEYWORDS"), self.variable("CONFIG_KEYWORD")],
                list(self.default_keywords),
                "Wildcards for the names of files in directories, with commas between.",
            ),
            (
                vec![self.variable("MERGE_NESTED_CONFIG")],
                "true".into(),
                "Tables of several files merge key by key.",
            ),
            (
                vec![self.variable("EXTEND_CONFIG_ARRAYS")],
                "true".into(),
                "Lists of several files are joined.",
            ),
        ];
        if let Some(debug) = self.debug {
            variables.push((
                vec![debug.to_owned()],
                "false".into(),
                "Tell at the start which files were read and where each setting came from.",
            ));
        }
        variables
    }
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Configuration paths, instead of the environment's.
    pub paths: Vec<PathBuf>,
    /// Keywords, instead of the environment's.
    pub keywords: Vec<String>,
    /// Whether tables merge key by key.
    pub merge_nested: Option<bool>,
    /// Whether lists are joined.
    pub extend_arrays: Option<bool>,
    /// Settings: the dotted key, the argument's name, the value.
    pub values: Vec<(&'static str, &'static str, String)>,
}

impl Overrides {
    /// Adds the value of an argument, when it was given.
    #[must_use]
    pub fn set(mut self, key: &'static str, flag: &'static str, value: Option<String>) -> Self {
        self.values.extend(value.map(|value| (key, flag, value)));
        self
    }
}

/// The merged files, before the environment is laid over them.
pub struct Tree {
    /// The settings, aliases resolved, variables replaced.
    pub root: Node,
    /// The files that were read, in their order.
    pub files: Vec<PathBuf>,
    /// Whether tables of several files merge key by key.
    pub merge_nested: bool,
    /// Whether lists of several files are joined.
    pub extend_arrays: bool,
    /// Whether the loading is to be told.
    pub debug: bool,
    /// What was found so far.
    pub report: Report,
}

/// A loaded configuration.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The settings.
    pub value: T,
    /// To be logged at the start.
    pub warnings: Vec<String>,
    /// The files that were read, in their order.
    pub files: Vec<PathBuf>,
    /// Whether the loading is to be told (`KOMODO_CONFIG_DEBUG`).
    pub debug: bool,
    /// Every setting that is not at its default.
    pub given: Vec<Given>,
}

/// A setting that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The dotted key.
    pub key: String,
    /// The value, or a placeholder for a secret.
    pub shown: String,
    /// Where it was given, in words.
    pub source: String,
}

impl<T> Loaded<T> {
    /// The settings that are not at their default, one a line, without
    /// secrets: for the log at the start.
    pub fn summary(&self) -> String {
        let lines: Vec<_> = self
            .given
            .iter()
            .map(|given| format!("{} = {}  ({})", given.key, given.shown, given.source))
            .collect();
        lines.join("\n")
    }
}

/// Checks across settings, after each was read.
pub struct Check<'a> {
    root: &'a Node,
    report: &'a mut Report,
}

impl Check<'_> {
    /// Refuses the value at a key.
    pub fn reject(&mut self, key: &str, message: impl std::fmt::Display) {
        let place = self.place(key);
        self.report.problems.push(format!("{place}: {message}"));
    }

    /// Warns of the value at a key.
    pub fn warn(&mut self, key: &str, message: impl std::fmt::Display) {
        let place = self.place(key);
        self.report.warnings.push(format!("{place}: {message}"));
    }

    /// Whether somebody gave the value at a key.
    pub fn is_given(&self, key: &str) -> bool {
        self.root.find(key).is_some()
    }

    fn place(&self, key: &str) -> String {
        self.root.find(key).map_or(Source::Default, |node| node.source.clone()).describe(key)
    }
}

/// Loads a program's configuration. `check` looks at it as a whole.
pub fn load<T: Setting>(
    program: &Program,
    env: &Environment,
    overrides: &Overrides,
    check: impl FnOnce(&T, &mut Check<'_>),
) -> Result<Loaded<T>, Invalid> {
    gather::<T>(program, env, overrides).finish(program, env, overrides, check)
}

/// Reads and merges the files.
pub fn gather<T: Setting>(program: &Program, env: &Environment, overrides: &Overrides) -> Tree {
    let mut report = Report { problems: env.problems.clone(), warnings: Vec::new() };
    let schema = Schema::of::<T>();

    let (paths, origin) = paths(program, env, overrides);
    let keywords = if overrides.keywords.is_empty() {
        let given = first(env, program, &["CONFIG_KEYWORDS", "CONFIG_KEYWORD"]);
        match given {
            Some((_, text)) => split_list(text).map(str::to_owned).collect(),
            None => program.default_keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
        }
    } else {
        overrides.keywords.clone()
    };
    let mut flag = |name: &str, default| flag(env, name, default, &mut report);
    let merge_nested = flag(&program.variable("MERGE_NESTED_CONFIG"), true);
    let extend_arrays = flag(&program.variable("EXTEND_CONFIG_ARRAYS"), true);
    let debug = program.debug.is_some_and(|name| flag(name, false));
    let merge_nested = overrides.merge_nested.unwrap_or(merge_nested);
    let extend_arrays = overrides.extend_arrays.unwrap_or(extend_arrays);

    let search = Search {
        keywords: &keywords,
        include_file: program.include_file,
        origin: origin.as_deref(),
    };
    let found = search.run(&paths);
    report.problems.extend(found.problems);

    let mut root = Node::empty();
    for path in &found.files {
        match read(path) {
            Ok(mut node) => {
                normalise(&mut node, &schema, "", &mut report);
                merge(&mut root, node, merge_nested, extend_arrays);
            }
            Err(problem) => report.problems.push(problem),
        }
    }
    interpolate(&mut root, env, "", &mut report);
    Tree { root, files: found.files, merge_nested, extend_arrays, debug, report }
}

impl Tree {
    /// Lays the environment and the arguments over the files, and reads.
    pub fn finish<T: Setting>(
        mut self,
        program: &Program,
        env: &Environment,
        overrides: &Overrides,
        check: impl FnOnce(&T, &mut Check<'_>),
    ) -> Result<Loaded<T>, Invalid> {
        let schema = Schema::of::<T>();
        overlay(&mut self.root, &schema, &[String::new()], env, &mut self.report);
        for (key, flag, value) in &overrides.values {
            let source = Source::Argument((*flag).to_owned());
            self.root.put(key, Node { data: Data::Text(value.clone()), source });
        }
        warn_of_slips(program, &schema, env, &mut self.report);

        let at = At { key: "", shape: "a table", secret: false };
        let value = T::read(&self.root, at, &mut self.report);
        if let Some(value) = &value {
            check(value, &mut Check { root: &self.root, report: &mut self.report });
        }
        match value {
            Some(value) if self.report.problems.is_empty() => {
                let mut given = Vec::new();
                collect_given(&self.root, &schema, "", &mut given);
                Ok(Loaded {
                    value,
                    warnings: self.report.warnings,
                    files: self.files,
                    debug: self.debug,
                    given,
                })
            }
            _ => Err(Invalid { program: program.name, problems: self.report.problems }),
        }
    }
}

/// The paths, and who named them.
fn paths(
    program: &Program,
    env: &Environment,
    overrides: &Overrides,
) -> (Vec<PathBuf>, Option<String>) {
    if !overrides.paths.is_empty() {
        return (overrides.paths.clone(), Some("--config-path".into()));
    }
    let defaults = || -> Vec<PathBuf> {
        let home = env.get("HOME");
        program
            .default_paths
            .iter()
            .filter_map(|path| match path.strip_prefix("$HOME/") {
                Some(rest) => home.map(|home| Path::new(home).join(rest)),
                None => Some(PathBuf::from(path)),
            })
            .collect()
    };
    match first(env, program, &["CONFIG_PATHS", "CONFIG_PATH"]) {
        Some((name, text)) => {
            let paths: Vec<PathBuf> = split_list(text).map(PathBuf::from).collect();
            // Komodo's compose files set the default; nobody misses it then.
            let origin = (paths != defaults()).then(|| format!("{name} (environment)"));
            (paths, origin)
        }
        None => (defaults(), None),
    }
}

fn first<'a>(env: &'a Environment, program: &Program, names: &[&str]) -> Option<(String, &'a str)> {
    names.iter().find_map(|name| {
        let name = program.variable(name);
        let value = env.get(&name).filter(|value| !value.is_empty())?;
        Some((name, value))
    })
}

fn flag(env: &Environment, name: &str, default: bool, report: &mut Report) -> bool {
    let Some(text) = env.get(name).filter(|text| !text.is_empty()) else { return default };
    let node = Node { data: Data::from(text), source: env.source(name) };
    let shape = bool::shape();
    bool::read(&node, At { key: name, shape: &shape, secret: false }, report).unwrap_or(default)
}

fn read(path: &Path) -> Result<Node, String> {
    let format = Format::of(path).ok_or_else(|| format!("{}: unknown format", path.display()))?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    format::parse(&text, format, &Arc::from(path))
}

/// Lays the environment over a table.
fn overlay(
    node: &mut Node,
    schema: &Schema,
    prefixes: &[String],
    env: &Environment,
    report: &mut Report,
) {
    for field in &schema.fields {
        let names = field.variables(prefixes);
        match &field.kind {
            Kind::Table(inner) => {
                let given = node.table_mut().and_then(|table| table.remove(field.key));
                let was_given = given.is_some();
                let mut child = given.unwrap_or_else(Node::empty);
                // A value that is not a table is left for the reading to refuse.
                if child.table().is_some() {
                    overlay(&mut child, inner, &names, env, report);
                }
                if was_given || child.table().is_some_and(|table| !table.is_empty()) {
                    node.put(field.key, child);
                }
            }
            _ => {
                if let Some(value) = from_environment(field, &names, env, report) {
                    node.put(field.key, value);
                }
            }
        }
    }
}

/// The value of a setting's variables; the file that a `_FILE` variable names
/// wins over the plain variables.
fn from_environment(
    field: &Field,
    names: &[String],
    env: &Environment,
    report: &mut Report,
) -> Option<Node> {
    let wanted = |text: &&str| field.empty_is_value || !text.is_empty();
    if field.file {
        for name in names {
            let name = format!("{name}_FILE");
            let Some(path) = env.get(&name).filter(|path| !path.is_empty()) else { continue };
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    let text = text.trim_end_matches(['\r', '\n']).to_owned();
                    let source = Source::SecretFile { name, path: path.to_owned() };
                    return Some(Node { data: Data::Text(text), source });
                }
                Err(error) => {
                    let place = env.source(&name).describe(field.key);
                    report.problems.push(format!("{place}: cannot read {path}: {error}"));
                    return None;
                }
            }
        }
    }
    names.iter().find_map(|name| {
        let text = env.get(name).filter(wanted)?;
        Some(Node { data: Data::from(text), source: env.source(name) })
    })
}

/// Names variables that look like a slip of a known one.
fn warn_of_slips(program: &Program, schema: &Schema, env: &Environment, report: &mut Report) {
    let mut known = schema.variables();
    known.extend(program.loader_variables().into_iter().flat_map(|(names, _, _)| names));
    let prefix = program.variable("");
    for name in env.names() {
        if !name.starts_with(&prefix)
            || program.foreign.iter().any(|foreign| name.starts_with(foreign))
            || known.iter().any(|known| known == name)
        {
            continue;
        }
        if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
            let place = env.source(name).describe(name);
            report.warnings.push(format!("{place} is not a known setting; did you mean {near}?"));
        }
    }
}

fn collect_given(node: &Node, schema: &Schema, key: &str, given: &mut Vec<Given>) {
    let Some(table) = node.table() else { return };
    for field in &schema.fields {
        let Some(value) = table.get(field.key) else { continue };
        let key = match key {
            "" => field.key.to_owned(),
            key => format!("{key}.{}", field.key),
        };
        if let Kind::Table(inner) = &field.kind {
            collect_given(value, inner, &key, given);
            continue;
        }
        let shown = match (&field.kind, &value.data) {
            (Kind::Plain, _) if field.secret => "(secret)".into(),
            (Kind::Plain, data) => data.show(),
            (_, Data::List(items)) => format!("{} entries", items.len()),
            (_, Data::Table(table)) => format!("{} entries", table.len()),
            _ => "…".into(),
        };
        given.push(Given { source: value.source.describe(&key), key, shown });
    }
}
