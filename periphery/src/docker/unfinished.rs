//! What a `docker compose up` leaves that was killed half way.
//!
//! To replace a container, compose makes the new one under a name of its own,
//! removes the old one, and gives the new one its name. Killed in between it
//! leaves both, and the next `up` fails with a conflict of names. (Seen of
//! Docker Compose 2.)

use std::collections::BTreeSet;

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as State};
use varanus_proto::{Error, Result};

use super::Docker;
use super::project::{Part, parts};
use crate::process::Program;
use crate::work::Work;

/// Compose's mark on a container that is to replace another.
const REPLACES: &str = "com.docker.compose.replace";

/// What is done with a container that has not come to its name.
#[derive(Debug, PartialEq, Eq)]
enum Mend {
    /// The one it should replace is there still.
    Remove,
    /// It is all there is: it gets its name.
    Rename(String),
}

impl Docker {
    /// Mends what an interrupted `up` of a project left. Returns what was done, in
    /// words, and the project's containers as they are then.
    pub async fn mend(&self, work: &Work, project: &str) -> Result<(Vec<String>, Vec<Part>)> {
        let found = self.of_project(project).await?;
        let names: BTreeSet<_> = found.iter().filter_map(name).collect();
        let mut done = Vec::new();
        for container in found.iter().filter(|container| is_unfinished(container)) {
            let (Some(id), Some(name)) = (container.id.clone(), name(container)) else { continue };
            let (argv, what) = match mend(name, &names) {
                None => continue,
                Some(Mend::Remove) => (vec!["rm".into(), "-f".into(), "--".into(), id], "removed"),
                Some(Mend::Rename(to)) => (vec!["rename".into(), "--".into(), id, to], "renamed"),
            };
            let argv = std::iter::once("docker".to_owned()).chain(argv);
            check(work.quietly(&Program::new(argv, self.change)).await?)?;
            done.push(format!("{what} {name}, which an interrupted deploy left"));
        }
        let parts = match done.is_empty() {
            true => parts(found),
            false => self.project(project).await?,
        };
        Ok((done, parts))
    }
}

/// Whether compose made it to replace another, and it has never run since.
fn is_unfinished(container: &ContainerSummary) -> bool {
    let replaces = container.labels.as_ref().is_some_and(|labels| labels.contains_key(REPLACES));
    replaces && matches!(container.state, Some(State::CREATED | State::EXITED))
}

fn name(container: &ContainerSummary) -> Option<&str> {
    Some(container.names.as_ref()?.first()?.trim_start_matches('/'))
}

fn check(output: crate::process::Output) -> Result<()> {
    match output.success {
        true => Ok(()),
        false => Err(Error::failed("what an interrupted deploy left cannot be put in order")
            .cause(output.stderr.trim())),
    }
}

/// `0123456789ab_NAME` → `NAME`: the short id is that of the one to be replaced.
fn final_name(name: &str) -> Option<&str> {
    let (id, rest) = name.split_once('_')?;
    let short = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (short && !rest.is_empty()).then_some(rest)
}

fn mend(name: &str, names: &BTreeSet<&str>) -> Option<Mend> {
    let wanted = final_name(name)?;
    Some(match names.contains(wanted) {
        true => Mend::Remove,
        false => Mend::Rename(wanted.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_has_not_come_to_its_name_is_removed_or_named() {
        let both = BTreeSet::from(["15f4afae1198_web-app-1", "web-app-1", "web-db-1"]);
        let alone = BTreeSet::from(["15f4afae1198_web-app-1", "web-db-1"]);
        let name = "15f4afae1198_web-app-1";
        assert_eq!(mend(name, &both), Some(Mend::Remove));
        assert_eq!(mend(name, &alone), Some(Mend::Rename("web-app-1".into())));
        for finished in ["web-app-1", "my_web-app-1", "15f4afae1198_", "15f4afae119x_web"] {
            assert_eq!(mend(finished, &both), None, "{finished}");
        }
    }
}
