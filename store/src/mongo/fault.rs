//! What the driver's errors mean for the person who reads them.

use mongodb::error::{Error as Failure, ErrorKind, WriteFailure};
use varanus_proto::{Error, Kind};

/// The server's number for a broken unique index.
const DUPLICATE: i32 = 11000;

pub(super) fn explain(error: &Failure, description: &str) -> Error {
    let (kind, message) = match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => (
            Kind::Unavailable,
            format!(
                "{description} refused the login; check database.username, database.password and the authSource"
            ),
        ),
        ErrorKind::ServerSelection { .. } | ErrorKind::DnsResolve { .. } => (
            Kind::Unavailable,
            format!("{description} is away; check the address, and that the server runs"),
        ),
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => {
            (Kind::Unavailable, format!("the connection to {description} broke"))
        }
        ErrorKind::Shutdown => (Kind::Unavailable, "the store is closed".to_owned()),
        ErrorKind::InvalidTlsConfig { .. } | ErrorKind::IncompatibleServer { .. } => {
            (Kind::Invalid, format!("{description} cannot be used"))
        }
        _ => match code(error) {
            Some(18) => (Kind::Unavailable, format!("{description} refused the login")),
            Some(13) => (
                Kind::Unavailable,
                format!("{description}: the user lacks the role readWrite on this database"),
            ),
            Some(50 | 64) => (Kind::Deadline, format!("{description} did not answer in time")),
            // Not the primary, or no longer: the driver finds the new one.
            Some(91 | 189 | 10107 | 11600 | 11602 | 13435 | 13436) => {
                (Kind::Unavailable, format!("{description} changes its primary; try again"))
            }
            // A transaction that a Core of before left open holds what this one writes, until
            // the server gives it up; nothing was changed.
            Some(112) => (
                Kind::Unavailable,
                format!("{description} is busy with another change of the same; try again"),
            ),
            Some(14031) => (
                Kind::Unavailable,
                format!(
                    "the disk of {description} is full; nothing was changed; free some space there and try again"
                ),
            ),
            Some(10334 | 17280) => {
                (Kind::Invalid, format!("{description}: a document is larger than 16 MiB"))
            }
            _ => (Kind::Internal, format!("a command to {description} failed")),
        },
    };
    Error::new(kind, message).cause(text(error))
}

/// The driver's own words, without the server's whole answer in bytes; its errors
/// hold addresses but no credentials.
pub(super) fn text(error: &Failure) -> String {
    error.kind.to_string()
}

pub(super) fn is_duplicate(error: &Failure) -> bool {
    code(error) == Some(DUPLICATE)
}

/// Whether another try may succeed: the server is away or busy with another.
pub(super) fn is_passing(error: &Failure) -> bool {
    matches!(
        error.kind.as_ref(),
        ErrorKind::ServerSelection { .. }
            | ErrorKind::Io(_)
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
    ) || matches!(code(error), Some(91 | 112 | 189 | 10107 | 11600 | 11602 | 13435 | 13436))
        || error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR)
}

pub(super) fn code(error: &Failure) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => Some(concern.code),
        ErrorKind::InsertMany(many) => many.write_errors.as_ref()?.first().map(|write| write.code),
        _ => None,
    }
}
