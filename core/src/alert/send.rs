//! Where an alert leaves Core.

use varanus_proto::entity::alert::Alert;

use crate::Core;

/// Sends an alert that was opened or resolved to the alerters that want it.
/// There are none yet: people see it in `ListAlerts` and in the log.
pub(super) async fn send(core: &Core, alert: &Alert) {
    let _ = (core, alert);
}
