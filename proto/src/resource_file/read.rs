//! From the text of a file to what it declares.

use serde::de::{DeserializeOwned, IntoDeserializer as _};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Declared, Finding, Read, names, place};
use crate::entity::toml::ResourcesToml;

/// The sections of a file, each with the other name it may have.
const SECTIONS: [(&str, &str); 13] = [
    ("server", "servers"),
    ("swarm", "swarms"),
    ("stack", "stacks"),
    ("deployment", "deployments"),
    ("build", "builds"),
    ("repo", "repos"),
    ("procedure", "procedures"),
    ("action", "actions"),
    ("resource_sync", "resource_syncs"),
    ("builder", "builders"),
    ("alerter", "alerters"),
    ("variable", "variables"),
    ("user_group", "user_groups"),
];

/// Reads a file. Everything wrong is told, in the order of the lines.
pub fn read(file: &str, text: &str) -> Result<Read, Vec<Finding>> {
    let text = &literal_backslashes(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, text, read: Read::default(), errors: Vec::new() };
    for error in errors {
        reader.syntax(&error);
    }
    if reader.errors.is_empty() {
        for (key, value) in table.into_inner() {
            reader.section(&key, value);
        }
    }
    let Reader { mut read, mut errors, .. } = reader;
    read.warnings.sort_by_key(|finding| finding.line);
    read.declared.sort_by_key(|declared| declared.line);
    errors.sort_by_key(|finding| finding.line);
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

/// Between `"""` a backslash is only that, as in Komodo's files: scripts and
/// Windows paths need no care. The lines stay where they are.
fn literal_backslashes(text: &str) -> String {
    let mut parts = text.split("\"\"\"");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        whole.push_str("\"\"\"");
        match number % 2 {
            0 => whole.push_str(&part.replace('\\', "\\\\")),
            _ => whole.push_str(part),
        }
    }
    whole
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    read: Read,
    errors: Vec<Finding>,
}

impl Reader<'_> {
    fn finding(&self, offset: usize, what: String, cure: impl Into<String>) -> Finding {
        let line = place::line(self.text, offset);
        Finding { file: self.file.to_owned(), line, what, cure: cure.into() }
    }

    fn syntax(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        let mut what = error.message().replace('\n', ", ");
        if what.contains("duplicate key") {
            // Its name alone: what stands beside it may be a secret.
            let key = self.text.get(span.clone()).unwrap_or_default();
            what = format!("the key `{key}` is there twice");
        }
        let finding = self.finding(span.start, what, "correct the TOML here");
        self.errors.push(finding);
    }

    fn section(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: Spanned<DeValue<'_>>) {
        let (name, at) = (key.get_ref().as_ref(), key.span().start);
        let Some((section, _)) = SECTIONS.iter().find(|both| both.0 == name || both.1 == name)
        else {
            let known: Vec<_> = SECTIONS.iter().map(|both| both.0).collect();
            let cure = match names::nearest(name, &known) {
                Some(near) => format!("did you mean [[{near}]]?"),
                None => format!("there are {}", known.join(", ")),
            };
            let what = format!("nothing is called [[{name}]]; it is left out");
            let finding = self.finding(at, what, cure);
            self.read.warnings.push(finding);
            return;
        };
        let DeValue::Array(entries) = value.into_inner() else {
            let what = format!("`{name}` is not a list of sections");
            let finding = self.finding(at, what, format!("write [[{section}]]"));
            self.errors.push(finding);
            return;
        };
        for entry in entries {
            match *section {
                "server" => self.entry(section, entry, |all| &mut all.servers),
                "swarm" => self.entry(section, entry, |all| &mut all.swarms),
                "stack" => self.entry(section, entry, |all| &mut all.stacks),
                "deployment" => self.entry(section, entry, |all| &mut all.deployments),
                "build" => self.entry(section, entry, |all| &mut all.builds),
                "repo" => self.entry(section, entry, |all| &mut all.repos),
                "procedure" => self.entry(section, entry, |all| &mut all.procedures),
                "action" => self.entry(section, entry, |all| &mut all.actions),
                "resource_sync" => self.entry(section, entry, |all| &mut all.resource_syncs),
                "builder" => self.entry(section, entry, |all| &mut all.builders),
                "alerter" => self.entry(section, entry, |all| &mut all.alerters),
                "variable" => self.entry(section, entry, |all| &mut all.variables),
                _ => self.entry(section, entry, |all| &mut all.user_groups),
            }
        }
    }

    fn entry<T: DeserializeOwned>(
        &mut self,
        section: &'static str,
        entry: Spanned<DeValue<'_>>,
        list: fn(&mut ResourcesToml) -> &mut Vec<T>,
    ) {
        let name = entry.get_ref().get("name").and_then(|name| name.get_ref().as_str());
        let name = name.unwrap_or_default().to_owned();
        let whose = format!("{section} {name:?}");
        let begin = place::offset(&entry, &[]);
        let mut unknown = Vec::new();
        let mut track = serde_path_to_error::Track::new();
        let read = {
            let inner = entry.clone().into_deserializer();
            let inner = serde_path_to_error::Deserializer::new(inner, &mut track);
            let mut note = |path: serde_ignored::Path<'_>| unknown.push(place::ignored(&path));
            T::deserialize(serde_ignored::Deserializer::new(inner, &mut note))
        };
        match read {
            Ok(declared) => list(&mut self.read.resources).push(declared),
            Err(error) => {
                let path = place::failed(&track.path());
                // The place of a value inside of what is looked at as a whole.
                let inner = error.span().map_or(0, |span| span.start);
                let offset = place::offset(&entry, &path).max(inner);
                let field = match place::shown(&path).as_str() {
                    "" => String::new(),
                    path => format!(", field `{path}`"),
                };
                let what = format!("{whose}{field}: {}", error.message().replace('\n', ", "));
                let unnamed = path.is_empty() && error.message().contains("missing field `name`");
                let cure = match unnamed {
                    true => format!("each [[{section}]] needs a name = \"…\""),
                    false => String::new(),
                };
                let finding = self.finding(offset, what, cure);
                self.errors.push(finding);
            }
        }
        for path in unknown {
            let [around @ .., place::Step::Key(key)] = path.as_slice() else { continue };
            let known = names::at::<T>(around).unwrap_or_default();
            let cure = match names::nearest(key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "it is left out".into(),
            };
            let what = format!("{whose} has no field `{}`", place::shown(&path));
            let finding = self.finding(place::offset(&entry, &path), what, cure);
            self.read.warnings.push(finding);
        }
        let line = place::line(self.text, begin);
        self.read.declared.push(Declared { section, name, file: self.file.to_owned(), line });
    }
}
