//! Going through a document leaf by leaf in its order: decrypting or encrypting each
//! that the rule names, and taking the checksum of the plain values.

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::rules::Compiled;
use crate::token::{self, DataKey};
use crate::value::{Branch, Item, Value};

/// What to do with the leaves the rule names.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Decrypt,
    Encrypt,
}

/// Changes all documents of a file in place and answers with the checksum of the plain
/// values, in upper case hexadecimal.
pub(crate) fn walk(
    documents: &mut [Branch],
    way: Way,
    key: &DataKey,
    rule: &Compiled,
    mac_only_encrypted: bool,
) -> Result<Zeroizing<String>> {
    let mut hash = Sha512::new();
    if mac_only_encrypted {
        // So that the two kinds of checksum never agree.
        hash.update(Sha256::digest(b"sops"));
    }
    let mut walker =
        Walker { way, key, rule, mac_only_encrypted, hash, path: Vec::new(), comments: Vec::new() };
    for document in documents {
        walker.map(document)?;
    }
    Ok(Zeroizing::new(hex::encode_upper(walker.hash.finalize())))
}

struct Walker<'a> {
    way: Way,
    key: &'a DataKey,
    rule: &'a Compiled,
    mac_only_encrypted: bool,
    hash: Sha512,
    path: Vec<String>,
    /// For each level, the comments since the last value; some rules look at them.
    comments: Vec<Vec<String>>,
}

impl Walker<'_> {
    fn map(&mut self, branch: &mut Branch) -> Result<()> {
        self.comments.push(Vec::new());
        for item in branch {
            match item {
                Item::Comment(text) => *text = self.comment(text)?,
                Item::Pair(key, value) => {
                    self.path.push(key.clone());
                    self.value(value)?;
                    self.path.pop();
                    self.forget_comments();
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn list(&mut self, list: &mut [Value]) -> Result<()> {
        self.comments.push(Vec::new());
        for value in list {
            // An encrypted comment of a list is a plain string token until it is read.
            if let Value::Comment(text) = value {
                *text = self.comment(text)?;
                if self.way == Way::Encrypt && token::is_token(text) {
                    *value = Value::str(text.as_str());
                }
                continue;
            }
            self.value(value)?;
            self.forget_comments();
        }
        self.comments.pop();
        Ok(())
    }

    fn value(&mut self, value: &mut Value) -> Result<()> {
        match value {
            Value::Null => Ok(()),
            Value::Map(branch) => self.map(branch),
            Value::List(list) => self.list(list),
            _ => self.leaf(value),
        }
    }

    fn leaf(&mut self, value: &mut Value) -> Result<()> {
        let encrypted = self.rule.encrypts(&self.path, &self.comments, false);
        if self.way == Way::Decrypt && encrypted {
            let Value::Str(text) = value else {
                return Err(Error::damaged(&self.path, "it should be encrypted and is not"));
            };
            *value = token::open(text, self.key, &self.beside())
                .map_err(|reason| Error::damaged(&self.path, reason))?;
        }
        let is_comment = matches!(value, Value::Comment(_));
        if (encrypted || !self.mac_only_encrypted) && !is_comment {
            self.hash.update(&*value.mac_bytes());
        }
        if self.way == Way::Encrypt && encrypted {
            *value = Value::str(self.seal(value)?);
        }
        Ok(())
    }

    fn comment(&mut self, text: &Zeroizing<String>) -> Result<Zeroizing<String>> {
        if let Some(level) = self.comments.last_mut() {
            level.push(text.to_string());
        }
        if !self.rule.encrypts(&self.path, &self.comments, true) {
            return Ok(text.clone());
        }
        match self.way {
            Way::Encrypt => {
                let comment = Value::Comment(text.clone());
                Ok(Zeroizing::new(self.seal(&comment)?))
            }
            // Old versions left comments plain, and ones that `sops` itself moved to
            // another key no longer open. Neither is covered by the checksum; both stay.
            Way::Decrypt => Ok(match token::open(text.as_bytes(), self.key, &self.beside()) {
                Ok(Value::Comment(plain)) => plain,
                Ok(Value::Str(plain)) => {
                    Zeroizing::new(String::from_utf8_lossy(&plain).into_owned())
                }
                _ => text.clone(),
            }),
        }
    }

    fn seal(&self, value: &Value) -> Result<String> {
        token::seal(value, self.key, &self.beside())
            .map_err(|_| Error::unsupported("a machine without random numbers"))
    }

    /// What is authenticated beside a value: the keys that lead to it, without the
    /// positions in lists.
    fn beside(&self) -> String {
        let mut beside = self.path.join(":");
        beside.push(':');
        beside
    }

    fn forget_comments(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }
}
