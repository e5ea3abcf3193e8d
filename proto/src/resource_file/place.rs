//! Where in a file something is.

use toml::Spanned;
use toml::de::DeValue;

/// A step from a value to one within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// The entry of a list.
    Index(usize),
}

/// The path of a key that nothing reads.
pub(super) fn ignored(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path;
    let (parent, step) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(Step::Index(*index))),
        Path::Map { parent, key } => (parent, Some(Step::Key(key.clone()))),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => (parent, None),
    };
    let mut steps = ignored(parent);
    steps.extend(step);
    steps
}

/// The path of a value that cannot be read.
pub(super) fn failed(path: &serde_path_to_error::Path) -> Vec<Step> {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().map_while(step).collect()
}

/// A path as people write it: `config.stage[0].name`.
pub(super) fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text = text + "." + key,
            Step::Index(index) => text = format!("{text}[{index}]"),
        }
    }
    text
}

/// The byte where something begins, or the nearest place around it.
pub(super) fn offset(value: &Spanned<DeValue<'_>>, path: &[Step]) -> usize {
    let Some((step, rest)) = path.split_first() else { return value.span().start };
    let (place, inner) = match (step, value.get_ref()) {
        (Step::Key(key), DeValue::Table(table)) => {
            match table.iter().find(|(name, _)| name.get_ref() == key) {
                Some((name, inner)) => (name.span().start, inner),
                None => return value.span().start,
            }
        }
        (Step::Index(index), DeValue::Array(array)) => match array.get(*index) {
            Some(inner) => (inner.span().start, inner),
            None => return value.span().start,
        },
        _ => return value.span().start,
    };
    if rest.is_empty() { place } else { offset(inner, rest) }
}

/// The line of a byte, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}
