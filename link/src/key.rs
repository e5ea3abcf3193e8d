//! X25519 keys in the forms that configurations hold (Komodo 2.3).
//!
//! A private key is base64 PKCS#8 DER (64 characters), PEM, or a raw text of at
//! most 32 characters, padded with zeros. A public key is base64 SPKI DER, which
//! begins `MCowBQYDK2VuAyEA`, or PEM. The DER prefixes are those of RFC 8410.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver as _, DefaultResolver};
use varanus_proto::{Error, Result, Secret};

const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
];
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];

/// What begins a text that names a file instead of a key.
const FILE: &str = "file:";

/// A private key.
#[derive(Clone, Debug)]
pub struct PrivateKey(Secret<[u8; 32]>);

/// A public key, printed as base64 SPKI.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PrivateKey {
    /// A new key.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::internal("the system gives no random numbers").cause(error))?;
        Ok(Self(Secret::new(bytes)))
    }

    /// Reads a key in any of its forms.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let der = match pem(text, "PRIVATE KEY") {
            Some(body) => STANDARD.decode(body).ok(),
            None if text.len() > 32 => STANDARD.decode(text).ok(),
            None if text.is_empty() => None,
            None => {
                let mut bytes = [0; 32];
                bytes[..text.len()].copy_from_slice(text.as_bytes());
                return Ok(Self(Secret::new(bytes)));
            }
        };
        der.and_then(|der| Some(Self(Secret::new(strip(&der, &PKCS8)?)))).ok_or_else(|| {
            Error::invalid(
                "this is no X25519 private key: base64 PKCS#8, PEM, or at most 32 characters",
            )
        })
    }

    /// Reads a key, or the file that `file:/path` names. A file that is not there
    /// is made (0600), with the public key beside it (`.pub`).
    pub fn load(spec: &Secret<String>) -> Result<Self> {
        match spec.expose().trim().strip_prefix(FILE) {
            Some(path) => Self::load_file(Path::new(path)),
            None => Self::parse(spec.expose()),
        }
    }

    fn load_file(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let text = Secret::new(text);
                Self::parse(text.expose())
                    .map_err(|error| error.context(format!("the key in {}", path.display())))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                key.write(path)?;
                Ok(key)
            }
            Err(error) => {
                Err(Error::invalid(format!("the key {} cannot be read", path.display()))
                    .cause(error))
            }
        }
    }

    /// Writes the key (0600) and its public key beside it.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::invalid(format!("the key {} cannot be written", path.display())).cause(error)
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        // A temporary file and a rename: a crash leaves the old key or the new.
        let temporary = path.with_extension("new");
        let _ = fs::remove_file(&temporary);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(failed)?;
        file.write_all(self.to_pem().expose().as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&temporary, path).map_err(failed)?;
        self.public().write(&path.with_extension("pub"))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        let mut dh = DefaultResolver
            .resolve_dh(&DHChoice::Curve25519)
            .expect("the default resolver knows Curve25519");
        dh.set(self.bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&dh.pubkey()[..32]);
        PublicKey(bytes)
    }

    /// The raw 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Base64 PKCS#8.
    pub fn to_base64(&self) -> Secret<String> {
        let mut der = PKCS8.to_vec();
        der.extend_from_slice(self.bytes());
        Secret::new(STANDARD.encode(der))
    }

    /// PEM.
    pub fn to_pem(&self) -> Secret<String> {
        let body = self.to_base64();
        let body = body.expose();
        Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
    }
}

impl PublicKey {
    /// Reads a key in any of its forms.
    pub fn parse(text: &str) -> Result<Self> {
        let body = pem(text.trim(), "PUBLIC KEY").unwrap_or_else(|| text.trim().to_owned());
        let der = STANDARD.decode(body).ok();
        der.and_then(|der| strip(&der, &SPKI)).map(Self).ok_or_else(|| {
            Error::invalid(format!(
                "{text:?} is no X25519 public key: base64 beginning MCowBQYDK2VuAyEA, or PEM"
            ))
        })
    }

    /// Reads a key, or the file that `file:/path` names; `None` where that file
    /// is not there.
    pub fn load(spec: &str) -> Result<Option<Self>> {
        let Some(path) = file_of(spec) else { return Self::parse(spec).map(Some) };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(Error::invalid(format!("the key {} cannot be read", path.display()))
                    .cause(error))
            }
        }
    }

    /// Writes the key as PEM.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::invalid(format!("the key {} cannot be written", path.display())).cause(error)
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let text = format!("-----BEGIN PUBLIC KEY-----\n{self}\n-----END PUBLIC KEY-----\n");
        fs::write(path, text).map_err(failed)
    }

    /// From what a handshake showed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut der = SPKI.to_vec();
        der.extend_from_slice(&self.0);
        f.write_str(&STANDARD.encode(der))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// The path of `file:/path`.
pub fn file_of(spec: &str) -> Option<PathBuf> {
    spec.trim().strip_prefix(FILE).map(PathBuf::from)
}

/// A new onboarding key: `O_`, 28 letters and digits, `_O`. Its 32 characters
/// are the raw private key.
pub fn onboarding_key() -> Result<Secret<String>> {
    let mut text = String::from("O_");
    let mut buffer = [0; 64];
    while text.len() < 30 {
        getrandom::fill(&mut buffer)
            .map_err(|error| Error::internal("the system gives no random numbers").cause(error))?;
        let fair = buffer.iter().map(|byte| char::from(*byte)).filter(char::is_ascii_alphanumeric);
        text.extend(fair.take(30 - text.len()));
    }
    text.push_str("_O");
    Ok(Secret::new(text))
}

fn pem(text: &str, label: &str) -> Option<String> {
    let inner = text.strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inner = inner.split(&format!("-----END {label}-----")).next()?;
    Some(inner.split_whitespace().collect())
}

fn strip(der: &[u8], prefix: &[u8]) -> Option<[u8; 32]> {
    der.strip_prefix(prefix)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_every_form() {
        let key = PrivateKey::generate().unwrap();
        let base64 = key.to_base64();
        assert_eq!(base64.expose().len(), 64);
        for text in [base64.expose(), key.to_pem().expose()] {
            assert_eq!(PrivateKey::parse(text).unwrap().bytes(), key.bytes());
        }
        let public = key.public().to_string();
        assert!(public.starts_with("MCowBQYDK2VuAyEA"), "{public}");
        assert_eq!(PublicKey::parse(&public).unwrap(), key.public());
    }

    #[test]
    fn a_short_text_is_a_key_padded_with_zeros() {
        let short = PrivateKey::parse("O_abc_O").unwrap();
        assert_eq!(&short.bytes()[..7], b"O_abc_O");
        assert_eq!(&short.bytes()[7..], [0; 25]);
    }

    #[test]
    fn a_missing_key_file_is_made_and_then_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/core.key");
        let spec = Secret::new(format!("file:{}", path.display()));
        let made = PrivateKey::load(&spec).unwrap();
        assert_eq!(PrivateKey::load(&spec).unwrap().bytes(), made.bytes());
        let public = format!("file:{}", path.with_extension("pub").display());
        assert_eq!(PublicKey::load(&public).unwrap(), Some(made.public()));
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_onboarding_key_has_32_characters() {
        let key = onboarding_key().unwrap();
        assert_eq!(key.expose().len(), 32);
        assert_ne!(key.expose(), onboarding_key().unwrap().expose());
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let error =
            PrivateKey::parse("this text is longer than thirty-two characters").unwrap_err();
        assert!(!error.to_string().contains("thirty"));
        assert!(PublicKey::parse("MCowBQYDK2VuAyEA").is_err());
    }
}
