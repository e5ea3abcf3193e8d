//! Files that are anything but resource files.

use proptest::prelude::*;

use super::*;

/// Words that resource files are made of, in any order.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "[[stack]]",
        "[[procedure]]",
        "[stack.config]",
        "[[procedure.config.stage]]",
        "[[variable]]",
        "[[user_group]]",
        "[[builder]]",
        "name",
        "config",
        "server",
        "environment",
        "executions",
        "params",
        "type",
        "tags",
        "stack",
        "=",
        ".",
        "\n",
        "\n",
        "\"\"\"",
        "'''",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        "true",
        "1",
        "-1e400",
        "1979-05-27",
        "nan",
        "0x7fffffffffffffff",
        "# no",
        "\\",
        "\\u00",
        "\"web\"",
        "\r\n",
        "\u{feff}",
        "\0",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #[test]
    fn any_text_has_findings_on_lines_that_are_there(
        text in prop_oneof![
            proptest::collection::vec(word(), 0..40).prop_map(|words| words.concat()),
            proptest::collection::vec(word(), 0..40).prop_map(|words| words.join(" ")),
            "(\\PC|[\n\t\r\u{0}]){0,80}",
        ],
        sure in any::<bool>(),
    ) {
        let mut checked = Files::default();
        checked.add("a.toml", &text, sure);
        // The same names again: each is told where it was before.
        checked.add("b.toml", &text, sure);
        let lines = text.split('\n').count();
        for finding in &checked.findings {
            prop_assert!((1..=lines).contains(&finding.line), "{finding} on {}", finding.line);
            let shown = finding.to_string();
            prop_assert!(!shown.is_empty() && shown.len() < 4096, "{}", shown.len());
        }
    }
}

#[test]
fn deep_and_long_files_end() {
    let deep = format!("[[stack]]\nname = {}{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let dotted = format!("[[stack]]\n{} = 1\n", vec!["a"; 20_000].join("."));
    let tables = format!("[[stack]]\n[{}]\nb = 1\n", vec!["stack"; 2_000].join("."));
    let inline = format!("[[stack]]\nconfig = {}{}\n", "{a=".repeat(20_000), "}".repeat(20_000));
    for text in [deep, dotted, tables, inline, "\"".repeat(100_000), "[[stack]]\n".repeat(2_000)] {
        let mut checked = Files::default();
        checked.add("a.toml", &text, true);
        assert!(!checked.findings.is_empty(), "{}", &text[..20]);
    }
}
