//! What SQLite's errors mean for the person who reads them.

use std::path::Path;

use rusqlite::{ErrorCode, ffi};
use varanus_proto::{Error, Kind};

/// A failed statement or a failed rule of ours.
pub(super) enum Problem {
    Sqlite(rusqlite::Error),
    /// What was read makes no sense.
    Damaged(String),
    Ours(Error),
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Problem::Sqlite(error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Ours(error)
    }
}

impl Problem {
    pub(super) fn explain(self, path: &Path) -> Error {
        match self {
            Problem::Sqlite(error) => explain(error, path),
            Problem::Damaged(what) => damaged(path).cause(what),
            Problem::Ours(error) => error,
        }
    }
}

fn damaged(path: &Path) -> Error {
    let file = path.display();
    Error::unavailable(format!(
        "the store {file} is damaged; stop Core, keep the file, and restore a backup (`km database restore`) or what \
         `sqlite3 {file} .recover` still finds"
    ))
}

/// Whether an error that was explained says that a file is damaged.
pub(super) fn is_damage(error: &Error) -> bool {
    error.message().contains(" is damaged; ")
}

pub(super) fn explain(error: rusqlite::Error, path: &Path) -> Error {
    use rusqlite::Error as E;
    let file = path.display();
    if matches!(
        error,
        E::Utf8Error(..) | E::FromSqlConversionFailure(..) | E::InvalidColumnType(..)
    ) {
        return damaged(path).cause(error);
    }
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            Kind::Unavailable,
            format!(
                "the disk of {file} is full; nothing was changed; free some space and try again"
            ),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            Kind::Unavailable,
            format!(
                "the store {file} cannot be written; nothing was changed; check the rights of the file and its directory, \
                 and that they are not mounted read-only"
            ),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return damaged(path).cause(error);
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Kind::Unavailable,
            format!("the store {file} is locked by another program; end that one"),
        ),
        Some(ErrorCode::OperationInterrupted) => {
            (Kind::Deadline, format!("the store {file} did not answer in time"))
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed) => {
            let cure = "look at the free space and the health of the disk (dmesg), and try again";
            (Kind::Unavailable, format!("the disk of {file} failed; nothing was changed; {cure}"))
        }
        Some(ErrorCode::OutOfMemory | ErrorCode::TooBig) => {
            (Kind::Unavailable, format!("there is not enough memory for a query of {file}"))
        }
        _ => (Kind::Internal, format!("a query of the store {file} failed")),
    };
    Error::new(kind, message).cause(error)
}

/// The name of the index that a statement would have broken: `Some("")` for the
/// primary key.
pub(super) fn broken_index(error: &rusqlite::Error) -> Option<&str> {
    let rusqlite::Error::SqliteFailure(code, Some(message)) = error else { return None };
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(""),
        ffi::SQLITE_CONSTRAINT_UNIQUE => message.split('\'').nth(1),
        _ => None,
    }
}
