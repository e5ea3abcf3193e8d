//! Two forms of a resource, field by field.

use serde_json::Value;

use super::Side;
use crate::resource::toml::is_secret;

/// A field that changes. Values are shown as JSON, texts as they are; those of
/// secrets are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name: `description`, `config.branch`, `config.pre_deploy.command`.
    pub name: String,
    /// Its value so far.
    pub old: String,
    /// Its value afterwards.
    pub new: String,
}

/// The fields in which a resource is not as declared. A secret that the file
/// does not say is left as it is: files are kept in git, secrets need not be.
pub(super) fn fields(there: &Side, declared: &Side) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut compare = |name: &str, old: Value, new: Value| {
        if old != new {
            fields.push(Field { name: name.to_owned(), old: shown(&old), new: shown(&new) });
        }
    };
    compare("description", there.description.clone().into(), declared.description.clone().into());
    compare("template", there.template.into(), declared.template.into());
    compare("tags", there.tags.clone().into(), declared.tags.clone().into());
    within("config", &there.config, &declared.config, &declared.said, &mut fields);
    fields
}

fn within(path: &str, old: &Value, new: &Value, said: &Value, fields: &mut Vec<Field>) {
    if old == new {
        return;
    }
    if is_secret(path) {
        if !said.is_null() {
            let hidden = |value: &Value| match value.as_str() {
                Some("") | None => String::new(),
                Some(_) => "########".to_owned(),
            };
            fields.push(Field { name: path.to_owned(), old: hidden(old), new: hidden(new) });
        }
        return;
    }
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names: Vec<_> = after.keys().collect();
            names.extend(before.keys().filter(|name| !after.contains_key(*name)));
            for name in names {
                let of = |object: &Value| object.get(name).cloned().unwrap_or_default();
                within(&format!("{path}.{name}"), &of(old), &of(new), &of(said), fields);
            }
        }
        _ => fields.push(Field { name: path.to_owned(), old: shown(old), new: shown(new) }),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
