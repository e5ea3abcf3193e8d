//! Texts as people write them, and what they are told.

use super::*;

const GOOD: &str = r#"
[[server]]
name = "big"
config.address = "https://big:8120"
config.enabled = true

[[stack]]
name = "web"
tags = ["prod"]
after = ["db"]
[stack.config]
server = "big"
file_paths = ["compose.yaml"]
environment = """
PATTERN = \d+
"""
[stack.config.pre_deploy]
path = "web"
command = "sops-decrypt.sh"

[[procedure]]
name = "nightly"
[[procedure.config.stage]]
name = "pull"
executions = [
  { execution.type = "PullRepo", execution.params.repo = "homeops", enabled = true },
]

[[builder]]
name = "local"
[builder.config]
type = "Server"
params.server = "big"

[[variable]]
name = "DOMAIN"
value = "example.com"

[[user_group]]
name = "readers"
users = ["ann"]
permissions = [{ target.type = "Stack", target.id = "web", level = "Read" }]
"#;

/// What is told of a text, each as `line level place: message`.
fn told(text: &str) -> Vec<String> {
    let mut files = Files::default();
    files.add("a.toml", text, true);
    let line = |finding: &Finding| format!("{} {:?} {finding}", finding.line, finding.level);
    files.findings.iter().map(line).collect()
}

#[test]
fn a_good_file_is_passed() {
    assert_eq!(told(GOOD), Vec::<String>::new());
    assert_eq!(told("# nothing yet\n"), Vec::<String>::new());
    assert_eq!(
        told(&GOOD.replace("[[stack]]", "[[stacks]]").replace("[stack.", "[stacks.")),
        Vec::<String>::new()
    );
}

#[test]
fn every_wrong_field_is_told_with_its_line() {
    let text = r#"
[[stack]]
name = "web"
tags = "prod"
[stack.config]
branch = 3
auto_pull = "yes"
server_id = "big"

[[procedure]]
name = "p"
[[procedure.config.stage]]
name = "one"
executions = [
  { execution.type = "DeployStak", execution.params.stack = "web" },
  { execution.type = "DeployStack", execution.params.stack = true },
]
"#;
    let told = told(text);
    let begins = [
        "4 Error stack \"web\": tags: ",
        "6 Error stack \"web\": config.branch: ",
        "7 Error stack \"web\": config.auto_pull: ",
        "15 Error procedure \"p\": config.stage[0].executions[0].execution.type: \"DeployStak\" is not one of ",
        "16 Error procedure \"p\": config.stage[0].executions[1].execution.params.stack: ",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (line, begin) in told.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}\n{begin}");
    }
    assert!(told[3].contains("did you mean \"DeployStack\"?"), "{}", told[3]);
}

#[test]
fn unknown_keys_are_told_with_what_may_be_meant() {
    let text = r#"
[[stack]]
name = "web"
descripton = "x"
[stack.config]
brnch = "main"
[[sever]]
name = "a"
"#;
    assert_eq!(
        told(text),
        [
            "4 UnknownKey stack \"web\": descripton: no such key; did you mean \"description\"?",
            "6 UnknownKey stack \"web\": config.brnch: no such key; did you mean \"branch\"?",
            "7 UnknownKey sever: no kind of resource has this name; did you mean \"server\"?",
        ]
    );
}

#[test]
fn names_are_needed_and_unique() {
    let text = r#"
[[repo]]
[repo.config]
branch = "main"
[[server]]
name = "big"
[[server]]
name = "big"
[[stack]]
name = "big"
[[variable]]
name = 3
[[action]]
name = "0123456789abcdef01234567"
[server2]
"#;
    let told = told(text);
    assert_eq!(told[0], "2 Error repo number 1: missing field `name`");
    assert_eq!(
        told[1],
        "7 Error server \"big\": is declared before, at a.toml:5; remove one of them or give it another name"
    );
    assert!(told[2].starts_with("12 Error variable number 1: name: invalid type: integer"));
    assert!(told[3].starts_with("13 Error action \"0123456789abcdef01234567\": a name may not"));
    assert_eq!(told.len(), 5, "{told:#?}");
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let told = told("[[stack]]\nname = \"web\"\nbranch = = 3\n[stack]\n");
    assert!(told.iter().any(|line| line.starts_with("3 Error ")), "{told:#?}");
    assert_eq!(
        super::tests::told("[server]\nname = 'a'\n"),
        ["1 Error server: must be a list of tables: write [[server]]"]
    );
}

#[test]
fn what_is_declared_is_read() {
    let mut files = Files::default();
    files.add("a.toml", GOOD, true);
    let all = &files.resources;
    assert_eq!(files.declared(), 6);
    assert_eq!(all.stacks[0].config.server_id.as_deref(), Some("big"));
    assert_eq!(all.stacks[0].config.environment.as_ref().unwrap().trim(), r"PATTERN = \d+");
    assert_eq!((all.variables.len(), all.user_groups.len()), (1, 1));
}
