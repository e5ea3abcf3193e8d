//! Which values of a document are encrypted. The rules are written in the file itself,
//! so a reader decides the same way the writer did.

use regex::Regex;

use crate::error::{Error, Result};

/// The rule of one document. Values that hold nothing (`null`, an empty text) are never
/// encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// All but what stands under a key ending so.
    UnencryptedSuffix(String),
    /// Only what stands under a key ending so.
    EncryptedSuffix(String),
    /// All but what stands under a key that matches.
    UnencryptedRegex(String),
    /// Only what stands under a key that matches.
    EncryptedRegex(String),
    /// All but what follows a comment that matches.
    UnencryptedCommentRegex(String),
    /// Only what follows a comment that matches.
    EncryptedCommentRegex(String),
}

/// All but what stands under a key ending in `_unencrypted`: what `sops` assumes for a
/// file that names no rule.
impl Default for Rule {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl Rule {
    /// The rule's name and text in SOPS metadata.
    pub(crate) fn entry(&self) -> (&'static str, &str) {
        match self {
            Self::UnencryptedSuffix(text) => ("unencrypted_suffix", text),
            Self::EncryptedSuffix(text) => ("encrypted_suffix", text),
            Self::UnencryptedRegex(text) => ("unencrypted_regex", text),
            Self::EncryptedRegex(text) => ("encrypted_regex", text),
            Self::UnencryptedCommentRegex(text) => ("unencrypted_comment_regex", text),
            Self::EncryptedCommentRegex(text) => ("encrypted_comment_regex", text),
        }
    }

    /// Every rule name of SOPS metadata with its constructor.
    pub(crate) const NAMED: [NamedRule; 6] = [
        ("unencrypted_suffix", Self::UnencryptedSuffix),
        ("encrypted_suffix", Self::EncryptedSuffix),
        ("unencrypted_regex", Self::UnencryptedRegex),
        ("encrypted_regex", Self::EncryptedRegex),
        ("unencrypted_comment_regex", Self::UnencryptedCommentRegex),
        ("encrypted_comment_regex", Self::EncryptedCommentRegex),
    ];
}

/// A rule's name in SOPS metadata and what makes it of its text.
type NamedRule = (&'static str, fn(String) -> Rule);

/// A rule with its expression compiled, asked once for each leaf.
pub(crate) enum Compiled {
    Suffix(String, bool),
    Key(Regex, bool),
    Comment(Regex, bool),
}

impl Compiled {
    pub(crate) fn of(rule: &Rule) -> Result<Self> {
        Ok(match rule {
            Rule::UnencryptedSuffix(end) => Self::Suffix(end.clone(), false),
            Rule::EncryptedSuffix(end) => Self::Suffix(end.clone(), true),
            Rule::UnencryptedRegex(text) => Self::Key(compile(text)?, false),
            Rule::EncryptedRegex(text) => Self::Key(compile(text)?, true),
            Rule::UnencryptedCommentRegex(text) => Self::Comment(compile(text)?, false),
            Rule::EncryptedCommentRegex(text) => Self::Comment(compile(text)?, true),
        })
    }

    /// Whether a leaf is encrypted. `comments` holds, for each level, the comments since
    /// the last value there; if the leaf is a comment it is the last of them.
    pub(crate) fn encrypts(
        &self,
        path: &[String],
        comments: &[Vec<String>],
        is_comment: bool,
    ) -> bool {
        match self {
            Self::Suffix(end, encrypts) => path.iter().any(|key| key.ends_with(end)) == *encrypts,
            Self::Key(regex, encrypts) => path.iter().any(|key| regex.is_match(key)) == *encrypts,
            Self::Comment(regex, encrypts) => {
                // The comment that turns encryption on stays readable itself.
                let skip_last = *encrypts && is_comment;
                let found = comments.iter().enumerate().any(|(level, lines)| {
                    let last = skip_last && level + 1 == comments.len();
                    let lines = &lines[..lines.len() - usize::from(last && !lines.is_empty())];
                    lines.iter().any(|line| regex.is_match(line))
                });
                found == *encrypts
            }
        }
    }
}

fn compile(text: &str) -> Result<Regex> {
    Regex::new(text)
        .map_err(|_| Error::unsupported(format!("the rule's regular expression `{text}`")))
}
