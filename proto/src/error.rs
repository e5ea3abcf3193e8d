//! The one error that crosses rooms and wires.
//!
//! An [`Error`] has a [`Kind`], which picks the HTTP status and says whether a
//! retry helps, a message for the person who called, and the chain of what led
//! to it. Its wire form is [`ErrorBody`] (contract §1: `{error, trace}`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What sort of failure it is.
///
/// | kind | use it when |
/// |---|---|
/// | `Invalid` | the input is wrong; the message names the thing, the place and the cure |
/// | `Unauthorized` | nobody knows who is calling |
/// | `Forbidden` | the caller is known, may see the thing, but may not do this |
/// | `NotFound` | it does not exist, or the caller may not see it |
/// | `Conflict` | the name is taken, or the thing changed meanwhile |
/// | `Busy` | a run holds the lock; try again later |
/// | `TooMany` | a rate limit |
/// | `Unreachable` | an agent, a registry or a git host does not answer |
/// | `Deadline` | it was started and did not end in time |
/// | `Cancelled` | a person ended it |
/// | `Unavailable` | our own store is away; nothing was changed |
/// | `Failed` | an external program or a run said no; its output is the reason |
/// | `Internal` | a fault of ours |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the table above
pub enum Kind {
    Invalid,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Busy,
    TooMany,
    Unreachable,
    Deadline,
    Cancelled,
    Unavailable,
    Failed,
    Internal,
}

impl Kind {
    /// The HTTP status that stands for this kind.
    pub fn status(self) -> u16 {
        match self {
            Kind::Invalid => 422,
            Kind::Unauthorized => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Conflict | Kind::Busy | Kind::Cancelled => 409,
            Kind::TooMany => 429,
            Kind::Unreachable => 502,
            Kind::Deadline => 504,
            Kind::Unavailable => 503,
            Kind::Failed | Kind::Internal => 500,
        }
    }

    /// Whether the same call may succeed later without a change to it.
    pub fn retry_helps(self) -> bool {
        matches!(
            self,
            Kind::Busy | Kind::TooMany | Kind::Unreachable | Kind::Deadline | Kind::Unavailable
        )
    }
}

/// An error with a kind, a message for the caller, and its causes.
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    message: String,
    trace: Vec<String>,
}

/// A result with the house's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            pub fn $name(message: impl Into<String>) -> Self {
                Self::new(Kind::$kind, message)
            }
        )*
    };
}

impl Error {
    /// An error of a kind, with the message for the caller.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), trace: Vec::new() }
    }

    constructors! {
        /// The input is wrong.
        invalid => Invalid,
        /// Nobody knows who is calling.
        unauthorized => Unauthorized,
        /// The caller may not do this.
        forbidden => Forbidden,
        /// There is no such thing, as far as the caller may know.
        not_found => NotFound,
        /// The name is taken, or the thing changed meanwhile.
        conflict => Conflict,
        /// A run holds the lock.
        busy => Busy,
        /// A rate limit was reached.
        too_many => TooMany,
        /// The other side does not answer.
        unreachable => Unreachable,
        /// It did not end in time.
        deadline => Deadline,
        /// A person ended it.
        cancelled => Cancelled,
        /// The store is away.
        unavailable => Unavailable,
        /// A program or a run failed.
        failed => Failed,
        /// A fault of ours.
        internal => Internal,
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The outermost message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The causes, outermost first.
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// Puts a message in front; what was said before becomes the first cause.
    #[must_use]
    pub fn context(mut self, message: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.message, message.into());
        self.trace.insert(0, inner);
        self
    }

    /// Adds a cause behind all others.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.trace.push(cause.to_string());
        self
    }

    /// The form that goes over a wire.
    pub fn body(&self) -> ErrorBody {
        ErrorBody { error: self.message.clone(), trace: self.trace.clone() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.trace {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {}

/// `.context("…")` on any result that holds the house's error.
pub trait Context<T> {
    /// Puts a message in front of the error.
    fn context(self, message: impl Into<String>) -> Result<T>;
    /// The same, built only when there is an error.
    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T> Context<T> for Result<T, Error> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.context(message))
    }

    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|error| error.context(message()))
    }
}

/// How an error looks to a client or an agent (contract §1 and §12): the
/// outermost message, then its causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default, JsonSchema)]
pub struct ErrorBody {
    /// The outermost message.
    pub error: String,
    /// The causes, outermost first.
    #[serde(default)]
    pub trace: Vec<String>,
}

impl ErrorBody {
    /// The error this body stands for, of a kind the carrier knows.
    pub fn into_error(self, kind: Kind) -> Error {
        Error { kind, message: self.error, trace: self.trace }
    }
}
