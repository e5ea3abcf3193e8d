//! Schedules in a Core: run once, listed, missed and made up for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use varanus_proto::api::read::alert::ListAlerts;
use varanus_proto::api::read::procedure::ListProcedures;
use varanus_proto::api::read::schedule::ListSchedules;
use varanus_proto::api::read::update::ListUpdates;
use varanus_proto::api::write::procedure::{CreateProcedure, DeleteProcedure, UpdateProcedure};
use varanus_proto::entity::alert::AlertData;
use varanus_proto::entity::procedure::{PartialProcedureConfig, Procedure};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::schedule::{Schedule, ScheduleFormat, ScheduleSortBy};
use varanus_proto::entity::update::{Operation, UpdateListItem};

use super::{Scheduled, missed, watch};
use crate::Commit;
use crate::auth::{Caller, ServiceUser};
use crate::testing::Tester;

fn cron(schedule: &str) -> PartialProcedureConfig {
    PartialProcedureConfig {
        schedule_format: Some(ScheduleFormat::Cron),
        schedule: Some(schedule.into()),
        schedule_timezone: Some("UTC".into()),
        ..PartialProcedureConfig::default()
    }
}

async fn create(tester: &Tester, name: &str, config: PartialProcedureConfig) -> Procedure {
    let admin = tester.admin(&format!("admin-of-{name}")).await;
    tester.call(&admin, CreateProcedure { name: name.into(), config }).await.unwrap()
}

fn system() -> Caller {
    Caller::from(ServiceUser::System)
}

async fn listed(tester: &Tester) -> Vec<Schedule> {
    tester.call(&system(), ListSchedules::default()).await.unwrap()
}

/// The runs and records of a procedure, the latest first.
async fn updates(tester: &Tester, of: &Procedure) -> Vec<UpdateListItem> {
    let query = serde_json::json!({ "target.type": "Procedure", "target.id": of.id.as_str() });
    let list = ListUpdates { query: query.as_object().cloned(), ..ListUpdates::default() };
    tester.call(&system(), list).await.unwrap().updates
}

async fn runs(tester: &Tester, of: &Procedure) -> usize {
    let of_run = |update: &UpdateListItem| update.operation == Operation::RunProcedure;
    updates(tester, of).await.into_iter().filter(of_run).count()
}

#[tokio::test]
async fn what_is_scheduled_runs_as_the_procedure_user_and_its_next_run_is_listed() {
    let tester = Tester::new().await;
    let procedure = create(&tester, "often", cron("* * * * * *")).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while runs(&tester, &procedure).await < 2 {
        assert!(tokio::time::Instant::now() < deadline, "it does not run");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let update = &updates(&tester, &procedure).await;
    let run = update.iter().find(|update| update.operation == Operation::RunProcedure).unwrap();
    assert_eq!(run.username, "Procedure");
    let schedule = listed(&tester).await.remove(0);
    assert_eq!(schedule.target, ResourceTarget::Procedure(procedure.id.to_string()));
    let next = schedule.next_scheduled_run.expect("the next run is known");
    assert!((next - crate::core::now()).abs() < 30_000, "{next}");
    // What is deleted is not listed, and begins nothing.
    let delete = || DeleteProcedure { id: procedure.id.to_string() };
    while let Err(error) = tester.call(&system(), delete()).await {
        assert!(tokio::time::Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(listed(&tester).await.is_empty());
    assert_eq!(tester.core.schedules.of(&schedule.target), (None, None));
}

#[tokio::test]
async fn a_slot_runs_once_whoever_looks_at_the_clock() {
    let tester = Tester::new().await;
    let procedure = create(&tester, "daily", cron("0 0 3 * * *")).await;
    let target = ResourceTarget::Procedure(procedure.id.to_string());
    let scheduled = Scheduled::find(&tester.core, &target).unwrap();
    let slot: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
    let begin = || watch::begin(&tester.core, &scheduled, slot);
    let (a, b) = tokio::join!(begin(), begin());
    a.and(b).unwrap();
    begin().await.unwrap();
    assert_eq!(runs(&tester, &procedure).await, 1);
    let tomorrow = slot + SignedDuration::from_hours(24);
    watch::begin(&tester.core, &scheduled, tomorrow).await.unwrap();
    assert_eq!(runs(&tester, &procedure).await, 2);
}

#[tokio::test]
async fn a_schedule_that_is_wrong_says_so_where_it_is_listed() {
    let tester = Tester::new().await;
    create(&tester, "five-fields", cron("0 3 * * *")).await;
    let off = PartialProcedureConfig { schedule_enabled: Some(false), ..cron("0 0 3 * * *") };
    create(&tester, "off", off).await;
    create(&tester, "never-scheduled", PartialProcedureConfig::default()).await;
    let daily = create(&tester, "daily", cron("0 0 3 * * *")).await;
    let by_next = ListSchedules { sort_by: ScheduleSortBy::NextRun, ..ListSchedules::default() };
    let listed = tester.call(&system(), by_next).await.unwrap();
    let names: Vec<_> = listed.iter().map(|schedule| schedule.name.as_str()).collect();
    assert_eq!(names, ["daily", "five-fields", "off"]);
    assert!(listed[1].schedule_error.as_ref().unwrap().contains("6 fields"), "{:?}", listed[1]);
    assert!(!listed[2].enabled && listed[2].next_scheduled_run.is_none());
    // A change counts at once, in the other list too.
    let config = cron("0 0 3 * * MON");
    let update = UpdateProcedure { id: daily.id.to_string(), config };
    tester.call(&system(), update).await.unwrap();
    let items = tester.call(&system(), ListProcedures::default()).await.unwrap();
    let item = items.iter().find(|item| item.name == "daily").unwrap();
    let next = Timestamp::from_millisecond(item.info.next_scheduled_run.unwrap()).unwrap();
    assert!(next.strftime("%a %T").to_string().starts_with("Mon 03:00:00"), "{next}");
}

/// A Core that was last there `hours` ago, and knew its procedures then.
async fn away_since(tester: &Tester, hours: i64, procedures: &[&Procedure]) -> Timestamp {
    let then = Timestamp::now() - SignedDuration::from_hours(hours);
    missed::note_watched(&tester.core, then).await;
    for procedure in procedures {
        let table = &tester.core.catalog.procedures;
        let mut row = (*table.get(procedure.id.as_str()).unwrap()).clone();
        row.updated_at = then.as_millisecond();
        let mut commit = Commit::new();
        commit.put(table, procedure.id.as_str(), row).unwrap();
        commit.commit(&*tester.core.store).await.unwrap();
    }
    Timestamp::now()
}

#[tokio::test]
async fn a_run_that_core_was_not_there_for_is_told_once_and_made_up_for_where_wished() {
    let tester = Tester::new().await;
    let hourly = || cron("0 30 */1 * * *");
    let told = create(&tester, "told", hourly()).await;
    let wished = PartialProcedureConfig { schedule_catch_up: Some(true), ..hourly() };
    let wished = create(&tester, "wished", wished).await;
    let silent = PartialProcedureConfig { schedule_alert: Some(false), ..hourly() };
    let silent = create(&tester, "silent", silent).await;
    let all = [&told, &wished, &silent];
    let started = away_since(&tester, 3, &all).await;
    missed::while_away(&tester.core, started).await.unwrap();
    // Where Core ends before it has noted it, nothing is made up for twice.
    away_since(&tester, 3, &[&wished]).await;
    missed::while_away(&tester.core, started).await.unwrap();
    assert_eq!(runs(&tester, &told).await, 0);
    assert_eq!(runs(&tester, &wished).await, 1);
    for procedure in all {
        let updates = updates(&tester, procedure).await;
        assert!(
            updates.iter().any(|update| !update.success && update.operation == Operation::None)
        );
    }
    let alerts = tester.call(&system(), ListAlerts::default()).await.unwrap().alerts;
    let messages: Vec<_> = alerts
        .iter()
        .filter_map(|alert| match &alert.data {
            AlertData::Custom { message, details } => Some(format!("{message}: {details}")),
            _ => None,
        })
        .collect();
    assert!(messages.iter().any(|text| text.contains("3 scheduled runs of procedure \"told\"")));
    assert!(messages.iter().any(|text| text.contains("one run makes up for it now")));
    assert!(!messages.iter().any(|text| text.contains("silent")), "{messages:?}");
    // A second start after the first has nothing to tell.
    let before = updates(&tester, &told).await.len();
    missed::while_away(&tester.core, Timestamp::now()).await.unwrap();
    assert_eq!(updates(&tester, &told).await.len(), before);
}

#[tokio::test]
async fn a_schedule_that_is_newer_than_the_last_end_of_core_has_missed_nothing_before_it() {
    let tester = Tester::new().await;
    let fresh = create(&tester, "fresh", cron("0 30 * * * *")).await;
    let started = away_since(&tester, 3, &[]).await;
    missed::while_away(&tester.core, started).await.unwrap();
    let kept = updates(&tester, &fresh).await;
    assert!(kept.iter().all(|update| update.operation != Operation::None), "{kept:?}");
}
