//! SOPS files with age keys: read, verify, write, without the `sops` program.
//!
//! [`decrypt`] answers with what `sops -d` prints, byte for byte, and refuses a file whose
//! checksum does not fit; [`encrypt`] writes what `sops` reads. Both are given content and
//! keys and do nothing else: no files, no network, no other program. Neither a value nor a
//! secret key appears in an [`Error`] or can be printed.
//!
//! A file is read by its [`Format`] into a tree (`value`); its `metadata` names the keys
//! and the `rules` for what is encrypted; `walk` goes through the tree and changes each
//! leaf (`token`); the format writes the tree again. Data keys that are split over groups
//! are put together by `shamir`.
//!
//! ```
//! use varanus_sops::{Format, Identities, Options};
//!
//! # fn main() -> varanus_sops::Result<()> {
//! # let key_file = {
//! #     use age::secrecy::ExposeSecret;
//! #     age::x25519::Identity::generate().to_string().expose_secret().to_owned()
//! # };
//! let identities = Identities::parse(&key_file)?;
//! let recipients = identities.recipients();
//! let file = varanus_sops::encrypt(b"A=1\n", Format::Dotenv, &recipients, &Options::default())?;
//! assert!(varanus_sops::is_encrypted(&file, Format::Dotenv));
//! assert_eq!(*varanus_sops::decrypt(&file, Format::Dotenv, &identities)?, b"A=1\n");
//! # Ok(())
//! # }
//! ```

mod decrypt;
mod encrypt;
mod error;
mod flat;
mod format;
mod keys;
mod metadata;
mod number;
mod rules;
mod shamir;
mod token;
mod value;
mod walk;

pub use decrypt::{decrypt, is_encrypted, recipients};
pub use encrypt::{Options, encrypt};
pub use error::{Error, Kind, Result};
pub use format::Format;
pub use keys::{Identities, Recipient};
pub use rules::Rule;
