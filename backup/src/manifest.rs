//! What we add to Komodo's format: a file that says what the others hold.
//!
//! It is written last. It has the form of the others, so that a program which
//! takes every file for a collection finds one document in it and no error.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use varanus_proto::{Error, Result};

use crate::file::Content;

/// The name, without its ending.
pub(crate) const NAME: &str = "VaranusBackup";

/// The newest format that is understood.
pub(crate) const FORMAT: u32 = 1;

/// The manifest of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// A later one than [`FORMAT`] is not understood.
    pub(crate) format: u32,
    /// Program and version that made it.
    pub(crate) program: String,
    /// When, RFC 3339.
    pub(crate) made_at: String,
    /// Of what.
    pub(crate) store: String,
    /// The files by their names without their endings.
    pub(crate) files: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) documents: u64,
    pub(crate) sha256: String,
}

impl Manifest {
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.name == name)
    }

    pub(crate) fn line(&self) -> Result<String> {
        let mut value = serde_json::to_value(self)
            .map_err(|error| Error::internal("a manifest is not JSON").cause(error))?;
        if let Value::Object(map) = &mut value {
            let id = json!({ "$oid": "5ea1ed0000000000000000ba" });
            map.shift_insert(0, "_id".to_owned(), id);
        }
        Ok(value.to_string())
    }

    /// Reads it, the format first: a later one may have another shape.
    pub(crate) fn parse(line: &str, place: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let wrong = |error: serde_json::Error| {
            Error::invalid(format!("{place}: it is no manifest of a backup")).cause(error)
        };
        let Format { format } = serde_json::from_str(line).map_err(wrong)?;
        if format > FORMAT {
            return Err(Error::invalid(format!(
                "{place}: a newer Varanus made this backup (format {format}, this one knows {FORMAT}); restore it with \
                 that version"
            )));
        }
        serde_json::from_str(line).map_err(wrong)
    }
}

impl Entry {
    pub(crate) fn new(name: &str, content: Content) -> Self {
        Self { name: name.to_owned(), documents: content.documents, sha256: content.sha256 }
    }
}
