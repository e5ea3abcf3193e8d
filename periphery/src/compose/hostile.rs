//! Stacks and repositories of somebody who wants more than a deploy.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;
use varanus_proto::entity::stack::{Stack, StackFileDependency};

use super::command::Compose;
use super::{files, simple, up};
use crate::agent::Agent;
use crate::config::PeripheryConfig;
use crate::redact::Redactor;
use crate::work::{Silent, Work};

async fn agent(folder: &Path) -> Arc<Agent> {
    let config =
        PeripheryConfig { root_directory: folder.join("agent"), ..PeripheryConfig::default() };
    Agent::start(config).await.unwrap()
}

fn work() -> Work {
    Work::new(Arc::new(Silent), CancellationToken::new(), Redactor::default())
}

#[allow(clippy::disallowed_methods)] // a test waits for its own git
fn git(folder: &Path, text: &str) {
    let status = std::process::Command::new("sh")
        .args(["-ec", text])
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "t")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "t@t")))
        .status()
        .unwrap();
    assert!(status.success(), "{text}");
}

/// A stack of a repository whose `.env`, one compose file and one folder are
/// links out of it.
fn hostile(folder: &Path) -> Stack {
    let repo = folder.join("o/r");
    std::fs::create_dir_all(repo.join("web")).unwrap();
    std::fs::create_dir_all(folder.join("outside")).unwrap();
    std::fs::write(folder.join("outside/secret"), "TOKEN=hunter2\n").unwrap();
    std::fs::write(repo.join("web/compose.yaml"), "services: {}\n").unwrap();
    symlink(folder.join("outside/secret"), repo.join("web/linked.yaml")).unwrap();
    symlink("../../../../outside/secret", repo.join("web/.env")).unwrap();
    symlink(folder.join("outside"), repo.join("out")).unwrap();
    symlink("../web/compose.yaml", repo.join("web/within.yaml")).unwrap();
    git(&repo, "git init -q -b main; git add -A; git commit -qm one");
    let mut stack = Stack { name: "web".into(), ..Stack::default() };
    stack.config.git_provider = format!("file://{}", folder.display());
    stack.config.repo = "o/r".into();
    stack.config.branch = "main".into();
    stack.config.run_directory = "web".into();
    stack.config.env_file_path = "own.env".into();
    stack
}

#[tokio::test]
async fn links_of_a_repository_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (agent, mut stack) = (agent(folder.path()).await, hostile(folder.path()));
    let place =
        async |stack: &Stack| files::place(&agent, &work(), stack, files::Sources::default()).await;
    let placed = place(&stack).await.unwrap();
    assert!(placed.success(), "{:?}", placed.logs);
    let wanted = |path: &str| StackFileDependency { path: path.into(), ..Default::default() };
    let paths =
        ["compose.yaml", "within.yaml", "linked.yaml", "../out/secret", ".env", "../../../x"];
    let (read, errors) =
        files::read(placed.root.as_deref(), &placed.folder, &paths.map(wanted)).await;
    let read: Vec<_> = read.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(read, ["compose.yaml", "within.yaml"]);
    assert_eq!(errors.len(), 4);
    assert!(errors.iter().all(|file| !file.contents.contains("hunter2")), "{errors:?}");
    // A person's own choice of another place stays possible.
    let own = folder.path().join("outside/secret").display().to_string();
    let (read, _) = files::read(placed.root.as_deref(), &placed.folder, &[wanted(&own)]).await;
    assert_eq!(read.len(), 1);

    // The env file that compose would take, without variables and with some.
    stack.config.env_file_path = String::new();
    let refused = place(&stack).await.unwrap_err();
    assert!(refused.to_string().contains("leads out"), "{refused}");
    stack.config.environment = "A=1".into();
    let placed = place(&stack).await.unwrap();
    assert_eq!(std::fs::read_to_string(placed.folder.join(".env")).unwrap(), "A=1\n");
    let outside = folder.path().join("outside/secret");
    assert_eq!(std::fs::read_to_string(outside).unwrap(), "TOKEN=hunter2\n");

    stack.config.additional_env_files =
        serde_json::from_value(serde_json::json!([{ "path": "linked.yaml", "track": false }]))
            .unwrap();
    let placed = place(&stack).await.unwrap();
    assert!(files::check_env_files(&placed, &stack).await.is_err());
    for bad in ["../out", "out", "../..", "/out"] {
        stack.config.run_directory = bad.into();
        assert!(place(&stack).await.is_err(), "{bad}");
    }
    // Not even its git settings are written.
    stack.config.run_directory = String::new();
    for bad in ["out/new.env", ".git/config", "out/../.git/config"] {
        stack.config.env_file_path = bad.into();
        assert!(place(&stack).await.is_err(), "{bad}");
    }
    assert!(!folder.path().join("outside/new.env").try_exists().unwrap());
}

#[tokio::test]
async fn names_are_never_options() {
    let folder = tempfile::tempdir().unwrap();
    let agent = agent(folder.path()).await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let names =
        proptest::collection::vec("(-{1,2})?[a-z=/. ]{1,12}|--|-f|--file=/etc/passwd", 1..4);
    for _ in 0..200 {
        use proptest::strategy::ValueTree as _;
        let services = names.new_tree(&mut runner).unwrap().current();
        let file = services[0].clone();
        let mut stack = Stack { name: services[0].clone(), ..Stack::default() };
        stack.config.project_name.clone_from(&services[0]);
        stack.config.file_paths = vec![file.clone()].into();
        let project = up::project_name(&stack);
        assert!(!project.starts_with('-'), "{project}");
        let compose = Compose::new(&agent, &stack, &project, folder.path(), Some(file.clone()));
        for program in [
            compose.program("up", &["-d"], &[], &services).unwrap(),
            simple::program(&agent, &project, &["stop".to_owned()], &services),
        ] {
            // After the first bare `--` there are the names and nothing else; a
            // file is always the value of the option before it.
            let argv = &program.argv;
            let ends = argv.len() - services.len();
            assert_eq!(argv[ends..], services[..]);
            assert_eq!(argv[ends - 1], "--");
            let before: Vec<_> = argv[..ends - 1].iter().map(String::as_str).collect();
            let mut words = before.iter().skip(2);
            while let Some(word) = words.next() {
                match *word {
                    "-p" | "-f" | "--env-file" => assert!(words.next().is_some()),
                    word => assert!(["up", "stop", "-d"].contains(&word), "{word} in {argv:?}"),
                }
            }
        }
    }
}
