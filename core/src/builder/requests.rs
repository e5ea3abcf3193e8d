//! The requests about builders.

use std::cmp::Ordering;

use varanus_proto::api::read::builder::*;
use varanus_proto::api::write::builder::*;
use varanus_proto::entity::builder::{BuilderListItem, BuilderSortBy};

use super::Builders;
use crate::http::{Api, Call};
use crate::resource::{self, kind_api};

/// Every request about builders.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Builders, builder,
        get GetBuilder, list ListBuilders, full ListFullBuilders, copy CopyBuilder,
        delete DeleteBuilder, update UpdateBuilder, rename RenameBuilder, create CreateBuilder,
        sort order
    );
    api.on(|call: Call, _: GetBuildersSummary| async move {
        let found = resource::query::<Builders>(&call.core, &call.caller, &Default::default())?;
        Ok(GetBuildersSummaryResponse { total: u32::try_from(found.len()).unwrap_or(u32::MAX) })
    });
}

fn order(by: BuilderSortBy, a: &BuilderListItem, b: &BuilderListItem) -> Ordering {
    match by {
        BuilderSortBy::Name => Ordering::Equal,
        BuilderSortBy::Provider => a.info.builder_type.cmp(&b.info.builder_type),
        BuilderSortBy::InstanceType => a.info.instance_type.cmp(&b.info.instance_type),
    }
}
