//! From an encrypted file to its plain content: open the data key, decrypt each value,
//! compare the checksum, and only then give anything away.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::format::{Document, Format};
use crate::keys::Identities;
use crate::metadata::Metadata;
use crate::rules::Compiled;
use crate::shamir;
use crate::token::{self, DataKey};
use crate::value::{self, Branch, Value};
use crate::walk::{Way, walk};

/// Decrypts a file and answers with what `sops -d` prints for it, byte for byte.
///
/// # Errors
/// `NotSops` for a plain or malformed file, `NoKey` if no identity fits, `Damaged` and
/// `MacMismatch` for one that was changed, `Unsupported` if it is closed with other keys
/// than age only.
pub fn decrypt(text: &[u8], format: Format, identities: &Identities) -> Result<Zeroizing<Vec<u8>>> {
    let Document { branches, metadata } = format.read(text)?;
    let metadata = metadata.ok_or_else(|| Error::not_sops("it has no SOPS metadata"))?;
    let metadata = Metadata::read(&metadata)?;
    let key = data_key(&metadata, identities)?;
    let rule = Compiled::of(&metadata.rule)?;
    let mut branches = Wiped(branches);
    let mac = walk(&mut branches.0, Way::Decrypt, &key, &rule, metadata.mac_only_encrypted)?;
    verify(&metadata, &key, &mac)?;
    format.write_plain(&branches.0)
}

/// Whether a text is encrypted by SOPS in a format. It says nothing of whether it can be
/// decrypted.
pub fn is_encrypted(text: &[u8], format: Format) -> bool {
    // Reading a large plain file to learn that it has no metadata is a waste.
    if !text.windows(4).any(|window| window == b"sops") {
        return false;
    }
    format.read(text).is_ok_and(|document| {
        document.metadata.is_some_and(|metadata| {
            value::get(&metadata, "mac").is_some() || value::get(&metadata, "version").is_some()
        })
    })
}

/// The public recipients a file is encrypted to, without decrypting it.
///
/// # Errors
/// `NotSops` as for [`decrypt`].
pub fn recipients(text: &[u8], format: Format) -> Result<Vec<String>> {
    let metadata = format.read(text)?.metadata;
    let metadata = metadata.ok_or_else(|| Error::not_sops("it has no SOPS metadata"))?;
    Ok(Metadata::read(&metadata)?.recipients())
}

fn data_key(metadata: &Metadata, identities: &Identities) -> Result<DataKey> {
    let mut shares = Vec::new();
    for group in &metadata.groups {
        if let Some(share) = group.age.iter().find_map(|key| identities.open(&key.message)) {
            shares.push(share);
        }
    }
    let opened = shares.len();
    if opened < metadata.threshold.max(1) {
        let foreign: Vec<&str> =
            metadata.groups.iter().flat_map(|group| group.foreign.iter().copied()).collect();
        let recipients = metadata.recipients();
        return Err(if recipients.is_empty() && !foreign.is_empty() {
            Error::unsupported(format!(
                "the file is encrypted with {} only; add an age recipient to it",
                foreign.join(", ")
            ))
        } else if recipients.is_empty() {
            Error::not_sops("its metadata names no keys")
        } else {
            Error::NoKey { recipients, needed: metadata.threshold.max(1), opened }
        });
    }
    let key = if metadata.groups.len() > 1 {
        shamir::combine(&shares)
            .ok_or_else(|| Error::not_sops("the shares of its key do not belong together"))?
    } else {
        shares.swap_remove(0)
    };
    let key = <[u8; 32]>::try_from(key.as_slice())
        .map_err(|_| Error::not_sops("its data key is not of 32 bytes"))?;
    Ok(Zeroizing::new(key))
}

fn verify(metadata: &Metadata, key: &DataKey, mac: &str) -> Result<()> {
    let stored = token::open(metadata.mac.as_bytes(), key, &metadata.last_modified);
    match stored {
        // Both are checksums of 64 bytes, known to who can decrypt: no secret to time.
        Ok(Value::Str(stored)) if stored.as_slice() == mac.as_bytes() => Ok(()),
        _ => Err(Error::MacMismatch),
    }
}

/// Plain documents, overwritten when dropped.
struct Wiped(Vec<Branch>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(value::wipe);
    }
}
