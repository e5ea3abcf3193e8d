//! From words on the command line to an execution of the API.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value};
use varanus_proto::entity::execution::Execution;

use super::table::{Param, Place, SPECS, Shape, Spec};

/// What `km execute` was asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub host: Option<String>,
    pub key: Option<String>,
    pub secret: Option<String>,
    /// Do not ask.
    pub yes: bool,
    /// Print the finished update as JSON instead of its log.
    pub json: bool,
    /// Name of the execution in the API.
    pub name: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Whether only a name was given, which then is taken for a procedure's.
    pub by_name: bool,
}

impl Args for Request {
    fn augment_args(command: Command) -> Command {
        let option = |id: &'static str, letter: char, help: &'static str| {
            Arg::new(id).long(id).short(letter).help(help)
        };
        let command = command
            .arg(option("host", 'a', "Address of Core"))
            .arg(option("key", 'k', "API key"))
            .arg(option("secret", 's', "Secret of the API key"))
            .arg(
                option("yes", 'y', "Do not ask").action(ArgAction::SetTrue).global(true),
            )
            .arg(
                Arg::new("json")
                    .long("json")
                    .help("Print the finished update as JSON")
                    .action(ArgAction::SetTrue)
                    .global(true),
            )
            .override_usage("km execute [OPTIONS] <EXECUTION> [PARAMETERS]\n       km execute [OPTIONS] <PROCEDURE>")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .allow_external_subcommands(true)
            .subcommand_value_name("EXECUTION")
            .subcommand_help_heading("Executions");
        SPECS.iter().fold(command, |command, spec| command.subcommand(subcommand(spec)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn subcommand(spec: &Spec) -> Command {
    let about = format!("Run {}", spec.name);
    let command =
        Command::new(spec.command).about(about).visible_aliases(spec.aliases.iter().copied());
    spec.params.iter().fold(command, |command, param| command.arg(argument(param)))
}

fn argument(param: &Param) -> Arg {
    let arg = Arg::new(param.field);
    let arg = match param.place {
        Place::Needed => arg.required(true),
        Place::Word => arg,
        Place::Option(long, Some(letter)) => arg.long(long).short(letter),
        Place::Option(long, None) => arg.long(long),
    };
    let is_word = !matches!(param.place, Place::Option(..));
    match param.shape {
        Shape::Switch => arg.action(ArgAction::SetTrue),
        Shape::List | Shape::Table if is_word => arg.num_args(1..).action(ArgAction::Append),
        Shape::List | Shape::Table => arg.action(ArgAction::Append),
        Shape::Number => arg.allow_negative_numbers(true),
        Shape::Text | Shape::Capitals => arg,
    }
}

impl FromArgMatches for Request {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        let wrong = |message: String| {
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message + "\n")
        };
        let mut request = Self {
            host: text("host"),
            key: text("key"),
            secret: text("secret"),
            ..Self::default()
        };
        let (name, inner) = matches
            .subcommand()
            .ok_or_else(|| wrong("an execution or the name of a procedure is missing".into()))?;
        if let Some(spec) = SPECS.iter().find(|spec| spec.command == name) {
            // A global switch is seen wherever it stands.
            request.yes = inner.get_flag("yes");
            request.json = inner.get_flag("json");
            request.name = spec.name.into();
            request.params = params(spec, inner).map_err(|error| wrong(error.to_string()))?;
            return Ok(request);
        }
        request.yes = matches.get_flag("yes");
        request.json = matches.get_flag("json");
        // Clap hands what follows an unknown name over unread.
        for word in inner.get_many::<std::ffi::OsString>("").into_iter().flatten() {
            match word.to_str() {
                Some("-y" | "--yes") => request.yes = true,
                Some("--json") => request.json = true,
                _ => {
                    let near = nearest(name).map(|near| format!("; did you mean {near:?}?"));
                    return Err(wrong(format!(
                        "there is no execution {name:?}, and a procedure takes no parameters{}",
                        near.unwrap_or_default()
                    )));
                }
            }
        }
        request.name = "RunProcedure".into();
        request.params.insert("procedure".into(), name.into());
        request.by_name = true;
        Ok(request)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn params(spec: &Spec, matches: &ArgMatches) -> varanus_proto::Result<Map<String, Value>> {
    let mut params = Map::new();
    for param in spec.params {
        if param.shape == Shape::Switch {
            if matches.get_flag(param.field) {
                params.insert(param.field.into(), true.into());
            }
            continue;
        }
        let given: Vec<String> =
            matches.get_many::<String>(param.field).into_iter().flatten().cloned().collect();
        if !given.is_empty() {
            params.insert(param.field.into(), param.value(&given)?);
        }
    }
    // The shape of the API has the last word, as on signals and levels.
    check(spec.name, &params)?;
    Ok(params)
}

fn check(name: &str, params: &Map<String, Value>) -> varanus_proto::Result<()> {
    let tagged = serde_json::json!({ "type": name, "params": params });
    serde_path_to_error::deserialize::<_, Execution>(tagged)
        .map(|_| ())
        .map_err(|error| varanus_proto::Error::invalid(error.into_inner().to_string()))
}

/// The execution whose name is most like a text.
pub fn nearest(text: &str) -> Option<&'static str> {
    SPECS
        .iter()
        .filter(|spec| spec.name != "None")
        .flat_map(|spec| std::iter::once(&spec.command).chain(spec.aliases))
        .map(|name| (strsim::jaro_winkler(text, name), *name))
        .filter(|(likeness, _)| *likeness > 0.9)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
