//! From a batch to the executions it means at this moment.

use serde_json::Value;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::{Context, Error, Result};

use super::refer;
use crate::Core;
use crate::resource::with_table;
use crate::run::pattern::Pattern;
use crate::run::plan;

/// A resource that a batch means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A batch, understood.
pub struct Batch {
    /// `BatchDeployStack`.
    pub name: String,
    /// Which names it means.
    pub pattern: Pattern,
    /// The pattern as a person wrote it.
    pub written: String,
    /// Tags that all must be there: ids or names.
    pub tags: Vec<String>,
    /// The kind it is about.
    pub kind: ResourceTargetVariant,
    single: String,
    field: &'static str,
}

impl Batch {
    /// Understands an execution; `None` when it is no batch.
    pub fn of(execution: &Execution) -> Result<Option<Self>> {
        let (name, params) = plan::parts(execution)?;
        let Some((single, field, kind)) = refer::batch(&name) else { return Ok(None) };
        let written = params.get("pattern").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tags = params.get("tags").and_then(Value::as_array).into_iter().flatten();
        let tags = tags.filter_map(Value::as_str).map(str::to_owned).collect();
        let pattern = Pattern::parse(&written).with_context(|| name.clone())?;
        let single = single.to_owned();
        Ok(Some(Self { name, pattern, written, tags, kind, single, field }))
    }

    /// What it means now, by name. Templates are only there to be copied.
    pub fn members(&self, core: &Core) -> Result<Vec<Member>> {
        let tags =
            crate::resource::tag::ids(core, &self.tags).with_context(|| self.name.clone())?;
        let of_kind = ResourceTarget::new(self.kind, "");
        let members = with_table!(core, of_kind, |table| Some(
            table
                .all()
                .iter()
                .filter(|row| !row.template && self.pattern.matches(&row.name))
                .filter(|row| tags.iter().all(|tag| row.tags.contains(tag)))
                .map(|row| Member { id: row.id.to_string(), name: row.name.clone() })
                .collect::<Vec<_>>()
        ));
        members.ok_or_else(|| Error::internal(format!("{} is about no kind", self.name)))
    }

    /// The execution for one of its members.
    pub fn execution(&self, member: &Member) -> Result<Execution> {
        refer::single(&self.single, self.field, &member.id)
    }

    /// `pattern "web*" of BatchDeployStack`, with its tags.
    pub fn spoken(&self) -> String {
        let tags = match self.tags.is_empty() {
            true => String::new(),
            false => format!(" with tags {}", self.tags.join(", ")),
        };
        format!("pattern {:?} of {}{tags}", self.written, self.name)
    }
}
