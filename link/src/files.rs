//! How many sockets a process may have.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use varanus_proto::{Error, Result};

/// More is never needed; programs that a process starts inherit the limit, and
/// some of them go through every file that they might have open.
const ENOUGH: u64 = 65_536;

/// Lets this process have as many files and sockets open as the system allows:
/// the usual limit of 1024 is there for programs that know no more. Returns how
/// many that are.
pub fn raise_open_files() -> Result<u64> {
    let failed = |error: nix::Error| {
        Error::internal("the limit of open files cannot be changed (ulimit -n)").cause(error)
    };
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(failed)?;
    let wanted = hard.min(ENOUGH);
    if soft >= wanted {
        return Ok(soft);
    }
    setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).map_err(failed)?;
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_may_be_open_as_the_system_allows() {
        let allowed = raise_open_files().unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert!(soft >= hard.min(ENOUGH), "{soft} of {hard}");
        assert_eq!(allowed, soft);
    }
}
