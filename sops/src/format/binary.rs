//! Any bytes, as the one value `data` of a JSON object.

use zeroize::Zeroizing;

use super::Document;
use crate::error::{Error, Result};
use crate::value::{Branch, Item, Value, get};

const KEY: &str = "data";

pub(super) fn wrap(content: &[u8]) -> Document {
    let data = Value::Str(Zeroizing::new(content.to_vec()));
    Document { branches: vec![vec![Item::Pair(KEY.to_owned(), data)]], metadata: None }
}

pub(super) fn unwrap(branch: &Branch) -> Result<Zeroizing<Vec<u8>>> {
    match get(branch, KEY) {
        Some(Value::Str(content) | Value::Bytes(content)) => Ok(content.clone()),
        _ => Err(Error::not_sops("a binary file has one text named `data`")),
    }
}
