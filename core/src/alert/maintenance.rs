//! Times in which nobody is called.

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use varanus_proto::entity::schedule::{MaintenanceScheduleType as Schedule, MaintenanceWindow};

/// Whether one of the windows is open now. `zone` is for those that name none;
/// where that is empty too, it is this machine's.
pub fn in_maintenance(windows: &[MaintenanceWindow], zone: &str) -> bool {
    !windows.is_empty() && open_at(windows, zone, Timestamp::now())
}

fn open_at(windows: &[MaintenanceWindow], zone: &str, at: Timestamp) -> bool {
    windows.iter().filter(|window| window.enabled).any(|window| is_open(window, zone, at))
}

fn is_open(window: &MaintenanceWindow, zone: &str, at: Timestamp) -> bool {
    let zone = if window.timezone.is_empty() { zone } else { &window.timezone };
    let zone = match zone {
        "" => TimeZone::system(),
        named => match TimeZone::get(named) {
            Ok(zone) => zone,
            // A zone that nobody knows has no times (Komodo 2.3).
            Err(_) => return false,
        },
    };
    let now = at.to_zoned(zone);
    let length = SignedDuration::from_mins(i64::from(window.duration_minutes));
    // One that began yesterday may be open still.
    [0, 1].into_iter().any(|days| {
        let Some(start) = start(window, &now, days) else { return false };
        start <= now && now.duration_since(&start) < length
    })
}

/// When the window opens on a day so many days before now, if it does.
fn start(window: &MaintenanceWindow, now: &Zoned, days: i64) -> Option<Zoned> {
    let day = now.date().checked_sub(jiff::Span::new().days(days)).ok()?;
    let fits = match window.schedule_type {
        Schedule::Daily => true,
        Schedule::Weekly => day.weekday() == weekday(&window.day_of_week)?,
        Schedule::OneTime => day.to_string() == window.date,
    };
    let time = (i8::try_from(window.hour).ok()?, i8::try_from(window.minute).ok()?);
    let time = jiff::civil::Time::new(time.0, time.1, 0, 0).ok()?;
    fits.then(|| day.to_datetime(time).to_zoned(now.time_zone().clone()).ok()).flatten()
}

fn weekday(name: &str) -> Option<Weekday> {
    use Weekday as W;
    let all = [W::Monday, W::Tuesday, W::Wednesday, W::Thursday, W::Friday, W::Saturday, W::Sunday];
    let name = name.to_lowercase();
    let starts =
        |day: &Weekday| name.len() >= 3 && format!("{day:?}").to_lowercase().starts_with(&name);
    all.into_iter().find(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(schedule_type: Schedule, day_of_week: &str, date: &str) -> MaintenanceWindow {
        MaintenanceWindow {
            schedule_type,
            day_of_week: day_of_week.into(),
            date: date.into(),
            hour: 23,
            minute: 30,
            duration_minutes: 60,
            timezone: "UTC".into(),
            ..MaintenanceWindow::default()
        }
    }

    #[test]
    fn windows_open_and_close_also_past_midnight() {
        let daily = window(Schedule::Daily, "", "");
        // 2026-11-21 is a Saturday.
        let weekly = window(Schedule::Weekly, "Saturday", "");
        let once = window(Schedule::OneTime, "", "2026-11-21");
        for (at, open) in [
            ("2026-11-21T23:29:59Z", false),
            ("2026-11-21T23:30:00Z", true),
            ("2026-11-22T00:29:59Z", true),
            ("2026-11-22T00:30:00Z", false),
        ] {
            for window in [&daily, &weekly, &once] {
                let at: Timestamp = at.parse().unwrap();
                assert_eq!(open_at(std::slice::from_ref(window), "", at), open, "{window:?} {at}");
            }
        }
        let sunday: Timestamp = "2026-11-22T23:40:00Z".parse().unwrap();
        assert!(open_at(std::slice::from_ref(&daily), "", sunday));
        assert!(!open_at(&[weekly, once], "", sunday));
        let off = MaintenanceWindow { enabled: false, ..daily.clone() };
        let nowhere = MaintenanceWindow { timezone: "Moon/Base".into(), ..daily };
        assert!(!open_at(&[off, nowhere], "", sunday));
    }
}
