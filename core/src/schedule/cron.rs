//! A cron value: six fields, seconds first (Komodo 2.3 API), matched against the
//! wall clock. It knows no time zones.
//!
//! Day of month **and** day of week must match. Beside lists, ranges and steps
//! there are names (`JAN`, `MON`), `?` for any day, `L` (last day of the month),
//! `5L` (last Friday), `2#1` (first Tuesday), `15W` (weekday nearest the 15th) and
//! `@daily` and its kind.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time};

/// Looking further ahead is in vain: 29 February falls on each day of the week
/// within 40 years, the leap year that 2100 is not included.
const FURTHEST_DAYS: usize = 366 * 41;

/// When something is to be done, on a clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Bit 0 is Sunday.
    weekdays: u64,
    last_day: bool,
    /// Days whose nearest weekday is meant; 0 is the last weekday of the month.
    nearest: Vec<i8>,
    /// (day of week, which of the month; 0 for the last).
    nth: Vec<(u8, i8)>,
}

struct Field {
    name: &'static str,
    low: u8,
    high: u8,
    names: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", low: 0, high: 59, names: &[] };
const MINUTE: Field = Field { name: "minute", low: 0, high: 59, names: &[] };
const HOUR: Field = Field { name: "hour", low: 0, high: 23, names: &[] };
const DAY: Field = Field { name: "day of month", low: 1, high: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    low: 1,
    high: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAY: Field = Field {
    name: "day of week",
    low: 0,
    high: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

impl Field {
    fn all(&self) -> u64 {
        (self.low..=self.high).fold(0, |bits, value| bits | 1 << value)
    }

    fn value(&self, text: &str) -> Result<u8, String> {
        let upper = text.to_ascii_uppercase();
        if let Some(at) = self.names.iter().position(|name| *name == upper) {
            return Ok(self.low + u8::try_from(at).unwrap_or(0));
        }
        let number = text.parse().ok().filter(|value| (self.low..=self.high).contains(value));
        number.ok_or_else(|| format!("{text:?} is no {}: {} to {}", self.name, self.low, self.high))
    }

    /// The bits of one entry of a list: `*`, `3`, `1-5`, `*/15`, `10-50/20`.
    fn entry(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            None => (text, None),
            Some((range, step)) => {
                let number = step.parse::<u8>().ok().filter(|step| *step > 0);
                let step = number.ok_or_else(|| {
                    format!("{step:?} is no step of the field {}: a number from 1 on", self.name)
                })?;
                (range, Some(step))
            }
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.low, self.top()),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None => {
                let first = self.value(range)?;
                (first, if step.is_some() { self.top() } else { first })
            }
        };
        let step = step.unwrap_or(1).into();
        // `FRI-MON` and `22-2` go over the end of the week or the day.
        let (end, rest) =
            if first > last { (self.top(), self.low..last + 1) } else { (last, 0..0) };
        Ok((first..end + 1).chain(rest).step_by(step).fold(0, |bits, value| bits | 1 << value))
    }

    /// The highest value that is not another name of a lower one.
    fn top(&self) -> u8 {
        if self.high == 7 { 6 } else { self.high }
    }
}

impl Cron {
    /// Every second: what the setters of [`super::english`] narrow.
    pub fn every_second() -> Self {
        Self {
            seconds: SECOND.all(),
            minutes: MINUTE.all(),
            hours: HOUR.all(),
            days: DAY.all(),
            months: MONTH.all(),
            weekdays: 0x7f,
            last_day: false,
            nearest: Vec::new(),
            nth: Vec::new(),
        }
    }

    /// Reads the six fields. The error says which of them is wrong, and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = match text.trim().to_ascii_lowercase().as_str() {
            "@yearly" | "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" | "@midnight" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            _ => text.trim(),
        };
        let fields: Vec<_> = text.split_whitespace().collect();
        let [second, minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!(
                "a cron schedule has 6 fields (second, minute, hour, day of month, month, day of \
                 week), and {text:?} has {}{}",
                fields.len(),
                if fields.len() == 5 { "; put \"0 \" in front of it" } else { "" }
            ));
        };
        let mut cron = Self::every_second();
        cron.seconds = bits(&SECOND, second)?;
        cron.minutes = bits(&MINUTE, minute)?;
        cron.hours = bits(&HOUR, hour)?;
        cron.months = bits(&MONTH, month)?;
        cron.set_days(day)?;
        cron.set_weekdays(weekday)?;
        Ok(cron)
    }

    fn set_days(&mut self, text: &str) -> Result<(), String> {
        self.days = 0;
        for entry in text.split(',') {
            match entry.to_ascii_uppercase().as_str() {
                "L" => self.last_day = true,
                "LW" => self.nearest.push(0),
                upper => match upper.strip_suffix('W') {
                    Some(day) => self.nearest.push(DAY.value(day)?.cast_signed()),
                    None => self.days |= DAY.entry(entry)?,
                },
            }
        }
        Ok(())
    }

    fn set_weekdays(&mut self, text: &str) -> Result<(), String> {
        self.weekdays = 0;
        for entry in text.split(',') {
            let upper = entry.to_ascii_uppercase();
            if let Some((day, which)) = upper.split_once('#') {
                let which = which.parse().ok().filter(|which| (1..=5).contains(which));
                let which = which.ok_or_else(|| format!("{entry:?}: after # comes 1 to 5"))?;
                self.nth.push((WEEKDAY.value(day)? % 7, which));
            } else if let Some(day) = upper.strip_suffix('L').filter(|day| !day.is_empty()) {
                self.nth.push((WEEKDAY.value(day)? % 7, 0));
            } else {
                self.weekdays |= WEEKDAY.entry(entry)?;
            }
        }
        // 7 is Sunday too.
        self.weekdays = (self.weekdays | self.weekdays >> 7) & 0x7f;
        Ok(())
    }

    /// Whether it goes on around the clock, so that it means an interval and no
    /// time of the day.
    pub fn is_interval(&self) -> bool {
        self.hours == HOUR.all()
    }

    /// The first time that matches, at or after one. `None` when there is none.
    pub fn at_or_after(&self, from: DateTime) -> Option<DateTime> {
        let mut date = from.date();
        let mut earliest = from.time();
        for _ in 0..FURTHEST_DAYS {
            if self.has_day(date)
                && let Some(time) = self.time_of_day(earliest)
            {
                return Some(date.to_datetime(time));
            }
            date = match self.months >> date.month() & 1 {
                1 => date.tomorrow().ok()?,
                // The whole month is passed over.
                _ => date.first_of_month().checked_add(Span::new().months(1)).ok()?,
            };
            earliest = Time::midnight();
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let day = date.day();
        let weekday = date.weekday().to_sunday_zero_offset().cast_unsigned();
        let in_month = self.days >> day & 1 == 1
            || self.last_day && day == date.days_in_month()
            || self.nearest.iter().any(|wanted| nearest_weekday(date, *wanted) == Some(day));
        let in_week = self.weekdays >> weekday & 1 == 1
            || self.nth.iter().any(|(wanted, which)| {
                *wanted == weekday
                    && match which {
                        0 => day + 7 > date.days_in_month(),
                        which => (day - 1) / 7 + 1 == *which,
                    }
            });
        self.months >> date.month() & 1 == 1 && in_month && in_week
    }

    fn time_of_day(&self, earliest: Time) -> Option<Time> {
        let round_up = i8::from(earliest.subsec_nanosecond() > 0);
        let (mut hour, mut minute) = (earliest.hour(), earliest.minute());
        let mut second = earliest.second() + round_up;
        loop {
            let next_hour = first_bit(self.hours, hour)?;
            if next_hour > hour {
                (hour, minute, second) = (next_hour, 0, 0);
            }
            let Some(next_minute) = first_bit(self.minutes, minute) else {
                (hour, minute, second) = (hour + 1, 0, 0);
                continue;
            };
            if next_minute > minute {
                (minute, second) = (next_minute, 0);
            }
            match first_bit(self.seconds, second) {
                Some(second) => return Time::new(hour, minute, second, 0).ok(),
                None => (minute, second) = (minute + 1, 0),
            }
        }
    }
}

/// What English says, in the terms of a cron value.
impl Cron {
    /// At such seconds.
    pub fn on_seconds(mut self, bits: u64) -> Self {
        self.seconds = bits;
        self
    }

    /// At such minutes.
    pub fn on_minutes(mut self, bits: u64) -> Self {
        self.minutes = bits;
        self
    }

    /// At such hours.
    pub fn on_hours(mut self, bits: u64) -> Self {
        self.hours = bits;
        self
    }

    /// On such days of the month, and the last one if wanted.
    pub fn on_days(mut self, bits: u64, last: bool) -> Self {
        (self.days, self.last_day) = (bits, last);
        self
    }

    /// In such months.
    pub fn in_months(mut self, bits: u64) -> Self {
        self.months = bits;
        self
    }

    /// On such days of the week; bit 0 is Sunday.
    pub fn on_weekdays(mut self, bits: u64) -> Self {
        self.weekdays = bits;
        self
    }

    /// On the first, second … (0: last) of such days of the week in a month.
    pub fn on_nth(mut self, nth: Vec<(u8, i8)>) -> Self {
        (self.nth, self.weekdays) = (nth, 0);
        self
    }
}

fn bits(field: &Field, text: &str) -> Result<u64, String> {
    text.split(',').try_fold(0, |bits, entry| Ok(bits | field.entry(entry)?))
}

/// The lowest set bit from one on.
fn first_bit(bits: u64, from: i8) -> Option<i8> {
    let rest = bits.checked_shr(u32::try_from(from).ok()?)?;
    (rest != 0).then(|| from + i8::try_from(rest.trailing_zeros()).unwrap_or(i8::MAX))
}

/// The day, Monday to Friday, nearest to one in the same month; 0 for the last.
fn nearest_weekday(in_month: Date, wanted: i8) -> Option<i8> {
    let last = in_month.days_in_month();
    let wanted = if wanted == 0 { last } else { wanted };
    let date = Date::new(in_month.year(), in_month.month(), wanted).ok()?;
    Some(match date.weekday().to_monday_one_offset() {
        6 if wanted == 1 => 3,
        6 => wanted - 1,
        7 if wanted == last => wanted - 2,
        7 => wanted + 1,
        _ => wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, from: &str) -> String {
        let cron = Cron::parse(cron).unwrap();
        let from: DateTime = from.parse().unwrap();
        cron.at_or_after(from).map_or_else(|| "never".into(), |at| at.to_string())
    }

    #[test]
    fn the_next_time_is_found() {
        // 2026-11-21 is a Saturday.
        for (cron, from, expected) in [
            ("* * * * * *", "2026-11-21T10:00:00", "2026-11-21T10:00:00"),
            ("* * * * * *", "2026-11-21T23:59:59.5", "2026-11-22T00:00:00"),
            ("*/15 * * * * *", "2026-11-21T10:00:46", "2026-11-21T10:01:00"),
            ("0 */15 * * * *", "2026-11-21T10:46:00", "2026-11-21T11:00:00"),
            ("0 0 3 * * *", "2026-11-21T03:00:01", "2026-11-22T03:00:00"),
            ("0 30 22-2 * * ?", "2026-11-21T03:00:00", "2026-11-21T22:30:00"),
            ("0 30 22-2 * * ?", "2026-11-21T22:31:00", "2026-11-21T23:30:00"),
            ("0 0 9 * * MON-FRI", "2026-11-21T03:00:00", "2026-11-23T09:00:00"),
            ("0 0 9 * * 7", "2026-11-21T03:00:00", "2026-11-22T09:00:00"),
            ("0 0 9 * * fri-mon", "2026-11-24T03:00:00", "2026-11-27T09:00:00"),
            // Both the day of the month and that of the week.
            ("0 0 0 13 * FRI", "2026-11-21T00:00:00", "2027-08-13T00:00:00"),
            ("0 0 0 L * *", "2026-11-21T00:00:00", "2026-11-30T00:00:00"),
            ("0 0 0 * * 5L", "2026-11-21T00:00:00", "2026-11-27T00:00:00"),
            ("0 0 0 * * MON#1", "2026-11-21T00:00:00", "2026-12-07T00:00:00"),
            ("0 0 0 15W * *", "2026-11-01T00:00:00", "2026-11-16T00:00:00"),
            ("0 0 0 1W * *", "2026-07-31T00:00:00", "2026-08-03T00:00:00"),
            ("0 0 0 LW * *", "2026-01-15T00:00:00", "2026-01-30T00:00:00"),
            ("0 0 0 29 FEB *", "2026-11-21T00:00:00", "2028-02-29T00:00:00"),
            ("0 0 0 29 2 MON", "2026-11-21T00:00:00", "2044-02-29T00:00:00"),
            ("0 0 0 31 2,4 *", "2026-11-21T00:00:00", "never"),
            ("@weekly", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
            ("59 59 23 31 12 *", "2026-11-21T00:00:00", "2026-12-31T23:59:59"),
            ("10-50/20 5/30 * * * *", "2026-11-21T00:05:31", "2026-11-21T00:05:50"),
        ] {
            assert_eq!(next(cron, from), expected, "{cron} from {from}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (cron, expected) in [
            ("0 3 * * *", "has 5; put \"0 \" in front of it"),
            ("", "has 0"),
            ("0 60 * * * *", "\"60\" is no minute: 0 to 59"),
            ("0 0 24 * * *", "\"24\" is no hour: 0 to 23"),
            ("0 0 0 0 * *", "\"0\" is no day of month: 1 to 31"),
            ("0 0 0 * MAI *", "\"MAI\" is no month: 1 to 12"),
            ("0 0 0 * * MON#6", "after # comes 1 to 5"),
            ("0 */0 * * * *", "\"0\" is no step of the field minute"),
            ("0 1,,2 * * * *", "\"\" is no minute"),
        ] {
            let error = Cron::parse(cron).unwrap_err();
            assert!(error.contains(expected), "{cron}: {error}");
        }
    }
}
