use std::os::unix::fs::PermissionsExt;

use varanus_backup::{Backup, Identities};
use varanus_proto::api::execute::maintenance::BackupCoreDatabase;
use varanus_proto::entity::execution::Execution;

use crate::auth::{Caller, ServiceUser};
use crate::config::CoreConfig;
use crate::run::{self, Origin};
use crate::testing;

async fn run(core: &std::sync::Arc<crate::Core>) -> varanus_proto::entity::update::Update {
    let caller = Caller::from(ServiceUser::System);
    let execution = Execution::BackupCoreDatabase(BackupCoreDatabase {});
    let update = run::submit(core, &caller, execution, Origin::default()).await.unwrap();
    run::wait(core, update.id.as_str()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn core_backs_up_its_own_store_and_keeps_as_many_as_configured() {
    let backups = tempfile::tempdir().unwrap();
    let config = CoreConfig {
        backups_folder: backups.path().to_owned(),
        max_backups: 2,
        ..CoreConfig::default()
    };
    let (_data, core) = testing::core_with(config).await;
    for _ in 0..3 {
        let update = run(&core).await;
        assert!(update.success, "{:?}", update.logs);
        assert_eq!(update.operation.to_string(), "BackupCoreDatabase");
        assert!(update.logs[0].stdout.contains("documents"), "{:?}", update.logs);
    }
    let names = varanus_backup::list(backups.path()).unwrap();
    assert_eq!(names.len(), 2);
    let folder = backups.path().join(&names[1]);
    assert!(Backup::open(backups.path(), None, Identities::default()).unwrap().folder() == folder);
    for file in std::fs::read_dir(&folder).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_fails_the_run_with_the_cure() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = CoreConfig { backups_folder: file.path().join("x"), ..CoreConfig::default() };
    let (_data, core) = testing::core_with(config).await;
    let update = run(&core).await;
    assert!(!update.success);
    let said = &update.logs.last().unwrap().stderr;
    assert!(said.contains("cannot write") && said.contains("/x"), "{said}");
}
