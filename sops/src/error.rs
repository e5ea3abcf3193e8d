//! What can be wrong with a SOPS file. No variant carries a value or a key: what is
//! named is a path inside the document, a public recipient, or a line number.

use std::fmt;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a document could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text has no SOPS metadata, or is not of the format it was said to be.
    #[error("not a SOPS file: {reason}")]
    NotSops {
        /// What is missing or malformed, and where.
        reason: String,
    },
    /// No identity at hand opens enough of the key groups.
    #[error("{}", NoKeyText { recipients, needed: *needed, opened: *opened })]
    NoKey {
        /// The public recipients the file is encrypted to.
        recipients: Vec<String>,
        /// How many key groups must be opened.
        needed: usize,
        /// How many were.
        opened: usize,
    },
    /// The document's checksum does not fit its content.
    #[error(
        "the file was changed after it was encrypted (MAC mismatch); encrypt it again from a copy you trust"
    )]
    MacMismatch,
    /// One encrypted value cannot be read with the file's own key.
    #[error("the value at `{path}` is damaged: {reason}")]
    Damaged {
        /// Keys from the root to the value, joined with dots.
        path: String,
        /// What is wrong with it, without the value.
        reason: &'static str,
    },
    /// The file uses something this crate does not read.
    #[error("not supported: {what}")]
    Unsupported {
        /// What it is, and what to use instead.
        what: String,
    },
    /// A line of an age key file, or a recipient, is not one.
    #[error("not an age key: {reason}")]
    BadKey {
        /// Where and what; never the text of the key.
        reason: String,
    },
    /// A plain document cannot be encrypted as it is.
    #[error("cannot be encrypted: {reason}")]
    BadPlain {
        /// What is wrong, and where.
        reason: String,
    },
}

/// The kinds of [`Error`], for deciding what to do about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// See [`Error::NotSops`].
    NotSops,
    /// See [`Error::NoKey`].
    NoKey,
    /// See [`Error::MacMismatch`].
    MacMismatch,
    /// See [`Error::Damaged`].
    Damaged,
    /// See [`Error::Unsupported`].
    Unsupported,
    /// See [`Error::BadKey`].
    BadKey,
    /// See [`Error::BadPlain`].
    BadPlain,
}

impl Error {
    /// Which kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotSops { .. } => Kind::NotSops,
            Self::NoKey { .. } => Kind::NoKey,
            Self::MacMismatch => Kind::MacMismatch,
            Self::Damaged { .. } => Kind::Damaged,
            Self::Unsupported { .. } => Kind::Unsupported,
            Self::BadKey { .. } => Kind::BadKey,
            Self::BadPlain { .. } => Kind::BadPlain,
        }
    }

    pub(crate) fn not_sops(reason: impl Into<String>) -> Self {
        Self::NotSops { reason: reason.into() }
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(crate) fn bad_plain(reason: impl Into<String>) -> Self {
        Self::BadPlain { reason: reason.into() }
    }

    pub(crate) fn damaged(path: &[String], reason: &'static str) -> Self {
        let path = if path.is_empty() { "a comment".to_owned() } else { path.join(".") };
        Self::Damaged { path, reason }
    }
}

struct NoKeyText<'a> {
    recipients: &'a [String],
    needed: usize,
    opened: usize,
}

impl fmt::Display for NoKeyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = self.recipients.join(", ");
        if self.needed > 1 {
            write!(
                f,
                "the file needs keys of {} groups and ours open {}; it is encrypted to {to}",
                self.needed, self.opened
            )
        } else {
            write!(f, "none of our age keys opens the file; it is encrypted to {to}")
        }
    }
}
