//! The procedures of a fresh install (Komodo 2.3): what Core does for itself, by
//! the clock.

use std::sync::Arc;

use serde_json::{Value, json};
use varanus_proto::MongoId;
use varanus_proto::Result;
use varanus_proto::api::execute::maintenance::{
    BackupCoreDatabase, GlobalAutoUpdate, RotateAllServerKeys,
};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::procedure::{
    EnabledExecution, Procedure, ProcedureConfig, ProcedureStage,
};
use varanus_proto::entity::tag::{Tag, TagColor};
use varanus_proto::entity::update::Operation;

use super::Procedures;
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::catalog::Commit;
use crate::core::now;
use crate::resource::Kind as _;
use crate::run::{Audit, plan};
use crate::store::{Change, Collection, Document, ObjectId};

/// The document that says that they were made: whoever deletes them is rid of them.
const MADE: &str = "66697273742d726573000000";

/// Makes the tag and the procedures, once, in an installation that has neither
/// procedures nor tags.
pub async fn first(core: &Arc<Core>) -> Result<()> {
    if core.config.disable_init_resources {
        return Ok(());
    }
    let _edit = core.edit().await;
    let made = ObjectId::parse(MADE).expect("the constant has 24 hexadecimal digits");
    if core.store.get(Collection::Setting, &made).await?.is_some() {
        return Ok(());
    }
    let mut commit = Commit::new();
    let mut document = Document::new();
    document.insert("name".into(), Value::from("first resources"));
    document.insert("looked_at".into(), json!(now()));
    made.put_into(&mut document);
    commit.change(Change::Put(Collection::Setting, document));
    let (tags, procedures) = (&core.catalog.tags, &core.catalog.procedures);
    if tags.is_empty() && procedures.is_empty() {
        let caller = Caller::from(ServiceUser::System);
        let tag = Tag {
            id: MongoId::default(),
            name: "system".into(),
            owner: caller.id().to_owned(),
            color: TagColor::Red,
        };
        let tag = commit.insert(tags, tag)?;
        for procedure in defaults(core, &caller, &tag) {
            let name = procedure.name.clone();
            let id = commit.insert(procedures, procedure)?;
            let mut audit =
                Audit::new(&caller, Operation::CreateProcedure, Procedures::target(&*id));
            audit.log(
                "Create Procedure",
                format!("created {name:?} (id {id}), as in each new install"),
            );
            audit.add_to(core, &mut commit)?;
        }
        tracing::info!("created the procedures of a fresh install");
    }
    commit.commit(&*core.store).await
}

fn defaults(core: &Core, caller: &Caller, tag: &str) -> Vec<Procedure> {
    [
        (
            "Backup Core Database",
            "Writes everything that Core knows into its folder of backups.",
            "Every day at 01:00",
            Execution::BackupCoreDatabase(BackupCoreDatabase {}),
        ),
        (
            "Global Auto Update",
            "Looks for newer images of stacks and deployments that ask for it, and deploys those \
             that update themselves.",
            "Every day at 03:00",
            Execution::GlobalAutoUpdate(GlobalAutoUpdate::default()),
        ),
        (
            "Rotate Server Keys",
            "Gives every server that asks for it a new key.",
            "Every day at 06:00",
            Execution::RotateAllServerKeys(RotateAllServerKeys {}),
        ),
    ]
    .map(|(name, description, schedule, execution)| Procedure {
        id: MongoId::default(),
        name: name.to_owned(),
        description: description.to_owned(),
        template: false,
        tags: vec![tag.to_owned()].into(),
        info: (),
        config: ProcedureConfig {
            schedule: schedule.to_owned(),
            // What this version cannot do would fail each night.
            schedule_enabled: plan::plan(core, caller, &execution).is_ok(),
            stages: vec![ProcedureStage {
                name: name.to_owned(),
                enabled: true,
                executions: vec![EnabledExecution { execution, enabled: true }],
            }],
            ..ProcedureConfig::default()
        },
        base_permission: Default::default(),
        updated_at: now(),
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CoreConfig;

    async fn start(directory: &std::path::Path) -> Arc<Core> {
        let data_directory = directory.to_owned();
        Core::start(CoreConfig { data_directory, ..CoreConfig::default() }).await.unwrap()
    }

    #[tokio::test]
    async fn a_fresh_install_has_its_procedures_once() {
        let directory = tempfile::tempdir().unwrap();
        let core = start(directory.path()).await;
        let procedures = core.catalog.procedures.all();
        let names: Vec<_> = procedures.iter().map(|procedure| &*procedure.name).collect();
        assert_eq!(names, ["Backup Core Database", "Global Auto Update", "Rotate Server Keys"]);
        let tag = core.catalog.tags.get("system").unwrap();
        assert_eq!((tag.color, &*tag.owner), (TagColor::Red, "000000000000000000000000"));
        for procedure in &procedures {
            assert_eq!(procedure.tags.0, [tag.id.to_string()]);
            let (next, error) = core.schedules.of(&Procedures::target(procedure.id.as_str()));
            assert_eq!((next.is_some(), error), (procedure.config.schedule_enabled, None));
        }
        // Whoever deletes them is rid of them.
        let caller = Caller::from(ServiceUser::System);
        for procedure in &procedures {
            crate::resource::delete::<Procedures>(&core, &caller, &procedure.name).await.unwrap();
        }
        let mut commit = Commit::new();
        commit.delete(&core.catalog.tags, tag.id.as_str());
        commit.commit(&*core.store).await.unwrap();
        core.stop().await;
        drop(core);
        let core = start(directory.path()).await;
        assert!(core.catalog.procedures.is_empty() && core.catalog.tags.is_empty());
    }
}
