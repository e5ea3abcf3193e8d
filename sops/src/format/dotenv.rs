//! `NAME=value` lines. Nothing is quoted or unquoted: all after the `=` is the value, and
//! a line break in it is written `\n`. Empty lines are not kept, as `sops` does.

use zeroize::Zeroizing;

use super::Document;
use crate::error::{Error, Result};
use crate::flat;
use crate::value::{Branch, Item, Value};

const PREFIX: &str = "sops_";

pub(super) fn read(text: &[u8]) -> Result<Document> {
    let mut branch = Branch::new();
    let mut metadata: Vec<(String, String)> = Vec::new();
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let line = std::str::from_utf8(line).map_err(|_| bad(number, "is not text"))?;
        if let Some(comment) = line.strip_prefix('#') {
            branch.push(Item::Comment(Zeroizing::new(comment.to_owned())));
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| bad(number, "has no `=`"))?;
        match name.strip_prefix(PREFIX) {
            Some(name) => metadata.push((name.to_owned(), value.to_owned())),
            None => {
                let value = Value::str(value.replace("\\n", "\n"));
                branch.push(Item::Pair(name.to_owned(), value));
            }
        }
    }
    let metadata = if metadata.is_empty() {
        None
    } else {
        let pairs = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Some(flat::unflatten(pairs)?)
    };
    Ok(Document { branches: vec![branch], metadata })
}

pub(super) fn write(branch: &Branch, metadata: Option<&Branch>) -> Result<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::new());
    for item in branch {
        match item {
            Item::Comment(text) => {
                out.push(b'#');
                out.extend_from_slice(text.as_bytes());
            }
            Item::Pair(name, Value::Map(_) | Value::List(_)) => {
                return Err(Error::damaged(std::slice::from_ref(name), "a line holds one value"));
            }
            Item::Pair(name, value) => {
                out.extend_from_slice(name.as_bytes());
                out.push(b'=');
                for byte in plain(value).iter() {
                    match byte {
                        b'\n' => out.extend_from_slice(b"\\n"),
                        byte => out.push(*byte),
                    }
                }
            }
        }
        out.push(b'\n');
    }
    if let Some(metadata) = metadata {
        let mut lines = flat::flatten(metadata);
        lines.sort();
        for (name, value) in lines {
            let value = value.replace('\n', "\\n");
            out.extend_from_slice(format!("{PREFIX}{name}={value}\n").as_bytes());
        }
    }
    Ok(out)
}

/// The text of a value. Truth is lower case in files, other than in the checksum.
pub(super) fn plain(value: &Value) -> Zeroizing<Vec<u8>> {
    match value {
        Value::Bool(truth) => Zeroizing::new(truth.to_string().into_bytes()),
        other => other.mac_bytes(),
    }
}

fn bad(line: usize, what: &str) -> Error {
    Error::not_sops(format!("line {} {what}", line + 1))
}
