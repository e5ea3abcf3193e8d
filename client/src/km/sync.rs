//! `km sync plan`: what a sync would do now, as differences of its resource
//! files.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use similar::{ChangeTag, TextDiff};
use varanus_client::Client;
use varanus_proto::api::read::resource_sync::GetResourceSync;
use varanus_proto::api::write::resource_sync::RefreshResourceSyncPending;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::resource_sync::{DiffData, ResourceSync, ResourceSyncInfo};
use varanus_proto::{Error, Result};

use crate::args::Format;
use crate::show;

/// Whether a plan is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// Everything is as declared.
    Nothing,
    /// Something is to be done.
    Something,
}

/// Has Core read the files of a sync, and prints the plan.
///
/// Errors: what Core answers; `Invalid` when the files cannot be read.
pub async fn plan(client: &Client, name: &str, cached: bool, format: Format) -> Result<Planned> {
    let sync = name.to_owned();
    let sync: ResourceSync = match cached {
        true => client.request(GetResourceSync { sync }).await?,
        false => client.request(RefreshResourceSyncPending { sync }).await?,
    };
    let info = &sync.info;
    if format == Format::Json {
        show::print_json(info)?;
    } else {
        for broken in &info.remote_errors {
            show::notice(&format!("km: {}: {}", broken.path, broken.contents));
        }
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        show::print(&text(info, Paint { colours }));
    }
    match info.pending_error.as_ref().or(info.pending_deploy_error.as_ref()) {
        Some(error) => Err(Error::invalid(error.clone())),
        None if is_empty(info) => Ok(Planned::Nothing),
        None => Ok(Planned::Something),
    }
}

fn is_empty(info: &ResourceSyncInfo) -> bool {
    info.resource_updates.is_empty()
        && info.variable_updates.is_empty()
        && info.user_group_updates.is_empty()
        && info.pending_deploys.is_empty()
}

/// Colours, for terminals.
#[derive(Clone, Copy)]
struct Paint {
    colours: bool,
}

impl Paint {
    fn line(self, out: &mut String, sign: char, text: &str) {
        let colour = match sign {
            '+' => "\x1b[32m",
            '-' => "\x1b[31m",
            '~' => "\x1b[33m",
            '>' => "\x1b[36m",
            _ => "",
        };
        let text = text.trim_end_matches('\n');
        let _ = match self.colours && !colour.is_empty() {
            true => writeln!(out, "{colour}{text}\x1b[0m"),
            false => writeln!(out, "{text}"),
        };
    }
}

/// A plan for people: what is created, changed and deleted, and then what is
/// deployed.
fn text(info: &ResourceSyncInfo, paint: Paint) -> String {
    if is_empty(info) && info.pending_error.is_none() {
        return "nothing to do: everything is as declared".to_owned();
    }
    let mut out = String::new();
    for data in &info.variable_updates {
        difference(&mut out, "Variable", data, paint);
    }
    for update in &info.resource_updates {
        difference(&mut out, &update.target.kind().to_string(), &update.data, paint);
        if let Some(why) = &update.needs_confirm {
            paint.line(&mut out, ' ', &format!("    needs to be confirmed: {why}"));
        }
    }
    for data in &info.user_group_updates {
        difference(&mut out, "UserGroup", data, paint);
    }
    for deploy in &info.pending_deploys {
        let named = |target: &ResourceTarget| name_of(info, target);
        let mut line = format!("> deploy {}: {}", named(&deploy.target), deploy.reason);
        if !deploy.after.is_empty() {
            let after: Vec<_> = deploy.after.iter().map(named).collect();
            let _ = write!(line, " (after {})", after.join(", "));
        }
        paint.line(&mut out, '>', &line);
    }
    out
}

/// The name of what is deployed, where the plan or its target says it.
fn name_of(info: &ResourceSyncInfo, target: &ResourceTarget) -> String {
    let (kind, id) = target.parts();
    let of_update = info.resource_updates.iter().find(|update| update.target == *target);
    let name = of_update.and_then(|update| match &update.data {
        DiffData::Update { proposed, .. } => Some(DiffData::name_in(proposed)),
        _ => None,
    });
    format!("{kind} {}", name.unwrap_or(id))
}

fn difference(out: &mut String, kind: &str, data: &DiffData, paint: Paint) {
    let (sign, old, new) = match data {
        DiffData::Create { proposed, .. } => ('+', "", proposed.as_str()),
        DiffData::Update { proposed, current } => ('~', current.as_str(), proposed.as_str()),
        DiffData::Delete { current } => ('-', current.as_str(), ""),
    };
    paint.line(out, sign, &format!("{sign} {kind} {}", data.name()));
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.grouped_ops(2) {
        for op in &hunk {
            for change in diff.iter_changes(op) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                paint.line(out, sign, &format!("    {sign} {}", change.value()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::resource_sync::{ResourceDiff, SyncDeployTarget};

    use super::*;

    fn info() -> ResourceSyncInfo {
        let stack = |id: &str| ResourceTarget::Stack(id.to_owned());
        let current = "[[stack]]\nname = \"web\"\n[stack.config]\nserver = \"attic\"\n";
        let proposed = "[[stack]]\nname = \"web\"\n[stack.config]\nserver = \"cellar\"\n";
        let data = DiffData::Update { proposed: proposed.to_owned(), current: current.to_owned() };
        let deploy = SyncDeployTarget {
            target: stack("6f"),
            reason: "changed: server_id".to_owned(),
            after: vec![stack("db")],
        };
        ResourceSyncInfo {
            resource_updates: vec![ResourceDiff { target: stack("6f"), data, needs_confirm: None }],
            pending_deploys: vec![deploy],
            ..ResourceSyncInfo::default()
        }
    }

    #[test]
    fn a_plan_shows_what_becomes_of_what_and_what_is_deployed() {
        let shown = text(&info(), Paint { colours: false });
        assert_eq!(
            shown,
            "~ Stack web\n      [[stack]]\n      name = \"web\"\n      [stack.config]\n    - server = \"attic\"\n    \
             + server = \"cellar\"\n> deploy Stack web: changed: server_id (after Stack db)\n"
                .replace("      [[stack]]\n", "")
        );
    }

    #[test]
    fn colours_are_for_terminals_alone() {
        assert!(text(&info(), Paint { colours: true }).contains("\u{1b}[31m    - server"));
        assert!(!text(&info(), Paint { colours: false }).contains('\u{1b}'));
    }

    #[test]
    fn an_empty_plan_says_so() {
        let empty = text(&ResourceSyncInfo::default(), Paint { colours: true });
        assert_eq!(empty, "nothing to do: everything is as declared");
    }
}
