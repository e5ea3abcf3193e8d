//! Which values of a document are encrypted. The rules are written in the file itself,
//! so a reader decides the same way the writer did.

use regex::Regex;

use crate::error::{Error, Result};

/// The rule of one document. In a file at most one is set; without any, everything
/// is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Everything is encrypted.
    #[default]
    All,
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

impl Rule {
    /// The rule's name and text in SOPS metadata, if it is written there.
    pub(crate) fn entry(&self) -> Option<(&'static str, &str)> {
        Some(match self {
            Self::All => return None,
            Self::UnencryptedSuffix(text) => ("unencrypted_suffix", text),
            Self::EncryptedSuffix(text) => ("encrypted_suffix", text),
            Self::UnencryptedRegex(text) => ("unencrypted_regex", text),
            Self::EncryptedRegex(text) => ("encrypted_regex", text),
            Self::UnencryptedCommentRegex(text) => ("unencrypted_comment_regex", text),
            Self::EncryptedCommentRegex(text) => ("encrypted_comment_regex", text),
        })
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

/// Rules with their expressions compiled, asked once for each leaf. Files of old
/// versions may hold several; later kinds overrule earlier ones.
pub(crate) struct Compiled(Vec<Test>);

enum Test {
    Suffix(String, bool),
    Key(Regex, bool),
    Comment(Regex, bool),
}

impl Compiled {
    pub(crate) fn of(rules: &[Rule]) -> Result<Self> {
        let mut tests = Vec::new();
        for rule in rules {
            tests.push(match rule {
                Rule::All => continue,
                Rule::UnencryptedSuffix(end) => Test::Suffix(end.clone(), false),
                Rule::EncryptedSuffix(end) => Test::Suffix(end.clone(), true),
                Rule::UnencryptedRegex(text) => Test::Key(compile(text)?, false),
                Rule::EncryptedRegex(text) => Test::Key(compile(text)?, true),
                Rule::UnencryptedCommentRegex(text) => Test::Comment(compile(text)?, false),
                Rule::EncryptedCommentRegex(text) => Test::Comment(compile(text)?, true),
            });
        }
        Ok(Self(tests))
    }

    /// Whether a leaf is encrypted. `comments` holds, for each level, the comments since
    /// the last value there; if the leaf is a comment it is the last of them.
    pub(crate) fn encrypts(
        &self,
        path: &[String],
        comments: &[Vec<String>],
        is_comment: bool,
    ) -> bool {
        let mut encrypted = true;
        for test in &self.0 {
            let (found, makes) = match test {
                Test::Suffix(end, makes) => (path.iter().any(|key| key.ends_with(end)), *makes),
                Test::Key(regex, makes) => (path.iter().any(|key| regex.is_match(key)), *makes),
                Test::Comment(regex, makes) => {
                    // The comment that turns encryption on stays readable itself.
                    let skip_last = *makes && is_comment;
                    let depth = comments.len();
                    let found = comments.iter().enumerate().any(|(level, lines)| {
                        let last = level + 1 == depth && skip_last;
                        let lines =
                            if last { &lines[..lines.len().saturating_sub(1)] } else { lines };
                        lines.iter().any(|line| regex.is_match(line))
                    });
                    (found, *makes)
                }
            };
            encrypted = match (found, makes) {
                (true, makes) => makes,
                (false, true) => false,
                (false, false) => encrypted,
            };
        }
        encrypted
    }
}

fn compile(text: &str) -> Result<Regex> {
    Regex::new(text)
        .map_err(|_| Error::unsupported(format!("the rule's regular expression `{text}`")))
}
