//! Clones that share the name of a folder.

use super::*;
use crate::testing::{Tester, git};

#[tokio::test]
async fn branches_that_share_a_folder_do_not_show_each_others_files() {
    let tester = Tester::new().await;
    let origin = tempfile::tempdir().unwrap();
    git(origin.path(), &["init", "-q", "-b", "a/b", "o/r"]);
    let work = origin.path().join("o/r");
    let commit = |text: &str| {
        std::fs::write(work.join("file"), text).unwrap();
        git(&work, &["add", "-A"]);
        git(&work, &["commit", "-qm", text]);
        git(&work, &["rev-parse", "HEAD"])
    };
    let slash = commit("of a/b");
    git(&work, &["checkout", "-q", "-b", "a-b"]);
    let dash = commit("of a-b");
    let place = |branch: &str| Place {
        provider: format!("file://{}", origin.path().display()),
        https: true,
        account: String::new(),
        repo: "o/r".into(),
        branch: branch.into(),
        commit: String::new(),
    };
    assert_eq!(place("a/b").folder(), place("a-b").folder());
    // The second time each is where its branch is known to be: nothing is fetched.
    for _ in 0..2 {
        for (branch, head) in [("a/b", &slash), ("a-b", &dash)] {
            let since = crate::core::now();
            let clone = checkout_unless(&tester.core, &place(branch), since, Some(head)).await;
            let clone = clone.unwrap();
            assert!(head.starts_with(&clone.hash), "{branch}");
            let text = std::fs::read_to_string(clone.path.join("file")).unwrap();
            assert_eq!(text, format!("of {branch}"));
        }
    }
}
