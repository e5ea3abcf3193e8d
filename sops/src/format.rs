//! The formats of SOPS files, and what all readers and writers of them have in common.

mod binary;
mod dotenv;
mod ini;
mod json;
pub(crate) mod yaml;

use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::value::{Branch, Value, get};

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `NAME=value` lines; comments start a line with `#`.
    Dotenv,
    /// One object.
    Json,
    /// Maps, in one or several documents; comments are kept.
    Yaml,
    /// Sections of `name = value` lines; comments start a line with `;` or `#`.
    Ini,
    /// Any bytes, encrypted as one value inside a JSON object.
    Binary,
}

impl Format {
    /// The format a path's ending stands for, as the `sops` program decides it:
    /// `.yaml`, `.yml`, `.json`, `.env`, `.ini`. `None` for any other ending, which `sops`
    /// takes for [`Format::Binary`].
    pub fn of_path(path: impl AsRef<Path>) -> Option<Self> {
        let name = path.as_ref().file_name()?.to_str()?;
        let ending = name.rsplit_once('.')?.1;
        Some(match ending {
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "env" => Self::Dotenv,
            "ini" => Self::Ini,
            _ => return None,
        })
    }

    /// The format of an encrypted file: what its path says if the content agrees, else
    /// the one format it is encrypted in (`app.env.enc`, `secrets.yaml.sops`). `None` if
    /// it is not encrypted.
    pub fn detect(path: impl AsRef<Path>, text: &[u8]) -> Option<Self> {
        let of_path = Self::of_path(path);
        let json = if of_path.is_some() { Self::Json } else { Self::Binary };
        let others = [json, Self::Dotenv, Self::Ini, Self::Yaml];
        of_path.into_iter().chain(others).find(|format| crate::is_encrypted(text, *format))
    }

    /// Reads a file that may be encrypted.
    pub(crate) fn read(self, text: &[u8]) -> Result<Document> {
        match self {
            Self::Dotenv => dotenv::read(text),
            Self::Json | Self::Binary => json::read(text),
            Self::Yaml => yaml::read(text),
            Self::Ini => ini::read(text),
        }
    }

    /// Reads a plain file. Its problems are those of the person who wrote it.
    pub(crate) fn read_plain(self, text: &[u8]) -> Result<Document> {
        match self {
            Self::Binary => Ok(binary::wrap(text)),
            Self::Ini => ini::read_plain(text),
            format => format.read(text),
        }
    }

    /// Writes a document with metadata.
    pub(crate) fn write(self, branches: &[Branch], metadata: Branch) -> Result<Vec<u8>> {
        match self {
            Self::Dotenv => dotenv::write(&branches[0], Some(&metadata)),
            Self::Ini => ini::write(&branches[0], Some(&metadata)),
            Self::Json | Self::Binary => json::write(&branches[0], Some(metadata)),
            Self::Yaml => yaml::write(branches, Some(&metadata)),
        }
        .map(|mut text| std::mem::take(&mut *text))
    }

    /// Writes a document as `sops -d` prints it.
    pub(crate) fn write_plain(self, branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::Dotenv => dotenv::write(&branches[0], None),
            Self::Ini => ini::write(&branches[0], None),
            Self::Json => json::write(&branches[0], None),
            Self::Binary => binary::unwrap(&branches[0]),
            Self::Yaml => yaml::write(branches, None),
        }
    }
}

/// A file that was read: its documents without the metadata, and the metadata if it has
/// any. Only YAML has more than one document; there is always at least one.
pub(crate) struct Document {
    pub(crate) branches: Vec<Branch>,
    pub(crate) metadata: Option<Branch>,
}

impl Document {
    /// Takes the metadata out of branches in which it stands under `sops`.
    pub(crate) fn of_nested(mut branches: Vec<Branch>) -> Self {
        use crate::metadata::KEY;
        use crate::value::Item;

        let metadata =
            branches.iter().find_map(|branch| get(branch, KEY).and_then(Value::as_map).cloned());
        if metadata.is_some() {
            for branch in &mut branches {
                branch.retain(|item| !matches!(item, Item::Pair(key, _) if key == KEY));
            }
        }
        Self { branches, metadata }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_its_format() {
        assert_eq!(Format::of_path("stacks/a/.env"), Some(Format::Dotenv));
        assert_eq!(Format::of_path("prod.sops.env"), Some(Format::Dotenv));
        assert_eq!(Format::of_path("a.yml"), Some(Format::Yaml));
        assert_eq!(Format::of_path("key.pem"), None);
    }
}
