//! What a change of a stack's files asks for: pure.

use std::collections::BTreeSet;

use varanus_proto::entity::stack::{StackFileRequires, StackInfo, StackRemoteFileContents};

pub use super::contents::Beside;

/// What is to be done about a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// Nothing differs from what is deployed.
    Nothing,
    /// Everything is deployed, for this reason.
    Deploy(String),
    /// Some services are deployed again, some restarted. `restart_all` restarts
    /// whatever is not deployed.
    Services {
        /// Services to deploy.
        deploy: BTreeSet<String>,
        /// Services to restart.
        restart: BTreeSet<String>,
        /// Whether all others are restarted.
        restart_all: bool,
    },
}

/// Compares what was deployed with what the files say now.
pub fn needed(info: &StackInfo, latest: &[StackRemoteFileContents], beside: &Beside) -> Needed {
    let whole = |why: &str| Needed::Deploy(why.to_owned());
    let Some(deployed) = &info.deployed_contents else { return whole("it was never deployed") };
    if info.deploy_failed {
        return whole("its last deploy failed");
    }
    match beside {
        Beside::Same => {}
        Beside::Unknown => return whole("it is not known what it was deployed from"),
        Beside::Differ(paths) => return Needed::Deploy(changed(paths)),
    }
    let (mut deploy, mut restart, mut restart_all) = (BTreeSet::new(), BTreeSet::new(), false);
    for file in latest {
        let before = deployed.iter().find(|before| before.path == file.path);
        if before.is_some_and(|before| before.contents == file.contents) {
            continue;
        }
        match (file.requires, file.services.is_empty()) {
            (StackFileRequires::Redeploy, true) => {
                return Needed::Deploy(changed(std::slice::from_ref(&file.path)));
            }
            (StackFileRequires::Redeploy, false) => deploy.extend(file.services.iter().cloned()),
            (StackFileRequires::Restart, true) => restart_all = true,
            (StackFileRequires::Restart, false) => restart.extend(file.services.iter().cloned()),
            (StackFileRequires::None, _) => {}
        }
    }
    if let Some(gone) = deployed.iter().find(|was| !latest.iter().any(|is| is.path == was.path)) {
        return Needed::Deploy(format!("{} is gone", gone.path));
    }
    if deploy.is_empty() && restart.is_empty() && !restart_all {
        return Needed::Nothing;
    }
    let restart = restart.difference(&deploy).cloned().collect();
    Needed::Services { deploy, restart, restart_all }
}

fn changed(paths: &[String]) -> String {
    const MOST: usize = 5;
    let shown = paths.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match paths.len() > MOST {
        true => format!("{shown} and {} more changed", paths.len() - MOST),
        false => format!("{shown} changed"),
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::file::FileContents;

    use super::*;

    fn file(
        path: &str,
        contents: &str,
        requires: StackFileRequires,
        services: &[&str],
    ) -> StackRemoteFileContents {
        StackRemoteFileContents {
            path: path.into(),
            contents: contents.into(),
            services: services.iter().map(|service| (*service).to_owned()).collect(),
            requires,
        }
    }

    fn deployed(files: &[(&str, &str)]) -> StackInfo {
        let files = files.iter().map(|(path, contents)| FileContents {
            path: (*path).into(),
            contents: (*contents).into(),
        });
        StackInfo { deployed_contents: Some(files.collect()), ..StackInfo::default() }
    }

    #[test]
    fn only_what_changed_is_deployed_or_restarted() {
        use StackFileRequires::{None, Redeploy, Restart};
        let info = deployed(&[("compose.yaml", "1"), ("app.conf", "1")]);
        let compose = |contents| file("compose.yaml", contents, Redeploy, &[]);
        let conf = |requires, services| file("app.conf", "2", requires, services);
        let same = file("app.conf", "1", Restart, &[]);
        let services = |deploy: &[&str], restart: &[&str], restart_all| Needed::Services {
            deploy: deploy.iter().map(|s| (*s).to_owned()).collect(),
            restart: restart.iter().map(|s| (*s).to_owned()).collect(),
            restart_all,
        };
        let needed = |info: &StackInfo, latest: &[_]| needed(info, latest, &Beside::Same);
        assert_eq!(needed(&info, &[compose("1"), same.clone()]), Needed::Nothing);
        let whole = |why: &str| Needed::Deploy(why.to_owned());
        assert_eq!(needed(&info, &[compose("2"), same]), whole("compose.yaml changed"));
        assert_eq!(needed(&info, &[compose("1"), conf(None, &[])]), Needed::Nothing);
        assert_eq!(
            needed(&info, &[compose("1"), conf(Restart, &["a"])]),
            services(&[], &["a"], false)
        );
        assert_eq!(needed(&info, &[compose("1"), conf(Restart, &[])]), services(&[], &[], true));
        assert_eq!(
            needed(&info, &[compose("1"), conf(Redeploy, &["a"])]),
            services(&["a"], &[], false)
        );
        assert_eq!(needed(&info, &[compose("1")]), whole("app.conf is gone"));
    }

    #[test]
    fn what_was_never_deployed_or_failed_or_is_not_known_is_deployed() {
        let whole = |info: &StackInfo, beside: &Beside| {
            matches!(needed(info, &[], beside), Needed::Deploy(_))
        };
        assert!(whole(&StackInfo::default(), &Beside::Same));
        let info = deployed(&[]);
        assert!(!whole(&info, &Beside::Same));
        assert!(whole(&info, &Beside::Unknown));
        assert!(whole(&info, &Beside::Differ(vec!["a.conf".into()])));
        assert!(whole(&StackInfo { deploy_failed: true, ..info }, &Beside::Same));
    }
}
