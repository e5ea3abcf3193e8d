//! What a `docker compose up` leaves that was killed half way.
//!
//! To replace a container, compose makes the new one under a name of its own,
//! removes the old one, and gives the new one its name. Killed in between it
//! leaves both, and the next `up` fails with a conflict of names. (Seen of
//! Docker Compose 2.)

use std::collections::{BTreeSet, HashMap};

use bollard::query_parameters::ListContainersOptionsBuilder;
use varanus_proto::{Error, Result};

use super::Docker;
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
    /// Mends what an interrupted `up` of a project left. Returns what was done,
    /// in words.
    pub async fn mend(&self, work: &Work, project: &str) -> Result<Vec<String>> {
        let project = format!("com.docker.compose.project={project}");
        let filters = HashMap::from([
            ("label".to_owned(), vec![project.clone(), REPLACES.to_owned()]),
            ("status".to_owned(), vec!["created".to_owned(), "exited".to_owned()]),
        ]);
        let unfinished = self.named(filters).await?;
        if unfinished.iter().all(|(_, name)| final_name(name).is_none()) {
            return Ok(Vec::new());
        }
        let all = self.named(HashMap::from([("label".to_owned(), vec![project])])).await?;
        let names: BTreeSet<_> = all.iter().map(|(_, name)| name.as_str()).collect();
        let mut done = Vec::new();
        for (id, name) in &unfinished {
            let (argv, what) = match mend(name, &names) {
                None => continue,
                Some(Mend::Remove) => {
                    (vec!["rm".into(), "-f".into(), "--".into(), id.clone()], "removed")
                }
                Some(Mend::Rename(to)) => {
                    (vec!["rename".into(), "--".into(), id.clone(), to], "renamed")
                }
            };
            let argv = std::iter::once("docker".to_owned()).chain(argv);
            check(work.quietly(&Program::new(argv, self.change)).await?)?;
            done.push(format!("{what} {name}, which an interrupted deploy left"));
        }
        Ok(done)
    }

    /// Ids and names of containers.
    async fn named(&self, filters: HashMap<String, Vec<String>>) -> Result<Vec<(String, String)>> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let found = self.ask(|api| async move { api.list_containers(Some(options)).await }).await?;
        let pairs = found.into_iter().filter_map(|container| {
            let name = container.names?.into_iter().next()?;
            Some((container.id?, name.trim_start_matches('/').to_owned()))
        });
        Ok(pairs.collect())
    }
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
