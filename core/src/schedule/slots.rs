//! From times on the wall to moments: time zones, and clocks that are put forward
//! and back.
//!
//! A time of the day that a day does not have comes as soon as the clock was put
//! forward; one that a day has twice comes the first time alone. What goes on
//! around the clock (every 15 minutes) means an interval, and goes on through both.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use varanus_proto::entity::schedule::ScheduleFormat;

use super::cron::Cron;
use super::english;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// When something is to be done.
#[derive(Debug, Clone)]
pub struct Slots {
    crons: Vec<Cron>,
    zone: TimeZone,
}

impl Slots {
    /// Reads a schedule. Without a zone of its own it is in Core's, and else in this
    /// machine's. The error is for people to read.
    pub fn parse(
        format: ScheduleFormat,
        schedule: &str,
        zone: &str,
        core_zone: &str,
    ) -> Result<Self, String> {
        let zone = match if zone.is_empty() { core_zone } else { zone } {
            "" => TimeZone::system(),
            name => TimeZone::get(name)
                .map_err(|_| format!("there is no time zone {name:?}; one is \"Europe/Berlin\""))?,
        };
        let crons = match format {
            ScheduleFormat::Cron => vec![Cron::parse(schedule)?],
            ScheduleFormat::English => english::parse(schedule)?,
        };
        let slots = Self { crons, zone };
        match slots.after(Timestamp::now()) {
            Some(_) => Ok(slots),
            None => Err(format!("{schedule:?} never comes")),
        }
    }

    /// The first slot after a moment.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        self.crons
            .iter()
            .filter_map(|cron| match cron.is_interval() {
                true => self.interval_after(cron, moment),
                false => self.daily_after(cron, moment),
            })
            .min()
    }

    fn daily_after(&self, cron: &Cron, moment: Timestamp) -> Option<Timestamp> {
        let mut from = whole_second_after(moment, self.zone.to_offset(moment))?;
        loop {
            let wall = cron.at_or_after(from)?;
            let slot = self.moment_of(wall)?;
            // The second time that the clock shows it is none.
            if slot > moment {
                return Some(slot);
            }
            from = wall.checked_add(SECOND).ok()?;
        }
    }

    fn interval_after(&self, cron: &Cron, mut moment: Timestamp) -> Option<Timestamp> {
        loop {
            let offset = self.zone.to_offset(moment);
            let wall = cron.at_or_after(whole_second_after(moment, offset)?)?;
            let slot = offset.to_timestamp(wall).ok()?;
            match self.zone.following(moment).next().map(|change| change.timestamp()) {
                // From there on the clock is another one.
                Some(change) if change <= slot => {
                    let wall = self.zone.to_offset(change).to_datetime(change);
                    if cron.at_or_after(wall)? == wall {
                        return Some(change);
                    }
                    moment = change;
                }
                _ => return Some(slot),
            }
        }
    }

    /// The moment at which a clock on the wall first shows a time or a later one.
    fn moment_of(&self, wall: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok(),
            AmbiguousOffset::Gap { before, after } => {
                let earlier = after.to_timestamp(wall).ok()?;
                let change = self.zone.following(earlier).next();
                let change = change.map(|change| change.timestamp());
                change.or_else(|| before.to_timestamp(wall).ok())
            }
        }
    }
}

/// What the clock shows at the first whole second after a moment.
fn whole_second_after(moment: Timestamp, offset: Offset) -> Option<DateTime> {
    let second = Timestamp::from_second(moment.as_second()).ok()?;
    let next = if second > moment { second } else { second.checked_add(SECOND).ok()? };
    Some(offset.to_datetime(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(cron: &str, zone: &str) -> Slots {
        Slots::parse(ScheduleFormat::Cron, cron, zone, "UTC").unwrap()
    }

    fn next(cron: &str, zone: &str, from: &str, many: usize) -> Vec<String> {
        let slots = slots(cron, zone);
        let mut moment: Timestamp = from.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..many {
            moment = slots.after(moment).unwrap();
            found.push(moment.to_string());
        }
        found
    }

    #[test]
    fn a_time_that_a_day_does_not_have_comes_when_the_clock_was_put_forward() {
        // 2027-03-28 at 02:00 it is 03:00 in Berlin, which is 01:00 in UTC.
        for cron in ["0 30 2 * * *", "0 0,15,30,45 2 * * *", "0 0 2 * * *"] {
            let found = next(cron, "Europe/Berlin", "2027-03-27T02:00:00Z", 2);
            assert_eq!(found[0], "2027-03-28T01:00:00Z", "{cron}");
            assert!(found[1].starts_with("2027-03-29T00:"), "{cron}: {found:?}");
        }
        // It and the next one are one.
        let found = next("0 0 2,3 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", 2);
        assert_eq!(found, ["2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"]);
    }

    #[test]
    fn a_time_that_a_day_has_twice_comes_once() {
        // 2027-10-31 at 03:00 it is 02:00 again in Berlin.
        let found = next("0 30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 2);
        assert_eq!(found, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
        let found = next("0 0 2,3 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 3);
        assert_eq!(found, ["2027-10-31T00:00:00Z", "2027-10-31T02:00:00Z", "2027-11-01T01:00:00Z"]);
    }

    #[test]
    fn an_interval_goes_on_while_the_clock_is_put() {
        let every = "0 */30 * * * *";
        let found = next(every, "Europe/Berlin", "2027-03-28T00:15:00Z", 3);
        assert_eq!(found, ["2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"]);
        let found = next(every, "Europe/Berlin", "2027-10-31T00:15:00Z", 4);
        assert_eq!(
            found,
            [
                "2027-10-31T00:30:00Z",
                "2027-10-31T01:00:00Z",
                "2027-10-31T01:30:00Z",
                "2027-10-31T02:00:00Z"
            ]
        );
        // By half an hour, on Lord Howe Island.
        let found = next("0 20 * * * *", "Australia/Lord_Howe", "2027-04-03T14:00:00Z", 3);
        assert_eq!(found, ["2027-04-03T14:20:00Z", "2027-04-03T15:50:00Z", "2027-04-03T16:50:00Z"]);
    }

    #[test]
    fn zones_are_the_schedules_own_or_cores() {
        let moment: Timestamp = "2026-11-21T12:00:00.5Z".parse().unwrap();
        let parse =
            |zone, core| Slots::parse(ScheduleFormat::English, "every day at 3am", zone, core);
        let tokyo = parse("Asia/Tokyo", "Europe/Berlin").unwrap();
        assert_eq!(tokyo.after(moment).unwrap().to_string(), "2026-11-21T18:00:00Z");
        let berlin = parse("", "Europe/Berlin").unwrap();
        assert_eq!(berlin.after(moment).unwrap().to_string(), "2026-11-22T02:00:00Z");
        assert!(parse("Moon/Base", "").unwrap_err().contains("no time zone \"Moon/Base\""));
        let never = Slots::parse(ScheduleFormat::Cron, "0 0 0 30 2 *", "UTC", "");
        assert!(never.unwrap_err().contains("never comes"));
    }

    proptest::proptest! {
        /// Against looking at every second of four days around a change of the clock.
        #[test]
        fn no_slot_is_left_out_or_doubled(
            hour in 0..24_u32, minute in 0..60_u32, zone in 0..3_usize, spring in 0..2_usize,
        ) {
            let zone = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"][zone];
            let from = ["2027-03-12T00:00:00Z", "2027-10-29T00:00:00Z"][spring];
            let slots = slots(&format!("0 {minute} {hour} * * *"), zone);
            let mut moment: Timestamp = from.parse().unwrap();
            let mut days = std::collections::BTreeSet::new();
            for _ in 0..20 {
                let next = slots.after(moment).unwrap();
                proptest::prop_assert!(next > moment);
                let day = next.to_zoned(slots.zone.clone()).date();
                proptest::prop_assert!(days.insert(day), "{} twice", day);
                moment = next;
            }
            // One a day, no day left out.
            let (first, last) = (days.first().unwrap(), days.last().unwrap());
            proptest::prop_assert_eq!(first.until(*last).unwrap().get_days(), 19);
        }
    }
}
