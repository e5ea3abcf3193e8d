use super::*;

fn findings(text: &str) -> Vec<String> {
    let told = match read("stacks.toml", text) {
        Ok(read) => read.warnings,
        Err(errors) => errors,
    };
    told.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_declared_is_read_with_its_place() {
    let text = "[[server]]\nname = \"attic\"\n[server.config]\naddress = \"https://10.0.0.2:8120\"\n\n\
                [[stack]]\nname = \"web\"\nconfig.server = \"attic\"\nconfig.pre_deploy.command = \"\"\"\n\
                echo a\\tb\n\"\"\"\n";
    let read = read("a.toml", text).unwrap();
    assert_eq!(read.warnings, []);
    let web = &read.resources.stacks[0];
    assert_eq!(web.config.server_id.as_deref(), Some("attic"));
    let command = web.config.pre_deploy.clone().unwrap().command;
    assert_eq!(command.trim(), r"echo a\tb", "a backslash is only that between three quotes");
    let lines: Vec<_> = read.declared.iter().map(|found| (found.section, found.line)).collect();
    assert_eq!(lines, [("server", 1), ("stack", 6)]);
}

#[test]
fn sections_may_be_in_the_plural() {
    let read = read("a.toml", "[[servers]]\nname = \"attic\"\n").unwrap();
    assert_eq!(read.resources.servers[0].name, "attic");
}

/// What is wrong, the beginning of what is told (the line in it), and a part
/// that names the cure.
const BROKEN: &[(&str, &str, &str)] = &[
    ("[[stack]]\nname = \"web\nx = 1", "stacks.toml:2: ", "correct the TOML here"),
    ("[[stack]\nname = \"web\"", "stacks.toml:1: ", "correct the TOML here"),
    ("[[stack]]\nname = web", "stacks.toml:2: ", "quot"),
    (
        "[[stack]]\nname = \"web\"\nname = \"other\"",
        "stacks.toml:3: the key `name` is there twice",
        "correct",
    ),
    ("[[stack]]\nname = \"web\"\ntags = [\"a\" \"b\"]", "stacks.toml:3: ", "correct the TOML here"),
    ("[stack]\nname = \"web\"", "stacks.toml:1: `stack` is not a list", "write [[stack]]"),
    (
        "[[stacc]]\nname = \"web\"",
        "stacks.toml:1: nothing is called [[stacc]]",
        "did you mean [[stack]]?",
    ),
    (
        "\n[[widget]]\nname = \"web\"",
        "stacks.toml:2: nothing is called [[widget]]",
        "there are server, ",
    ),
    (
        "[[stack]]\ndescription = \"x\"",
        "stacks.toml:1: stack \"\": missing field `name`",
        "needs a name = ",
    ),
    (
        "[[stack]]\nname = 5",
        "stacks.toml:2: stack \"\", field `name`: invalid type",
        "expected a string",
    ),
    (
        "[[stack]]\nname = \"web\"\ndescripton = \"x\"",
        "stacks.toml:3: stack \"web\" has no field `descripton`",
        "did you mean `description`?",
    ),
    (
        "[[stack]]\nname = \"web\"\n[stack.config]\nserver_di = \"x\"",
        "stacks.toml:4: stack \"web\" has no field `config.server_di`",
        "did you mean `server_id`?",
    ),
    (
        "[[stack]]\nname = \"web\"\n[stack.config.pre_deploy]\npth = \"x\"",
        "stacks.toml:4: stack \"web\" has no field `config.pre_deploy.pth`",
        "did you mean `path`?",
    ),
    (
        "[[stack]]\nname = \"web\"\n[stack.config]\nauto_update = \"yes\"",
        "stacks.toml:4: stack \"web\", field `config.auto_update`: invalid type",
        "expected a boolean",
    ),
    (
        "[[stack]]\nname = \"web\"\ntags = \"a\"",
        "stacks.toml:3: stack \"web\", field `tags`: invalid type",
        "expected a sequence",
    ),
    (
        "[[stack]]\nname = \"web\"\n[stack.config]\nfile_paths = [1]",
        "stacks.toml:4: stack \"web\", field `config.file_paths",
        "a list of strings",
    ),
    (
        "[[procedure]]\nname = \"all\"\n[[procedure.config.stage]]\nname = \"a\"\nexecutions = [\n{ execution.type = \"DeployStak\", execution.params.stack = \"web\" } ]",
        "stacks.toml:6: procedure \"all\", field `config.stage[0].executions[0]",
        "unknown variant `DeployStak`",
    ),
    (
        "[[procedure]]\nname = \"all\"\n[[procedure.config.stage]]\nname = \"a\"\nenabld = true",
        "stacks.toml:5: procedure \"all\" has no field `config.stage[0].enabld`",
        "did you mean `enabled`?",
    ),
    ("[[builder]]\nname = \"b\"\n[builder.config]\ntype = \"Servr\"", "stacks.toml:", "Server"),
    (
        "[[variable]]\nname = \"A\"\nvalue = 5",
        "stacks.toml:3: variable \"A\", field `value`: invalid type",
        "expected a string",
    ),
    ("[[variable]]\nname = \"A\"\nvalu = \"5\"", "stacks.toml:", "value"),
    (
        "[[user_group]]\nname = \"ops\"\nusers = \"ann\"",
        "stacks.toml:3: user_group \"ops\", field `users`: invalid type",
        "expected a sequence",
    ),
    (
        "[[server]]\nname = \"attic\"\n[server.config]\ncpu_warning = \"high\"",
        "stacks.toml:4: server \"attic\", field `config.cpu_warning`: invalid type",
        "expected",
    ),
];

#[test]
fn what_is_wrong_is_told_with_the_file_the_line_the_field_and_the_cure() {
    for (text, begin, cure) in BROKEN {
        let told = findings(text);
        let found = told.iter().any(|finding| finding.starts_with(begin) && finding.contains(cure));
        assert!(found, "{text}\nwanted: {begin} … {cure}\ntold: {told:#?}");
    }
}

#[test]
fn every_error_of_a_file_is_told_at_once() {
    let told = findings(
        "[[stack]]\nname = \"a\"\nconfig.auto_update = 1\n[[stack]]\nname = \"b\"\nconfig.auto_update = 2\n",
    );
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains(":3:") && told[1].contains(":6:"), "{told:?}");
}

#[test]
fn a_name_declared_in_two_files_is_told_with_both_places() {
    let mut whole = read("a.toml", "[[stack]]\nname = \"web\"\n").unwrap();
    whole
        .join(read("b.toml", "\n[[server]]\nname = \"web\"\n[[stack]]\nname = \"web\"\n").unwrap());
    let told: Vec<_> = whole.twice().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "b.toml:4: the stack \"web\" is declared in a.toml:1 already; remove one of them, or give it another name"
        ]
    );
}
