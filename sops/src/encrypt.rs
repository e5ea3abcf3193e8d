//! From a plain file to an encrypted one that the `sops` program reads as well.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::format::{Document, Format};
use crate::keys::Recipient;
use crate::metadata::{AgeKey, Group, Metadata};
use crate::rules::{Compiled, Rule};
use crate::shamir;
use crate::token::{self, DataKey};
use crate::value::{Item, Value};
use crate::walk::{Way, walk};

/// The version of the format that is written.
const VERSION: &str = "3.9.0";

/// How to encrypt. The default is what `sops` does without any configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which values are encrypted.
    pub rule: Rule,
    /// Whether the checksum covers encrypted values only, so that the others may be
    /// changed by hand.
    pub mac_only_encrypted: bool,
    /// More groups of recipients. With any, the data key is split over all groups.
    pub more_groups: Vec<Vec<Recipient>>,
    /// How many groups are needed to decrypt; all, if not set.
    pub threshold: Option<u8>,
}

/// Encrypts a plain file to recipients with a new random data key.
///
/// # Errors
/// `BadPlain` if the text is not of the format, is encrypted already, or names a key
/// `sops`; `BadKey` without recipients; `Unsupported` for a rule that is no expression.
pub fn encrypt(
    plain: &[u8],
    format: Format,
    recipients: &[Recipient],
    options: &Options,
) -> Result<Vec<u8>> {
    let Document { mut branches, metadata } =
        format.read_plain(plain).map_err(|error| match error {
            Error::NotSops { reason } => Error::BadPlain { reason },
            other => other,
        })?;
    // Whatever it holds: the metadata will be there.
    let named = |item: &Item| matches!(item, Item::Pair(name, _) if name == crate::metadata::KEY);
    let taken =
        matches!(format, Format::Json | Format::Yaml) && branches.iter().flatten().any(named);
    if metadata.is_some() || taken {
        return Err(Error::bad_plain("it is encrypted already, or has a key named `sops`"));
    }
    let key = random_key()?;
    let rule = Compiled::of(&options.rule)?;
    let groups = seal(&key, recipients, options)?;
    let mac = walk(&mut branches, Way::Encrypt, &key, &rule, options.mac_only_encrypted)?;
    let last_modified = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mac = token::seal(&Value::str(mac.as_str()), &key, &last_modified).map_err(no_random)?;
    let metadata = Metadata {
        threshold: options.threshold.map_or(groups.len(), usize::from),
        groups,
        last_modified,
        mac,
        rule: options.rule.clone(),
        mac_only_encrypted: options.mac_only_encrypted,
        version: VERSION.to_owned(),
    };
    format.write(&branches, metadata.write())
}

fn random_key() -> Result<DataKey> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(no_random)?;
    Ok(key)
}

fn seal(key: &DataKey, recipients: &[Recipient], options: &Options) -> Result<Vec<Group>> {
    let groups: Vec<&[Recipient]> =
        std::iter::once(recipients).chain(options.more_groups.iter().map(Vec::as_slice)).collect();
    if groups.iter().any(|group| group.is_empty()) {
        return Err(Error::BadKey { reason: "there is no recipient to encrypt to".to_owned() });
    }
    let count = u8::try_from(groups.len())
        .map_err(|_| Error::bad_plain("more than 255 groups of recipients"))?;
    let shares = if count == 1 {
        vec![Zeroizing::new(key.to_vec())]
    } else {
        let threshold = options.threshold.unwrap_or(count);
        if threshold < 2 || threshold > count {
            return Err(Error::bad_plain("the threshold is 2 at least and not above the groups"));
        }
        shamir::split(key.as_slice(), count, threshold).map_err(no_random)?
    };
    let sealed = groups.iter().zip(&shares).map(|(group, share)| {
        let age = group.iter().map(|recipient| {
            let message = recipient.seal(share)?;
            Ok(AgeKey { recipient: recipient.to_string(), message })
        });
        Ok(Group { age: age.collect::<Result<_>>()?, foreign: Vec::new() })
    });
    sealed.collect()
}

fn no_random(_: getrandom::Error) -> Error {
    Error::unsupported("a machine without random numbers")
}
