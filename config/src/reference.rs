//! The settings as text: the `--help` list, the reference page, its check.

use std::fmt::Write as _;
use std::path::Path;

use crate::load::Program;
use crate::node::Data;
use crate::schema::{Field, Kind, Schema};
use crate::setting::Setting;

/// A setting as documentation shows it.
struct Row {
    key: String,
    variables: Vec<String>,
    default: String,
    field: Field,
}

fn rows(schema: &Schema, key: &str, prefixes: &[String], over: Option<&Data>, out: &mut Vec<Row>) {
    for field in &schema.fields {
        let path = match key {
            "" => field.key.to_owned(),
            key => format!("{key}.{}", field.key),
        };
        let mut variables = field.variables(prefixes);
        let default = match over {
            Some(Data::Table(table)) => table.get(field.key).map(|node| &node.data),
            _ => None,
        }
        .unwrap_or(&field.default);
        match &field.kind {
            Kind::Table(inner) => rows(inner, &path, &variables, Some(default), out),
            Kind::Tables(inner) => {
                let row = Row {
                    key: path.clone(),
                    variables,
                    default: "[]".into(),
                    field: field.clone(),
                };
                out.push(row);
                rows(inner, &format!("{path}[]"), &[], None, out);
            }
            _ => {
                if field.file {
                    let files: Vec<_> =
                        variables.iter().map(|name| format!("{name}_FILE")).collect();
                    variables.extend(files);
                }
                let default = match (&field.kind, default) {
                    (Kind::Map, _) => "{}".into(),
                    (_, Data::Null) if field.shape.starts_with("a list") => "[]".into(),
                    (_, Data::Null) => "not set".into(),
                    _ if field.required => "required".into(),
                    (_, data) => data.show(),
                };
                out.push(Row { key: path, variables, default, field: field.clone() });
            }
        }
    }
}

fn all<T: Setting>() -> Vec<Row> {
    let schema = Schema::of::<T>();
    let mut out = Vec::new();
    rows(&schema, "", &[String::new()], None, &mut out);
    // What stands in a table of ours is ours.
    for row in &mut out {
        let table = row.key.split(['.', '[']).next().unwrap_or_default();
        row.field.ours |= schema.field(table).is_some_and(|field| field.ours);
    }
    out
}

/// The list for `--help`: every setting with its variables and default.
pub fn help<T: Setting>(program: &Program) -> String {
    let mut text = String::from(
        "Settings: a key of the configuration files, or a variable of the environment, which wins.\n\n",
    );
    for (names, default, doc) in program.loader_variables() {
        let _ = writeln!(text, "  {} [{default}]\n      {doc}", names[0]);
    }
    for row in all::<T>() {
        let _ = write!(text, "  {}", row.key);
        if let Some(name) = row.variables.first() {
            let _ = write!(text, "  {name}");
        }
        let _ = writeln!(text, " [{}]", row.default);
        for line in wrap(&row.field.doc, 88) {
            let _ = writeln!(text, "      {line}");
        }
    }
    text
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + word.len() + 1 > width {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

/// The reference page in Markdown.
pub fn markdown<T: Setting>(program: &Program, title: &str, about: &str) -> String {
    let mut text = format!(
        "<!-- Written by the tests of the crate that has these settings. Do not edit. -->\n\n\
         # {title}\n\n{about}\n\n\
         How files, environment and command line come together: [configuration](../configuration.md). \
         A key marked ✦ is Varanus's own; all others are those of Komodo 2.3.\n\n\
         ## Where the files are\n\n| Variable | Default | What it does |\n|---|---|---|\n"
    );
    for (names, default, doc) in program.loader_variables() {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "| {} | `{default}` | {doc} |", names.join("<br>"));
    }
    let _ = writeln!(
        text,
        "\nA file `{}` in a configuration directory lists further files and directories.",
        program.include_file
    );
    text.push_str(
        "\n## Settings\n\n| Key | Environment | Default | What it does |\n|---|---|---|---|\n",
    );
    for row in all::<T>() {
        let mark = if row.field.ours { " ✦" } else { "" };
        let mut names: Vec<_> = row.variables.iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            names.push("–".into());
        }
        let mut doc = row.field.doc.replace('|', "\\|");
        if !row.field.aliases.is_empty() {
            let aliases: Vec<_> =
                row.field.aliases.iter().map(|name| format!("`{name}`")).collect();
            let _ = write!(doc, " Also: {}.", aliases.join(", "));
        }
        let told = !matches!(row.field.kind, Kind::Plain)
            || ["a text", "a path", "true or false"].contains(&row.field.shape.as_str());
        if !told {
            let _ = write!(doc, " Expects {}.", row.field.shape);
        }
        let _ = writeln!(
            text,
            "| `{}`{mark} | {} | {} | {doc} |",
            row.key,
            names.join("<br>"),
            code(&row.default)
        );
    }
    text
}

fn code(text: &str) -> String {
    match text {
        "not set" | "required" => text.to_owned(),
        text => format!("`{text}`"),
    }
}

/// Compares a generated page with the committed one, for the test of a crate:
/// `file` is from the root of the repository. With `UPDATE` set in the
/// environment the page is written instead.
///
/// # Panics
/// When they differ, with the command that writes it.
pub fn check_page(manifest_dir: &str, file: &str, text: &str) {
    let crate_dir = Path::new(manifest_dir);
    let path = crate_dir.parent().unwrap_or(crate_dir).join(file);
    if std::env::var_os("UPDATE").is_some() {
        let written = std::fs::create_dir_all(path.parent().unwrap_or(crate_dir))
            .and_then(|()| std::fs::write(&path, text));
        assert!(written.is_ok(), "cannot write {}: {written:?}", path.display());
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let name = crate_dir.file_name().unwrap_or_default().to_string_lossy();
    assert!(
        committed == text,
        "{file} does not say what the code does; write it anew with \
         `UPDATE=1 cargo test -p varanus-{name} reference_page` and commit it"
    );
}
