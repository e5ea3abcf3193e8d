//! A resource as a resource file declares it.

use serde_json::Value;
use varanus_proto::Config;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::toml::ResourceToml;
use varanus_proto::resource_file;

use super::{Doc, Kind};
use crate::{Core, Row};

/// The section name of a kind in a resource file.
pub fn section(kind: ResourceTargetVariant) -> String {
    let mut name = String::new();
    for (at, letter) in kind.as_str().char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The fields that [`Kind::hide_secrets`] hides, of all kinds.
const SECRETS: [&str; 3] = ["webhook_secret", "passkey", "endpoint.params.url"];

/// Whether a field is secret: `config.webhook_secret`.
pub(crate) fn is_secret(path: &str) -> bool {
    SECRETS.iter().any(|name| path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

/// Takes out of a configuration the secrets that a file does not say. `path` is
/// that of the configuration itself.
pub(crate) fn forget_secrets(path: &str, config: &mut Value, said: &Value) {
    let Value::Object(fields) = config else { return };
    fields.retain(|name, value| {
        let (path, said) = (format!("{path}.{name}"), &said[name]);
        forget_secrets(&path, value, said);
        !is_secret(&path) || !said.is_null()
    });
}

/// One resource, as text: only what differs from the defaults, and no secret, for
/// resource files are kept in git, and records of changes are read by many.
pub fn export<K: Kind>(core: &Core, resource: &Doc<K>) -> String
where
    Doc<K>: Row,
{
    let mut config = K::with_names(core, resource.config.clone());
    K::hide_secrets(&mut config);
    text::<K>(ResourceToml {
        name: resource.name.clone(),
        description: resource.description.clone(),
        template: resource.template,
        tags: super::tag::names(core, &resource.tags),
        deploy: false,
        after: Vec::new(),
        config: config.minimize(),
    })
}

/// A declaration as text.
pub(crate) fn text<K: Kind>(declared: ResourceToml<super::Partial<K>>) -> String
where
    Doc<K>: Row,
{
    let file = std::collections::BTreeMap::from([(section(K::TARGET), [declared])]);
    // A configuration is plain data; should one not be writable, the record of
    // a change is not worth failing the change.
    resource_file::write(&file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::Procedures;
    use crate::testing::Tester;

    #[tokio::test]
    async fn a_secret_is_not_written_into_a_resource_file_or_a_record() {
        let tester = Tester::new().await;
        let mut procedure = Doc::<Procedures> { name: "all".into(), ..Default::default() };
        procedure.config.webhook_secret = "a secret of ours".into();
        procedure.config.webhook_enabled = false;
        let text = export::<Procedures>(&tester.core, &procedure);
        assert!(text.contains("webhook_enabled") && !text.contains("secret"), "{text}");
    }
}
