//! Which alerters want an alert.

use varanus_proto::entity::alert::{Alert, AlertData, AlertDataVariant, SeverityLevel};
use varanus_proto::entity::alerter::AlerterConfig;
use varanus_proto::entity::resource::ResourceTarget;

use super::super::maintenance::in_maintenance;
use crate::Core;

/// Whether an alerter sends an alert now, by its own settings.
pub(in crate::alert) fn wants(core: &Core, config: &AlerterConfig, alert: &Alert) -> bool {
    let resolve = |target: &ResourceTarget| crate::resource::resolve(core, target);
    config.enabled
        && passes(config, alert, resolve)
        && !in_maintenance(&config.maintenance_windows, &core.config.timezone)
}

/// The filters: kinds of alerts, resources that are wanted and that are not. A
/// test passes always. Resources may be named by id or by name.
fn passes(
    config: &AlerterConfig,
    alert: &Alert,
    resolve: impl Fn(&ResourceTarget) -> Option<ResourceTarget>,
) -> bool {
    let kind = kind_of(&alert.data);
    let is_about = |targets: &[ResourceTarget]| {
        targets.iter().any(|target| {
            *target == alert.target || resolve(target).is_some_and(|known| known == alert.target)
        })
    };
    kind == Some(AlertDataVariant::Test)
        || ((config.alert_types.is_empty()
            || kind.is_some_and(|kind| config.alert_types.contains(&kind)))
            && (config.resources.is_empty() || is_about(&config.resources))
            && !is_about(&config.except_resources))
}

/// The kind of an alert.
pub(in crate::alert) fn kind_of(data: &AlertData) -> Option<AlertDataVariant> {
    serde_json::to_value(data).ok()?.get("type")?.as_str()?.parse().ok()
}

/// Whether an alert is about something that failed once and may well fail again:
/// nobody says when it is over. An alert that is resolved later is none, for its
/// next one is news.
pub(super) fn is_failure(alert: &Alert) -> bool {
    use AlertData as A;
    match &alert.data {
        A::BuildFailed { .. }
        | A::RepoBuildFailed { .. }
        | A::ProcedureFailed { .. }
        | A::ActionFailed { .. }
        | A::AwsBuilderTerminationFailed { .. } => true,
        // A deploy that failed; what a person sends is about no resource.
        A::Custom { .. } => {
            alert.level != SeverityLevel::Ok && !matches!(alert.target, ResourceTarget::System(_))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(target: ResourceTarget, data: AlertData) -> Alert {
        Alert {
            id: Default::default(),
            ts: 0,
            resolved: true,
            level: SeverityLevel::Warning,
            target,
            data,
            resolved_ts: None,
        }
    }

    #[test]
    fn an_alerter_sends_what_its_filters_let_through() {
        let stack = |id: &str| ResourceTarget::Stack(id.into());
        let failed = AlertData::ProcedureFailed { id: "1".into(), name: "nightly".into() };
        let procedure = alert(ResourceTarget::Procedure("1".into()), failed);
        let custom = AlertData::Custom { message: "m".into(), details: String::new() };
        let web = alert(stack("1"), custom);
        let test = AlertData::Test { id: "a".into(), name: "a".into() };
        let test = alert(ResourceTarget::Alerter("a".into()), test);
        let all = AlerterConfig::default();
        let procedures =
            AlerterConfig { alert_types: vec![AlertDataVariant::ProcedureFailed], ..all.clone() };
        let web_alone = AlerterConfig { resources: vec![stack("web")], ..all.clone() };
        let not_web = AlerterConfig { except_resources: vec![stack("1")], ..all.clone() };
        // The stack of id 1 is named "web".
        let resolve = |target: &ResourceTarget| (*target == stack("web")).then(|| stack("1"));
        for (config, passing) in [
            (&all, [true, true]),
            (&procedures, [true, false]),
            (&web_alone, [false, true]),
            (&not_web, [true, false]),
        ] {
            let found = [&procedure, &web].map(|alert| passes(config, alert, resolve));
            assert_eq!(found, passing, "{config:?}");
            assert!(passes(config, &test, resolve));
        }
    }

    #[test]
    fn what_is_resolved_later_is_no_failure_that_repeats() {
        let custom = |target| {
            let data = AlertData::Custom { message: "m".into(), details: String::new() };
            is_failure(&alert(target, data))
        };
        assert!(custom(ResourceTarget::Stack("1".into())));
        assert!(!custom(ResourceTarget::system()));
        let data = AlertData::SwarmUnhealthy { id: "1".into(), name: "s".into(), err: None };
        assert!(!is_failure(&alert(ResourceTarget::Swarm("1".into()), data)));
    }
}
