//! A version of a build.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `major.minor.patch`; read from that text too, missing parts being 0.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "Form")]
#[schemars(!try_from)]
pub struct Version {
    /// Raised by hand.
    pub major: i32,
    /// Raised by hand.
    pub minor: i32,
    /// Raised by each build.
    pub patch: i32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Parts { major: i32, minor: i32, patch: i32 },
}

impl Version {
    /// Whether it is 0.0.0, which means "none" or "the latest".
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::str::FromStr for Version {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let wrong = || crate::Error::invalid(format!("{text:?} is not a version like 1.2.3"));
        let mut parts = [0; 3];
        let mut given = text.trim().trim_start_matches('v').split('.');
        for part in &mut parts {
            if let Some(number) = given.next() {
                *part = number.parse().map_err(|_| wrong())?;
            }
        }
        if given.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { major: parts[0], minor: parts[1], patch: parts[2] })
    }
}

impl TryFrom<Form> for Version {
    type Error = crate::Error;

    fn try_from(form: Form) -> Result<Self, crate::Error> {
        match form {
            Form::Text(text) => text.parse(),
            Form::Parts { major, minor, patch } => Ok(Self { major, minor, patch }),
        }
    }
}
