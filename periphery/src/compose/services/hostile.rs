//! Configurations that compose never prints.

use proptest::prelude::*;

use super::*;

fn yaml() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?[0-9]{1,22}",
        "[a-z]{0,6}",
        Just("null".to_owned()),
        Just("\"1\"".to_owned()),
        Just("hunter2".to_owned()),
        "\\PC{0,5}",
        Just("*a".to_owned()),
        Just("&a x".to_owned()),
        Just("!!binary x".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let key = prop_oneof![
            Just("services"),
            Just("web"),
            Just("image"),
            Just("deploy"),
            Just("replicas"),
            Just("environment"),
            Just("labels"),
            Just("command"),
            Just("build"),
            Just("args"),
            Just("configs"),
            Just("content"),
            Just("container_name"),
            Just("<<"),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec((key, inner), 0..5).prop_map(|pairs| {
                let pairs: Vec<_> =
                    pairs.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", pairs.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_services_or_an_error(text in prop_oneof![yaml(), "(\\PC|[\n:{}&*-]){0,60}"]) {
        let text = if text.starts_with('{') { format!("services: {text}\n") } else { text };
        if let Ok(found) = services("p", &text) {
            prop_assert!(found.len() <= MOST + 1000);
        }
        let _ = sanitize(&text);
    }

    #[test]
    fn no_value_is_kept(
        section in prop_oneof![Just("environment"), Just("labels"), Just("command"), Just("entrypoint")],
        value in prop_oneof![
            Just("{A: hunter2}"), Just("[A, hunter2]"), Just("hunter2"), Just("[[hunter2]]"),
            Just("{A: [hunter2]}"), Just("{A: {B: hunter2}}"),
        ],
    ) {
        let kept = sanitize(&format!("services: {{web: {{{section}: {value}}}}}"));
        prop_assert!(kept.contains("web") && !kept.contains("hunter2"), "{kept}");
    }
}

#[test]
fn a_bomb_is_an_error() {
    let mut bomb = "services: &s0 {image: x}\n".to_owned();
    for level in 1..30 {
        let before = format!("*s{},", level - 1).repeat(9);
        bomb.push_str(&format!("s{level}: &s{level} [{}]\n", before.trim_end_matches(',')));
    }
    let _ = services("p", &bomb);
    assert_eq!(sanitize(&bomb), "");
    let deep = format!("services: {}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(services("p", &deep).is_err());
    assert_eq!(sanitize(&deep), "");
}

#[test]
fn replicas_are_bounded() {
    let mut many = "services:\n".to_owned();
    for at in 0..100 {
        many.push_str(&format!("  s{at}: {{deploy: {{replicas: 9223372036854775807}}}}\n"));
    }
    assert!(services("p", &many).unwrap_err().message().contains("more than"));
    assert_eq!(services("p", "services: {a: {deploy: {replicas: -5}}}").unwrap().len(), 1);
}
