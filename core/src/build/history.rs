//! What came of runs of builds: the versions there are, and how much was built.

use serde_json::json;
use varanus_proto::Result;
use varanus_proto::Version;
use varanus_proto::api::read::build::{
    BuildStatsDay, BuildVersionResponseItem, GetBuildMonthlyStatsResponse, ListBuildVersions,
};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::update::{Operation, Update};

use super::Builds;
use crate::core::now;
use crate::http::Call;
use crate::resource;
use crate::store::{Collection, Filter, Order, Query};

const DAY: i64 = 24 * 3600 * 1000;
const HOUR: f64 = 3_600_000.0;

/// Days on a page of the statistics (Komodo 2.3 API).
const DAYS: i64 = 30;

/// The most runs of a build that are looked through for its versions.
const MOST: u64 = 10_000;

/// The versions of a build that were built, the latest first.
pub(super) async fn versions(
    call: &Call,
    request: ListBuildVersions,
) -> Result<Vec<BuildVersionResponseItem>> {
    let level = PermissionLevel::Read;
    let build = resource::get::<Builds>(&call.core, &call.caller, &request.build, level)?;
    let filter = Filter::from_value(&json!({
        "target.type": "Build", "target.id": build.id.as_str(),
        "operation": Operation::RunBuild, "status": "Complete", "success": true,
    }))?;
    let wanted = |version: &Version| {
        !version.is_none()
            && request.major.is_none_or(|major| major == version.major)
            && request.minor.is_none_or(|minor| minor == version.minor)
            && request.patch.is_none_or(|patch| patch == version.patch)
    };
    let mut found: Vec<_> = updates(call, filter)
        .await?
        .into_iter()
        .filter(|update| wanted(&update.version))
        .map(|update| BuildVersionResponseItem { version: update.version, ts: update.start_ts })
        .collect();
    // Of a version that was built again the latest time counts.
    found.sort_by_key(|item| std::cmp::Reverse((item.version, item.ts)));
    found.dedup_by_key(|item| item.version);
    if let Some(limit) = request.limit.filter(|limit| *limit > 0) {
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(found)
}

/// How many builds ran on each of thirty days (UTC), and for how many hours.
/// Page 0 ends with today. Only builds that the caller may see count.
pub(super) async fn monthly(call: &Call, page: u32) -> Result<GetBuildMonthlyStatsResponse> {
    let today = now() / DAY * DAY;
    let end = (today + DAY).saturating_sub(i64::from(page).saturating_mul(DAYS * DAY));
    let begin = end.saturating_sub(DAYS * DAY);
    let seen: Vec<_> = resource::query::<Builds>(&call.core, &call.caller, &Default::default())?
        .iter()
        .map(|build| build.id.to_string())
        .collect();
    let filter = Filter::from_value(&json!({
        "target.type": "Build", "target.id": { "$in": seen }, "operation": Operation::RunBuild,
        "start_ts": { "$gte": begin, "$lt": end },
    }))?;
    let mut answer = GetBuildMonthlyStatsResponse {
        days: (0..DAYS)
            .map(|day| BuildStatsDay { ts: (begin + day * DAY) as f64, ..Default::default() })
            .collect(),
        ..Default::default()
    };
    for update in updates(call, filter).await? {
        let day = usize::try_from((update.start_ts - begin) / DAY).unwrap_or(usize::MAX);
        let Some(day) = answer.days.get_mut(day) else { continue };
        let took = update.end_ts.map_or(0, |end| (end - update.start_ts).max(0));
        let hours = took as f64 / HOUR;
        day.count += 1.0;
        day.time += hours;
        answer.total_count += 1.0;
        answer.total_time += hours;
    }
    Ok(answer)
}

/// Updates without their logs, the latest first.
async fn updates(call: &Call, filter: Filter) -> Result<Vec<Update>> {
    let query = Query::new(filter)
        .sort("start_ts", Order::Desc)
        .limit(MOST)
        .exclude("logs")
        .exclude("prev_toml")
        .exclude("current_toml");
    let found = call.core.store.find(Collection::Update, &query).await?;
    Ok(found
        .into_iter()
        .filter_map(|mut document| {
            document.insert("logs".into(), json!([]));
            serde_json::from_value(document.into()).ok()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use varanus_proto::api::read::build::GetBuildMonthlyStats;
    use varanus_proto::api::write::build::CreateBuild;

    use super::*;
    use crate::store::{Change, ObjectId};
    use crate::testing::Tester;

    #[tokio::test]
    async fn what_was_built_is_counted_a_day_and_listed_by_version() {
        let tester = Tester::new().await;
        let admin = tester.admin("ann").await;
        let create = CreateBuild { name: "app".into(), ..Default::default() };
        let build = tester.call(&admin, create).await.unwrap().id.to_string();
        let now = now();
        let mut changes = Vec::new();
        for (version, ago, success) in
            [("1.0.0", 40, true), ("1.2.0", 3, true), ("1.10.0", 3, true), ("2.0.0", 1, false)]
        {
            let start = now - ago * DAY;
            let version: Version = version.parse().unwrap();
            let document = json!({
                "operation": "RunBuild", "start_ts": start, "end_ts": start + 1_800_000,
                "success": success, "operator": "x", "status": "Complete", "logs": [],
                "target": { "type": "Build", "id": build }, "version": version,
            });
            let serde_json::Value::Object(mut document) = document else { unreachable!() };
            ObjectId::generate().put_into(&mut document);
            changes.push(Change::Insert(Collection::Update, document));
        }
        tester.core.store.commit(changes).await.unwrap();

        let list = |major, limit| ListBuildVersions {
            build: "app".into(),
            major,
            limit,
            ..Default::default()
        };
        let all = tester.call(&admin, list(None, None)).await.unwrap();
        let all: Vec<_> = all.iter().map(|item| item.version.to_string()).collect();
        assert_eq!(all, ["1.10.0", "1.2.0", "1.0.0"], "a build that failed has no version");
        assert_eq!(tester.call(&admin, list(Some(1), Some(2))).await.unwrap().len(), 2);
        assert!(tester.call(&admin, list(Some(2), None)).await.unwrap().is_empty());

        for (page, count) in [(0, 3.0), (1, 1.0), (2, 0.0)] {
            let answer = tester.call(&admin, GetBuildMonthlyStats { page }).await.unwrap();
            assert_eq!(answer.days.len(), 30);
            assert_eq!(
                (answer.total_count, answer.total_time),
                (count, count / 2.0),
                "page {page}"
            );
        }
    }
}
