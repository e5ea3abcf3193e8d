//! Which fields are secret, and the change of a document from one form to the
//! other.

use serde_json::Value;
use varanus_proto::Result;

use super::key::{ESCAPED, Key, PREFIX, SEALED, place};
use crate::{Collection, Document, ObjectId};

/// A field that is encrypted at rest.
pub(super) struct Field {
    /// A dotted path; where it meets an array, every element is meant.
    path: &'static str,
    /// Only when this field of the document is true.
    when: Option<&'static str>,
    /// Not a string, but anything: its JSON text is what is sealed.
    json: bool,
}

/// A value that cannot be opened.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) path: &'static str,
}

const fn text(path: &'static str) -> Field {
    Field { path, when: None, json: false }
}

const WEBHOOK: Field = text("config.webhook_secret");

/// The secret fields of a collection.
pub(super) fn of(collection: Collection) -> &'static [Field] {
    use Collection::*;
    match collection {
        Variable => const { &[Field { when: Some("is_secret"), ..text("value") }] },
        GitProviderAccount | ImageRegistryAccount => const { &[text("token")] },
        User => const { &[text("totp.secret"), text("totp.recovery_codes")] },
        Server => const { &[text("config.passkey"), WEBHOOK] },
        Builder => const { &[text("config.params.passkey"), WEBHOOK] },
        Alerter => const { &[text("config.endpoint.params.url"), WEBHOOK] },
        Run => const { &[Field { when: Some("params_secret"), json: true, ..text("params") }] },
        resource if resource.is_resource() => const { &[WEBHOOK] },
        _ => &[],
    }
}

/// The collections that have secret fields.
pub(super) fn collections() -> impl Iterator<Item = Collection> {
    Collection::ALL.into_iter().filter(|collection| !of(*collection).is_empty())
}

/// Brings a plain document into its stored form: sealed with a key, plain
/// without one.
pub(super) fn close(
    collection: Collection,
    document: &mut Document,
    key: Option<&Key>,
) -> Result<()> {
    let id = ObjectId::of(document);
    for field in of(collection) {
        let secret = field.when.is_none_or(|flag| document.get(flag) == Some(&Value::Bool(true)));
        // Without an id there is nothing to bind to; the store refuses such a document anyway.
        let key = key.filter(|_| secret).zip(id.as_ref());
        visit(document, field, &mut |value: &mut Value| {
            if let Some((key, id)) = key {
                let plain = if field.json {
                    Some(value.to_string())
                } else {
                    value.as_str().map(str::to_owned)
                };
                // An empty string everywhere means "not set", which is no secret.
                if let Some(plain) = plain.filter(|plain| !plain.is_empty() && !value.is_null()) {
                    *value = Value::String(
                        key.seal(&place(collection, field.path, id.as_str()), &plain)?,
                    );
                }
            } else if let Value::String(text) = value
                && text.starts_with(PREFIX)
            {
                text.insert_str(0, ESCAPED);
            }
            Ok::<(), varanus_proto::Error>(())
        })?;
    }
    Ok(())
}

/// Brings a stored document into its plain form.
pub(super) fn open(
    collection: Collection,
    document: &mut Document,
    key: Option<&Key>,
) -> Result<(), Unreadable> {
    let id = ObjectId::of(document);
    for field in of(collection) {
        visit(document, field, &mut |value: &mut Value| {
            let Value::String(stored) = value else { return Ok(()) };
            if let Some(plain) = stored.strip_prefix(ESCAPED) {
                *value = Value::String(plain.to_owned());
            } else if stored.starts_with(SEALED) {
                let unreadable = || Unreadable { path: field.path };
                let id = id.as_ref().ok_or_else(unreadable)?;
                let place = place(collection, field.path, id.as_str());
                let plain = key.and_then(|key| key.open(&place, stored)).ok_or_else(unreadable)?;
                *value = if field.json {
                    serde_json::from_str(&plain).map_err(|_| unreadable())?
                } else {
                    Value::String(plain)
                };
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// How many sealed values a stored document has.
pub(super) fn sealed_values(collection: Collection, document: &Document) -> usize {
    let mut found = 0;
    let mut document = document.clone();
    for field in of(collection) {
        let looked: Result<(), std::convert::Infallible> =
            visit(&mut document, field, &mut |value| {
                found += usize::from(value.as_str().is_some_and(|text| text.starts_with(SEALED)));
                Ok(())
            });
        let Ok(()) = looked;
    }
    found
}

fn visit<E>(
    document: &mut Document,
    field: &Field,
    change: &mut impl FnMut(&mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let (first, rest) = field.path.split_once('.').unwrap_or((field.path, ""));
    match document.get_mut(first) {
        Some(value) => descend(value, rest, field.json, change),
        None => Ok(()),
    }
}

fn descend<E>(
    value: &mut Value,
    path: &str,
    whole: bool,
    change: &mut impl FnMut(&mut Value) -> Result<(), E>,
) -> Result<(), E> {
    match value {
        value if path.is_empty() && whole => change(value),
        Value::Array(items) => {
            items.iter_mut().try_for_each(|item| descend(item, path, whole, change))
        }
        value if path.is_empty() => change(value),
        Value::Object(map) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            map.get_mut(first).map_or(Ok(()), |value| descend(value, rest, whole, change))
        }
        _ => Ok(()),
    }
}
