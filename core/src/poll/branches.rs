//! A stack for each branch: those that no stack follows yet are made of a
//! template.

use std::collections::BTreeMap;
use std::sync::Arc;

use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::stack::Stack;
use varanus_proto::{Config as _, Result};

use super::sources::{Source, Template};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::resource::{self, About};
use crate::run::pattern::Pattern;
use crate::stack::Stacks;

/// Makes the stacks that are missing. They are looked at, and deployed where the
/// template says so, from the next look on.
pub async fn grow(
    core: &Arc<Core>,
    templates: &[Template],
    sources: &[Source],
    heads: &BTreeMap<String, String>,
) {
    for template in templates {
        let pattern = match Pattern::parse(&template.pattern) {
            Ok(pattern) => pattern,
            Err(error) => {
                tracing::warn!(id = template.id, %error, "stack_per_branch of a template");
                continue;
            }
        };
        let is_followed = |branch: &str| {
            let stacks = sources.iter().filter(|one| one.kind == ResourceTargetVariant::Stack);
            stacks.into_iter().any(|source| source.place.branch == branch)
        };
        let new = heads.keys().filter(|branch| pattern.matches(branch) && !is_followed(branch));
        for branch in new {
            match make(core, template, branch).await {
                Ok(stack) => tracing::info!(branch, stack = stack.name, "a branch became a stack"),
                // Another stack has the name: a person's, who may have meant it.
                Err(error) => tracing::debug!(branch, %error, "a branch became no stack"),
            }
        }
    }
}

async fn make(core: &Arc<Core>, template: &Template, branch: &str) -> Result<Arc<Stack>> {
    let template = resource::find::<Stacks>(core, &template.id)?;
    let mut config = template.config.clone();
    config.branch = branch.to_owned();
    config.stack_per_branch.clear();
    // Tags choose what a batch or an alerter is about: of what a template makes, too.
    let (description, tags) = (template.description.clone(), template.tags.clone());
    let (config, about) = (config.minimize(), About { description, tags });
    let caller = Caller::from(ServiceUser::GitWebhook);
    resource::create_about::<Stacks>(core, &caller, branch, config, Default::default(), about).await
}
