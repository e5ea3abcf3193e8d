//! Twenty ways in which people break a resource file. Each is told with the file
//! and the line, and with words that lead to the cure.

use super::*;

const GOOD: &str = r#"[[server]]
name = "nvr"
tags = ["media"]
[server.config]
enabled = true
cpu_warning = 80.0

[[stack]]
name = "frigate"
deploy = true
after = ["alloy"]
[stack.config]
server_id = "nvr"
file_paths = ["frigate/compose.yaml"]
repo = "ada/homeops"
branch = "main"
auto_update = true
environment = """
NAME=nvr
"""
[stack.config.pre_deploy]
path = "frigate"
command = "sops-decrypt.sh"

[[procedure]]
name = "nightly"
[[procedure.config.stage]]
name = "all"
executions = [
  { execution.type = "DeployStack", execution.params.stack = "frigate", enabled = true },
]

[[builder]]
name = "local"
[builder.config]
type = "Server"
params.server_id = "nvr"

[[variable]]
name = "DOMAIN"
value = "example.com"
"#;

/// What is changed, what it becomes, in which line that is told, and what has to be said.
const BROKEN: [(&str, &str, usize, &str); 22] = [
    ("[[server]]", "[server]", 1, "write [[server]]"),
    ("[[server]]", "[[sever]]", 1, "did you mean \"server\"?"),
    ("[[server]]", "[[server]", 1, "]"),
    ("name = \"nvr\"\n", "name = attic\n", 2, "must be quoted"),
    ("name = \"nvr\"\n", "nmae = \"nvr\"\n", 1, "missing field `name`"),
    ("name = \"nvr\"\n", "nmae = \"nvr\"\n", 2, "did you mean \"name\"?"),
    ("tags = [\"media\"]", "tags = \"media\"", 3, "expected a sequence"),
    ("enabled = true\n", "enabled = \"true\"\n", 5, "expected a boolean"),
    ("enabled = true\n", "enabled = True\n", 5, "true"),
    ("cpu_warning = 80.0", "cpu_warning = \"80 %\"", 6, "expected f"),
    ("name = \"frigate\"", "name = \"frigate\"\nname = \"nvr\"", 10, "duplicate key"),
    ("deploy = true", "deploy = 1", 10, "expected a boolean"),
    ("server_id = \"nvr\"\nfile", "servr_id = \"nvr\"\nfile", 13, "did you mean \"server"),
    ("branch = \"main\"", "branch = 2024", 16, "expected a string"),
    ("auto_update = true", "auto_updat = true", 17, "did you mean \"auto_update\"?"),
    ("NAME=nvr\n\"\"\"", "NAME=nvr\n", 42, "multi-line basic string"),
    ("command = \"sops-decrypt.sh\"", "comand = \"sops\"", 23, "did you mean \"command\"?"),
    ("\"DeployStack\"", "\"DeployStak\"", 30, "did you mean \"DeployStack\"?"),
    ("params.stack = \"frigate\"", "params.stak = \"frigate\"", 30, "missing field `stack`"),
    ("type = \"Server\"", "type = \"Sever\"", 36, "did you mean \"Server\"?"),
    ("value = \"example.com\"", "value = 3", 41, "expected a string"),
    (
        "[[variable]]",
        "[[stack]]\nname = \"frigate\"\n\n[[variable]]",
        39,
        "declared before, at a.toml:8",
    ),
];

fn findings(text: &str) -> Vec<Finding> {
    let mut files = Files::default();
    files.add("a.toml", text, true);
    files.findings
}

#[test]
fn the_file_that_they_break_is_good() {
    assert!(findings(GOOD).is_empty(), "{:?}", findings(GOOD));
}

#[test]
fn each_broken_file_is_told_with_its_line_and_what_to_do() {
    let mut missed = Vec::new();
    for (whole, broken, line, words) in BROKEN {
        assert!(GOOD.contains(whole), "{whole}");
        let findings = findings(&GOOD.replacen(whole, broken, 1));
        let told = |finding: &Finding| {
            finding.file == "a.toml" && finding.line == line && finding.to_string().contains(words)
        };
        if !findings.iter().any(told) {
            let all: Vec<_> = findings.iter().map(|f| format!("{}: {f}", f.line)).collect();
            missed
                .push(format!("{broken:?} should say {words:?} in line {line}, and says {all:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
