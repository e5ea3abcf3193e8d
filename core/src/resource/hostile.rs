//! Names that nobody gives.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use varanus_proto::Kind;
use varanus_proto::api::write::procedure::CreateProcedure;
use varanus_proto::api::write::stack::CreateStack;

use crate::testing::Tester;

#[tokio::test]
async fn a_name_is_stored_plainly_or_refused() {
    let tester = Tester::new().await;
    let admin = tester.admin("ada").await;
    let mut runner = TestRunner::deterministic();
    let name = "[-a-z0-9./_ \n\t\u{0}\u{1b}]{0,12}|\\PC{0,12}|[a-z]{190,260}";
    let mut stored = 0;
    for _ in 0..60 {
        let name = name.new_tree(&mut runner).unwrap().current();
        let stack = CreateStack { name: name.clone(), config: Default::default() };
        let procedure = CreateProcedure { name: name.clone(), config: Default::default() };
        let made = [
            tester.call(&admin, stack).await.map(|made| made.name),
            tester.call(&admin, procedure).await.map(|made| made.name),
        ];
        for made in made {
            match made {
                Ok(name) => {
                    assert!(!name.is_empty() && name.len() <= 200, "{name:?}");
                    assert!(!name.chars().any(char::is_control), "{name:?}");
                    stored += 1;
                }
                Err(error) => {
                    let kind = error.kind();
                    assert!(matches!(kind, Kind::Invalid | Kind::Conflict), "{name:?}: {error:?}");
                }
            }
        }
    }
    assert!(stored > 20, "{stored}");
}
