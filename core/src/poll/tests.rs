use std::time::Duration;

use varanus_proto::api::write::stack::CreateStack;
use varanus_proto::entity::stack::PartialStackConfig;

use super::*;
use crate::testing::Tester;

#[test]
fn a_host_that_does_not_answer_is_asked_less_and_less_often() {
    let waits: Vec<_> =
        (1..12).map(|failures| wait(Duration::from_secs(10), failures).as_secs()).collect();
    assert_eq!(waits, [20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    assert_eq!(wait(Duration::from_secs(86_400), 40).as_secs(), 86_400);
}

#[tokio::test]
async fn stacks_of_one_repository_share_a_question_and_pinned_ones_ask_none() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    for (name, branch, commit) in [("a", "main", ""), ("b", "plex", ""), ("c", "main", "abc123")] {
        let config = PartialStackConfig {
            git_provider: Some("127.0.0.1:1".into()),
            repo: Some("o/r".into()),
            branch: Some(branch.into()),
            commit: Some(commit.into()),
            ..Default::default()
        };
        tester.call(&admin, CreateStack { name: name.into(), config }).await.unwrap();
    }
    let found = sources(&tester.core);
    let branches: Vec<Vec<_>> = found
        .values()
        .map(|sources| sources.iter().map(|source| source.place.branch.as_str()).collect())
        .collect();
    assert_eq!(branches, [["main", "plex"]]);
}

#[tokio::test]
async fn a_dead_host_is_told_once_and_then_left_alone() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    let config = PartialStackConfig {
        git_provider: Some("127.0.0.1:1".into()),
        repo: Some("o/r".into()),
        ..Default::default()
    };
    let stack = tester.call(&admin, CreateStack { name: "a".into(), config }).await.unwrap();
    let interval = Duration::from_secs(10);
    let all = round(&tester.core, All::new(), interval).await;
    let known = all.values().next().unwrap();
    assert_eq!(known.failures, 1);
    let told =
        tester.core.catalog.stacks.get(stack.id.as_str()).unwrap().info.remote_errors.clone();
    assert!(told.unwrap()[0].contents.contains("cannot be reached"));
    let all = round(&tester.core, all, interval).await;
    assert_eq!(all.values().next().unwrap().failures, 1, "it is not asked again so soon");
}
