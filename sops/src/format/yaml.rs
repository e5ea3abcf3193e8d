//! YAML as `sops` reads and writes it. `read` makes trees of text, `emit` text of trees;
//! `scalar` knows what a word means, `style` how a text must be written, `comments`
//! where the comments are. None of them knows what is encrypted.

mod comments;
mod emit;
mod read;
mod scalar;
mod style;

use zeroize::Zeroizing;

use super::Document;
use crate::error::{Error, Result};
use crate::metadata;
use crate::value::{Branch, Item, Value};

/// Spaces `sops` indents by.
const STEP: usize = 4;

pub(super) fn read(text: &[u8]) -> Result<Document> {
    let text = std::str::from_utf8(text).map_err(|_| Error::not_sops("it is not text"))?;
    let branches = read::documents(text.trim_start_matches('\u{feff}'))?;
    if branches.is_empty() {
        return Err(Error::not_sops("it is empty"));
    }
    Ok(Document::of_nested(branches))
}

pub(super) fn write(branches: &[Branch], metadata: Option<&Branch>) -> Result<Zeroizing<Vec<u8>>> {
    let mut emitter = emit::Emitter::new(STEP, metadata.is_none());
    for branch in branches {
        match metadata {
            None => emitter.document(branch),
            Some(metadata) => {
                // Every document carries the metadata, at its end.
                let mut branch = branch.clone();
                let name = metadata::KEY.to_owned();
                branch.push(Item::Pair(name, Value::Map(metadata.clone())));
                emitter.document(&branch);
            }
        }
    }
    Ok(emitter.out)
}

#[cfg(test)]
mod tests;
