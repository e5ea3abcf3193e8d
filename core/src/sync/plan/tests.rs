use proptest::prelude::*;
use serde_json::json;

use super::*;

fn side(kind: Variant, name: &str, config: Value) -> Side {
    Side {
        kind,
        name: name.into(),
        description: String::new(),
        template: false,
        tags: Vec::new(),
        said: config.clone(),
        config,
    }
}

fn told(changes: &[Change]) -> Vec<String> {
    let one = |change: &Change| {
        let Change { kind, name, deed } = change;
        match deed {
            Deed::Create => format!("create {kind} {name}"),
            Deed::Delete => format!("delete {kind} {name}"),
            Deed::Rename { from } => format!("rename {kind} {from} to {name}"),
            Deed::Update(fields) => {
                let field = |f: &Field| format!("{}: {:?} → {:?}", f.name, f.old, f.new);
                let fields: Vec<_> = fields.iter().map(field).collect();
                format!("update {kind} {name}: {}", fields.join(", "))
            }
        }
    };
    changes.iter().map(one).collect()
}

#[test]
fn what_others_refer_to_is_made_first_and_deleted_last() {
    let (server, stack) =
        (side(Variant::Server, "attic", json!({})), side(Variant::Stack, "web", json!({})));
    let both = [stack, server];
    assert_eq!(told(&plan(&both, &[], true)), ["create Server attic", "create Stack web"]);
    assert_eq!(told(&plan(&[], &both, true)), ["delete Stack web", "delete Server attic"]);
    assert_eq!(plan(&[], &both, false), [], "nothing is deleted unless the sync may");
}

#[test]
fn a_change_is_told_field_by_field() {
    let before = side(
        Variant::Stack,
        "web",
        json!({ "branch": "main", "auto_pull": true, "pre_deploy": { "path": "", "command": "a" } }),
    );
    let mut after = side(
        Variant::Stack,
        "web",
        json!({ "branch": "next", "auto_pull": true, "pre_deploy": { "path": "", "command": "b" } }),
    );
    after.tags = vec!["home".into()];
    assert_eq!(
        told(&plan(std::slice::from_ref(&after), &[before], true)),
        [
            "update Stack web: tags: \"[]\" → \"[\\\"home\\\"]\", config.branch: \"main\" → \"next\", \
          config.pre_deploy.command: \"a\" → \"b\""
        ]
    );
    assert_eq!(plan(std::slice::from_ref(&after), std::slice::from_ref(&after), true), []);
}

#[test]
fn a_secret_is_hidden_and_one_that_the_file_does_not_say_stays() {
    let before = side(Variant::Stack, "web", json!({ "webhook_secret": "the old one" }));
    let mut after = side(Variant::Stack, "web", json!({ "webhook_secret": "" }));
    after.said = json!({});
    assert_eq!(plan(&[after], std::slice::from_ref(&before), true), []);
    let after = side(Variant::Stack, "web", json!({ "webhook_secret": "the new one" }));
    let told = told(&plan(&[after], &[before], true));
    assert_eq!(told, ["update Stack web: config.webhook_secret: \"########\" → \"########\""]);
}

#[test]
fn a_resource_of_which_only_the_name_changed_is_renamed() {
    let config = json!({ "branch": "main" });
    let (old, new) =
        (side(Variant::Stack, "web", config.clone()), side(Variant::Stack, "site", config.clone()));
    assert_eq!(
        told(&plan(std::slice::from_ref(&new), std::slice::from_ref(&old), true)),
        ["rename Stack web to site"]
    );
    let twin = side(Variant::Stack, "twin", config);
    let changes = plan(&[new], &[old, twin], true);
    let all = ["create Stack site", "delete Stack web", "delete Stack twin"];
    assert_eq!(told(&changes), all, "which of two was meant nobody knows");
}

fn sides() -> impl Strategy<Value = Vec<Side>> {
    let one =
        (0..ORDER.len(), "[a-c]", "[x-z]", any::<bool>()).prop_map(|(kind, name, branch, auto)| {
            side(ORDER[kind], &name, json!({ "branch": branch, "auto": auto }))
        });
    prop::collection::vec(one, 0..12).prop_map(|mut sides| {
        let mut seen = std::collections::HashSet::new();
        sides.retain(|side| seen.insert((side.kind, side.name.clone())));
        sides
    })
}

/// What a sync does with a plan.
fn apply(changes: &[Change], declared: &[Side], mut there: Vec<Side>) -> Vec<Side> {
    for change in changes {
        let is = |side: &Side, name: &str| side.kind == change.kind && side.name == name;
        match &change.deed {
            Deed::Rename { from } => there.retain(|side| !is(side, from)),
            _ => there.retain(|side| !is(side, &change.name)),
        }
        if change.deed != Deed::Delete {
            let declared = declared.iter().find(|side| is(side, &change.name));
            there.push(declared.expect("what changes is declared").clone());
        }
    }
    there
}

proptest! {
    #[test]
    fn after_a_plan_there_is_nothing_left_to_do(declared in sides(), there in sides(), delete: bool) {
        let changes = plan(&declared, &there, delete);
        let after = apply(&changes, &declared, there);
        prop_assert_eq!(plan(&declared, &after, delete), []);
    }
}
