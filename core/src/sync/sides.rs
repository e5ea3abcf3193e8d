//! Both sides of a sync as data: what the files declare, and what is there.

use std::sync::Arc;

use serde_json::Value;
use varanus_proto::Config;
use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::entity::toml::{ResourceToml, ResourcesToml};
use varanus_proto::{Error, Result};

use super::plan::Side;
use crate::resource::{Doc, Kind, Partial, tag};
use crate::{Core, Row};

/// Evaluates an expression for a kind that files declare: `$K` is the kind, `$list`
/// its declarations in `$files`, where those matter.
macro_rules! for_kind {
    ($kind:expr, |$K:ident| $body:expr, else $other:expr) => {{
        let files = varanus_proto::entity::toml::ResourcesToml::default();
        $crate::sync::sides::for_kind!($kind, files, |$K, _list| $body, else $other)
    }};
    ($kind:expr, $files:expr, |$K:ident, $list:ident| $body:expr, else $other:expr) => {{
        use varanus_proto::entity::resource::ResourceTargetVariant as V;
        macro_rules! with {
            ($kind_type:ty, $field:ident) => {{
                type $K = $kind_type;
                let $list = &$files.$field;
                $body
            }};
        }
        match $kind {
            V::Server => with!($crate::server::Servers, servers),
            V::Alerter => with!($crate::alerter::Alerters, alerters),
            V::Action => with!($crate::action::Actions, actions),
            V::Builder => with!($crate::builder::Builders, builders),
            V::Repo => with!($crate::repo::Repos, repos),
            V::Build => with!($crate::build::Builds, builds),
            V::Stack => with!($crate::stack::Stacks, stacks),
            V::ResourceSync => with!($crate::sync::Syncs, resource_syncs),
            V::Deployment => with!($crate::deployment::Deployments, deployments),
            V::Procedure => with!($crate::procedure::Procedures, procedures),
            V::Swarm | V::System => $other,
        }
    }};
}
pub(super) use for_kind;

/// Which resources a sync is about.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The id of the sync itself: it never deletes itself.
    pub own: String,
    /// Names of tags that a resource must have, all of them.
    pub tags: Vec<String>,
    /// Resources of this kind alone.
    pub kind: Option<Variant>,
    /// Of these names or ids alone.
    pub names: Option<Vec<String>>,
}

impl Scope {
    /// Whether a resource is within.
    pub fn takes(&self, kind: Variant, name: &str, id: Option<&str>, tags: &[String]) -> bool {
        let named = |names: &Vec<String>| names.iter().any(|n| n == name || Some(&**n) == id);
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.names.as_ref().is_none_or(named)
            && self.tags.iter().all(|tag| tags.contains(tag))
    }
}

/// What the files declare.
pub fn declared(core: &Core, files: &ResourcesToml, scope: &Scope) -> Result<Vec<Side>> {
    if let Some(swarm) = files.swarms.first() {
        return Err(Error::invalid(format!(
            "swarm {:?} is declared, and this version has no swarms; take it out of the files",
            swarm.name
        )));
    }
    let mut sides = Vec::new();
    for kind in super::plan::ORDER {
        for_kind!(kind, files, |K, list| declared_of::<K>(core, list, scope, &mut sides)?, else {});
    }
    Ok(sides)
}

fn declared_of<K: Kind>(
    core: &Core,
    list: &[ResourceToml<Partial<K>>],
    scope: &Scope,
    sides: &mut Vec<Side>,
) -> Result<()>
where
    Doc<K>: Row,
{
    for declared in list {
        let name = K::normalize_name(&declared.name);
        if !scope.takes(K::TARGET, &name, None, &declared.tags) {
            continue;
        }
        let said = json(&declared.config)?;
        let config = K::Config::from_partial(declared.config.clone());
        let mut config = json(&K::with_names(core, config))?;
        // What is created by the same sync is not known yet: it stays as it is said.
        keep_names(&mut config, &said);
        sides.push(Side {
            kind: K::TARGET,
            name,
            description: declared.description.clone(),
            template: declared.template,
            tags: declared.tags.clone(),
            config,
            said,
        });
    }
    Ok(())
}

/// What is there. What this sync may not delete is left out unless it is
/// declared: the sync itself, and syncs that a person wrote in the browser.
pub fn there(core: &Core, scope: &Scope, declared: &[Side]) -> Result<Vec<Side>> {
    let mut sides = Vec::new();
    for kind in super::plan::ORDER {
        for_kind!(kind, |K| there_of::<K>(core, scope, &mut sides)?, else {});
    }
    let known = |side: &Side| declared.iter().any(|d| d.kind == side.kind && d.name == side.name);
    sides.retain(|side| {
        side.kind != Variant::ResourceSync || known(side) || {
            let sync = core.catalog.syncs.get(&side.name);
            sync.is_some_and(|sync| {
                sync.id.as_str() != scope.own && sync.config.file_contents.is_empty()
            })
        }
    });
    Ok(sides)
}

fn there_of<K: Kind>(core: &Core, scope: &Scope, sides: &mut Vec<Side>) -> Result<()>
where
    Doc<K>: Row,
{
    for (id, found) in K::table(&core.catalog).entries() {
        let found: Arc<Doc<K>> = found;
        let tags = tag::names(core, &found.tags);
        if !scope.takes(K::TARGET, &found.name, Some(&id), &tags) {
            continue;
        }
        let config = json(&K::with_names(core, found.config.clone()))?;
        sides.push(Side {
            kind: K::TARGET,
            name: found.name.clone(),
            description: found.description.clone(),
            template: found.template,
            tags,
            said: Value::Null,
            config,
        });
    }
    Ok(())
}

/// Puts what the file says where a name was not found.
fn keep_names(config: &mut Value, said: &Value) {
    match (config, said) {
        (Value::Object(config), Value::Object(said)) => {
            for (name, said) in said {
                if let Some(value) = config.get_mut(name) {
                    keep_names(value, said);
                }
            }
        }
        (Value::Array(config), Value::Array(said)) if config.len() == said.len() => {
            config.iter_mut().zip(said).for_each(|(value, said)| keep_names(value, said));
        }
        (config @ Value::Array(_), Value::Array(_)) => *config = said.clone(),
        (config @ Value::String(_), Value::String(text)) if config == "" => {
            *config = text.clone().into();
        }
        _ => {}
    }
}

/// The error for a kind that no file declares.
pub(super) fn not_synced(kind: Variant) -> Error {
    Error::internal(format!("a {kind} is not synced"))
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal("a configuration is no JSON").cause(error))
}
