//! age keys: the secret ones that open a document's data key and the public ones it is
//! closed with.

use std::fmt;
use std::io::{Read, Write};
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format as Armor};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Secret age keys. They cannot be printed, and are wiped from memory when dropped.
#[derive(Default)]
pub struct Identities(Vec<age::x25519::Identity>);

impl Identities {
    /// Reads the text of an age key file: keys one a line, with empty lines and comments.
    /// SOPS's environment variable `SOPS_AGE_KEY` has the same form.
    ///
    /// # Errors
    /// `BadKey` for a line that is no `AGE-SECRET-KEY-1…`, naming its number, and for a
    /// text without any key.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = age::x25519::Identity::from_str(line).map_err(|_| Error::BadKey {
                reason: format!("line {} is not an AGE-SECRET-KEY-1… line", number + 1),
            })?;
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(Error::BadKey { reason: "the key file holds no key".to_owned() });
        }
        Ok(Self(keys))
    }

    /// The keys of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The public halves, in order, for saying which keys are at hand.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.0.iter().map(|key| Recipient(key.to_public())).collect()
    }

    /// Opens an armoured age message. `None` when none of the keys does.
    pub(crate) fn open(&self, message: &str) -> Option<Zeroizing<Vec<u8>>> {
        let decryptor = age::Decryptor::new(ArmoredReader::new(message.as_bytes())).ok()?;
        let keys = self.0.iter().map(|key| key as &dyn age::Identity);
        let mut plain = Zeroizing::new(Vec::with_capacity(LARGEST));
        // More than a key cannot be one, and growing would leave a copy behind.
        let reader = decryptor.decrypt(keys).ok()?;
        reader.take(LARGEST as u64).read_to_end(&mut plain).ok()?;
        Some(plain)
    }
}

/// A data key is 32 bytes, a share of one 33.
const LARGEST: usize = 64;

/// A public age key, `age1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(age::x25519::Recipient);

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        age::x25519::Recipient::from_str(text.trim())
            .map(Self)
            .map_err(|_| Error::BadKey { reason: "a recipient looks like age1…".to_owned() })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.0)
    }
}

impl Recipient {
    /// Closes a key or a share for this recipient, armoured.
    pub(crate) fn seal(&self, plain: &[u8]) -> Result<String> {
        self.try_seal(plain).map_err(|_| Error::unsupported("writing an age message to memory"))
    }

    fn try_seal(&self, plain: &[u8]) -> std::io::Result<String> {
        let recipient: &dyn age::Recipient = &self.0;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
            .map_err(std::io::Error::other)?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Armor::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(plain)?;
        let text = writer.finish()?.finish()?;
        String::from_utf8(text).map_err(std::io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_bad_line_is_named_by_its_number_only() {
        let text = "# created: today\n\nAGE-SECRET-KEY-1SECRETSECRET\n";
        let error = Identities::parse(text).err().unwrap();
        assert_eq!(error.to_string(), "not an age key: line 3 is not an AGE-SECRET-KEY-1… line");
        assert_eq!(Identities::parse("# none\n").err().unwrap().kind(), Kind::BadKey);
    }
}
