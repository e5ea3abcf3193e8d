//! The key, its file, and one sealed value.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use varanus_proto::{Error, Result};
use zeroize::{Zeroize, Zeroizing};

use crate::Collection;

/// What a sealed value begins with.
pub(super) const SEALED: &str = "varanus:v1:";
/// What a plain value begins with that would otherwise be taken for a sealed one.
pub(super) const ESCAPED: &str = "varanus:v0:";
/// What both begin with.
pub(super) const PREFIX: &str = "varanus:v";

const NONCE: usize = 24;

/// The key of a store.
pub struct Key(XChaCha20Poly1305);

impl Key {
    /// The key of a file, `None` when there is no such file.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::unavailable(format!(
                    "cannot read the key file {}",
                    path.display()
                ))
                .cause(error));
            }
        };
        if let Ok(metadata) = fs::metadata(path)
            && metadata.permissions().mode() & 0o077 != 0
        {
            tracing::warn!("others can read the key file {0}; run `chmod 600 {0}`", path.display());
        }
        let line =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let bytes =
            Zeroizing::new(line.and_then(|line| BASE64.decode(line).ok()).unwrap_or_default());
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| {
            Error::invalid(format!(
                "the key file {} is damaged: it has to hold 32 bytes in base64; put your copy of it there",
                path.display()
            ))
        })?;
        Ok(Some(Self(cipher)))
    }

    /// Makes a key and its file, which must not exist: a key is never overwritten.
    pub fn create(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::unavailable(format!("cannot write the key file {}", path.display())).cause(error)
        };
        let directory =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        let text = Zeroizing::new(format!(
            "# The key of the secrets in the store of Varanus. Keep a copy apart from the database: without this key they are lost.\n{}\n",
            *Zeroizing::new(BASE64.encode(bytes))
        ));
        let cipher = XChaCha20Poly1305::new(&bytes.into());
        bytes.zeroize();

        // A file appears under its name only when it is whole.
        let draft = path.with_extension(format!("new-{}", std::process::id()));
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::hard_link(&draft, path).or_else(|error| match error.kind() {
                ErrorKind::AlreadyExists => Err(error),
                // A file system without links: as good as it can be.
                _ => {
                    let mut file =
                        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                }
            })
        };
        let written = write();
        // A draft that stays behind is as well protected as the key.
        let _ = fs::remove_file(&draft);
        written.and_then(|()| File::open(directory)?.sync_all()).map_err(failed)?;
        Ok(Self(cipher))
    }

    /// The sealed form of a value for a [`place`].
    pub(super) fn seal(&self, place: &str, value: &str) -> Result<String> {
        let mut bytes = vec![0; NONCE];
        random(&mut bytes)?;
        let nonce = XNonce::try_from(&bytes[..NONCE])
            .map_err(|_| Error::internal("a nonce has the wrong length"))?;
        let sealed = self
            .0
            .encrypt(&nonce, Payload { msg: value.as_bytes(), aad: place.as_bytes() })
            .map_err(|_| Error::internal("a value is too long to be encrypted"))?;
        bytes.extend(sealed);
        Ok(format!("{SEALED}{}", BASE64.encode(bytes)))
    }

    /// The value of a sealed form; `None` when the key or the place is another,
    /// or when the form was changed.
    pub(super) fn open(&self, place: &str, sealed: &str) -> Option<String> {
        let bytes = BASE64.decode(sealed.strip_prefix(SEALED)?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let value = self.0.decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() }).ok()?;
        String::from_utf8(value).ok()
    }
}

/// What a sealed value is bound to.
pub(super) fn place(collection: Collection, path: &str, id: &str) -> String {
    format!("{collection}\0{path}\0{id}")
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::internal("the system gives no random numbers").cause(error))
}
