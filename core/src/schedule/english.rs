//! Schedules in plain English: "every day at 03:00", "every 15 minutes", "at 5pm
//! on the 1st of each month". What it understands becomes cron values; what it
//! does not is refused, with the word that was not understood.

use super::cron::Cron;
use super::words::{self, Clock, Unit};

/// What was understood so far.
#[derive(Default)]
struct Said {
    every: Option<(u32, Unit)>,
    times: Vec<Clock>,
    minute: Option<i8>,
    between: Option<(Clock, Clock)>,
    days: u64,
    last_day: bool,
    weekdays: u64,
    nth: Vec<(u8, i8)>,
    months: u64,
}

/// What leads to the end of a range.
const TO: [&str; 4] = ["to", "through", "until", "till"];

struct Reader<'a> {
    words: &'a [String],
    at: usize,
    said: Said,
}

/// The cron values of a text; what one of them matches is meant.
pub fn parse(text: &str) -> Result<Vec<Cron>, String> {
    let words = words::split(text);
    if words.is_empty() {
        return Err("it is empty".into());
    }
    let mut reader = Reader { words: &words, at: 0, said: Said::default() };
    while reader.at < words.len() {
        reader.phrase().map_err(|wrong| {
            format!(
                "{wrong}; say it like \"every day at 03:00\", \"every 15 minutes\" or \"at 5pm on \
                 the 1st of each month\""
            )
        })?;
    }
    reader.said.crons()
}

impl Reader<'_> {
    fn word(&self, ahead: usize) -> &str {
        self.words.get(self.at + ahead).map_or("", String::as_str)
    }

    fn skip(&mut self, words: &[&str]) {
        while words.contains(&self.word(0)) {
            self.at += 1;
        }
    }

    /// One thing that is said, whatever word leads to it.
    fn phrase(&mut self) -> Result<(), String> {
        let word = self.word(0).to_owned();
        match word.as_str() {
            "day" if words::day_of_month(self.word(1)).is_some() => {
                self.said.days |= 1 << words::day_of_month(self.word(1)).unwrap_or(1);
                self.at += 2;
            }
            "run" | "fire" | "execute" | "the" | "and" | "on" | "in" | "during" | "once"
            | "then" | "month" | "day" | "days" | "time" | "of" | "also" => self.at += 1,
            "every" | "each" | "a" | "an" | "per" => {
                self.at += 1;
                self.every()?;
            }
            "at" => {
                self.at += 1;
                self.skip(&["about", "exactly", "the"]);
                self.time(true)?;
            }
            "from" | "between" => {
                self.at += 1;
                self.range()?;
            }
            "last" => {
                self.at += 1;
                match words::weekday(self.word(0)) {
                    Some(day) => self.said.nth.push((day, 0)),
                    None if self.word(0) == "day" => self.said.last_day = true,
                    None => return Err(self.wrong("after \"last\"")),
                }
                self.at += 1;
            }
            _ => {
                if let Some((count, unit)) = words::adverb(&word) {
                    self.at += 1;
                    return self.set_every(count, unit);
                }
                self.what(&TO)?;
            }
        }
        Ok(())
    }

    /// What follows "every".
    fn every(&mut self) -> Result<(), String> {
        self.skip(&["single", "the"]);
        if self.word(0) == "other" {
            self.at += 1;
            let unit = words::unit(self.word(0)).ok_or_else(|| self.wrong("after \"other\""))?;
            self.at += 1;
            return self.set_every(2, unit);
        }
        if let Some(unit) = words::unit(self.word(0)) {
            // "each second Monday" means the second one.
            let ordinal = unit == Unit::Second && words::weekday(self.word(1)).is_some();
            if !ordinal {
                self.at += 1;
                return self.set_every(1, unit);
            }
        }
        if let (Some(count), Some(unit)) = (words::count(self.word(0)), words::unit(self.word(1))) {
            self.at += 2;
            return self.set_every(count, unit);
        }
        match self.word(0) {
            "last" => Ok(()),
            _ => self.what(&TO),
        }
    }

    fn set_every(&mut self, count: u32, unit: Unit) -> Result<(), String> {
        // "on the 1st of every month": the smaller unit counts.
        match self.said.every {
            Some((_, before)) if before <= unit && count == 1 => {}
            Some((1, before)) if before > unit => self.said.every = Some((count, unit)),
            Some(_) => return Err("it says twice how often".into()),
            None => self.said.every = Some((count, unit)),
        }
        Ok(())
    }

    /// A day, a month or a time that stands by itself.
    /// `to` is what leads to the end of a range.
    fn what(&mut self, to: &[&str]) -> Result<(), String> {
        let (word, next) = (self.word(0).to_owned(), self.word(1).to_owned());
        if let Some(days) = words::weekdays(&word) {
            self.at += 1;
            let range = to.contains(&next.as_str());
            if let (true, Some(last), Some(first)) =
                (range, words::weekday(self.word(1)), words::weekday(&word))
            {
                self.at += 2;
                self.said.weekdays |= words::from_to(first, last, 7);
                return Ok(());
            }
            self.said.weekdays |= days;
        } else if let Some(month) = words::month(&word) {
            self.at += 1;
            let range = to.contains(&next.as_str());
            if let (true, Some(last)) = (range, words::month(self.word(1))) {
                self.at += 2;
                self.said.months |= words::from_to(month - 1, last - 1, 12) << 1;
                return Ok(());
            }
            self.said.months |= 1 << month;
            self.skip(&["the"]);
            // "March 5": a number beside a month is a day.
            if let Some(day) = words::day_of_month(self.word(0)) {
                self.at += 1;
                self.said.days |= 1 << day;
            }
        } else if let (Some(which), Some(day)) = (words::ordinal(&word), words::weekday(&next)) {
            self.at += 2;
            let which = i8::try_from(which).ok().filter(|which| (1..=5).contains(which));
            let which = which.ok_or_else(|| format!("no month has a {word} {next}"))?;
            self.said.nth.push((day, which));
        } else if let Some(day) = words::ordinal(&word).filter(|_| word != "second") {
            self.at += 1;
            if !(1..=31).contains(&day) {
                return Err(format!("no month has a {word}"));
            }
            self.said.days |= 1 << day;
        } else if word.parse::<u8>().is_ok() && words::month(&next).is_some() {
            let day =
                words::day_of_month(&word).ok_or_else(|| format!("no month has {word} days"))?;
            self.at += 1;
            self.said.days |= 1 << day;
        } else {
            self.time(false)?;
        }
        Ok(())
    }

    /// A time of the day, or the minute of an hour.
    fn time(&mut self, announced: bool) -> Result<(), String> {
        if announced && self.word(0) == "minute" {
            let minute = self.word(1).parse().ok().filter(|minute| (0..60).contains(minute));
            self.said.minute = Some(minute.ok_or_else(|| self.wrong("after \"minute\""))?);
            self.at += 2;
            return Ok(());
        }
        if announced && let Some(minute) = self.word(0).strip_prefix(':') {
            let minute = minute.parse().ok().filter(|minute| (0..60).contains(minute));
            self.said.minute = Some(minute.ok_or_else(|| self.wrong("after \"at\""))?);
            self.at += 1;
            return Ok(());
        }
        let clock = self.clock(announced)?;
        self.said.times.push(clock);
        // "at 9 and 17", "at 9am, 1pm and 5pm".
        while announced
            && (self.word(0) == "and" && words::clock(self.word(1), self.word(2), true).is_some()
                || words::clock(self.word(0), self.word(1), true).is_some())
        {
            self.skip(&["and"]);
            let clock = self.clock(true)?;
            self.said.times.push(clock);
        }
        Ok(())
    }

    fn clock(&mut self, bare: bool) -> Result<Clock, String> {
        let read = words::clock(self.word(0), self.word(1), bare);
        let (clock, used) = read.ok_or_else(|| self.wrong("here"))?;
        self.at += used;
        self.skip(&["o'clock", "sharp"]);
        Ok(clock)
    }

    /// From one day, month or time to another.
    fn range(&mut self) -> Result<(), String> {
        if words::weekday(self.word(0)).is_some() || words::month(self.word(0)).is_some() {
            return self.what(&["to", "through", "until", "till", "and"]);
        }
        let first = self.clock(true)?;
        self.skip(&["and", "to", "until", "till", "through"]);
        let last = self.clock(true)?;
        if self.said.between.replace((first, last)).is_some() {
            return Err("it names two ranges of time".into());
        }
        Ok(())
    }

    fn wrong(&self, place: &str) -> String {
        match self.word(0) {
            "" => format!("something is missing {place} at the end"),
            word => format!("{word:?} is not understood {place}"),
        }
    }
}

impl Said {
    fn crons(mut self) -> Result<Vec<Cron>, String> {
        let days = self.days != 0 || self.last_day || self.weekdays != 0 || !self.nth.is_empty();
        if self.every.is_none() && self.times.is_empty() && !days && self.months == 0 {
            return Err("it does not say when: say it like \"every day at 03:00\"".into());
        }
        let (count, unit) = self.every.unwrap_or((1, Unit::Day));
        let (count, unit) = unit.larger(count)?;
        let mut cron = Cron::every_second().on_seconds(1);
        match unit {
            Unit::Second | Unit::Minute | Unit::Hour => {
                if !self.times.is_empty() {
                    return Err("it names an interval within the day and a time of the day".into());
                }
                cron = self.on_days(cron);
                return self.within_the_day(cron, count, unit);
            }
            Unit::Day if count > 1 && self.days == 0 => self.days = words::steps(1, 31, count),
            Unit::Week if self.weekdays == 0 && self.nth.is_empty() => self.weekdays = 1,
            Unit::Month if count > 1 => self.months = words::steps(1, 12, count),
            Unit::Year if self.months == 0 => self.months = 1 << 1,
            _ => {}
        }
        if matches!(unit, Unit::Month | Unit::Year) && !days {
            self.days = 1 << 1;
        }
        if self.between.is_some() || self.minute.is_some() {
            return Err("it does not say how often within the day".into());
        }
        if self.times.is_empty() {
            self.times.push(Clock::default());
        }
        cron = self.on_days(cron);
        // Times of the same minute and second are one cron value.
        let mut of_minute: Vec<((i8, i8), u64)> = Vec::new();
        for time in &self.times {
            let key = (time.minute, time.second);
            match of_minute.iter_mut().find(|(other, _)| *other == key) {
                Some((_, hours)) => *hours |= 1 << time.hour,
                None => of_minute.push((key, 1 << time.hour)),
            }
        }
        let one = |((minute, second), hours)| {
            cron.clone().on_seconds(1_u64 << second).on_minutes(1_u64 << minute).on_hours(hours)
        };
        Ok(of_minute.into_iter().map(one).collect())
    }

    fn on_days(&self, mut cron: Cron) -> Cron {
        if self.days != 0 || self.last_day {
            cron = cron.on_days(self.days, self.last_day);
        }
        if !self.nth.is_empty() {
            cron = cron.on_nth(self.nth.clone());
        }
        if self.weekdays != 0 {
            cron = cron.on_weekdays(self.weekdays);
        }
        if self.months != 0 {
            cron = cron.in_months(self.months);
        }
        cron
    }

    fn within_the_day(&self, cron: Cron, count: u32, unit: Unit) -> Result<Vec<Cron>, String> {
        let cron = match unit {
            Unit::Second => cron.on_seconds(words::steps(0, 59, count)),
            Unit::Minute => cron.on_minutes(words::steps(0, 59, count)),
            _ => cron.on_minutes(1 << self.minute.unwrap_or(0)),
        };
        let step = if unit == Unit::Hour { count } else { 1 };
        let Some((first, last)) = self.between else {
            return Ok(vec![if step == 1 {
                cron
            } else {
                cron.on_hours(words::steps(0, 23, step))
            }]);
        };
        if (first.minute, first.second, last.minute, last.second) != (0, 0, 0, 0) {
            return Err("a range of time goes from a whole hour to a whole hour".into());
        }
        // The range has its end, and nothing after it.
        let hours = words::steps_between(first.hour, last.hour, step);
        let at_end = hours >> last.hour & 1 == 1 && self.minute.unwrap_or(0) == 0;
        let mut crons = vec![cron.clone().on_hours(hours & !(1 << last.hour))];
        if at_end {
            crons.push(cron.on_seconds(1).on_minutes(1).on_hours(1 << last.hour));
        }
        Ok(crons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first times from a Saturday noon.
    fn next(text: &str, many: usize) -> String {
        let crons = match parse(text) {
            Ok(crons) => crons,
            Err(wrong) => return wrong,
        };
        let mut from: jiff::civil::DateTime = "2026-11-21T12:00:00".parse().unwrap();
        let mut times = Vec::new();
        for _ in 0..many {
            let Some(at) = crons.iter().filter_map(|cron| cron.at_or_after(from)).min() else {
                break;
            };
            times.push(at.strftime("%a %F %T").to_string());
            from = at.checked_add(jiff::Span::new().seconds(1)).unwrap();
        }
        times.join(", ")
    }

    #[test]
    fn english_means_times() {
        for (text, expected) in [
            ("Every day at 03:00", "Sun 2026-11-22 03:00:00, Mon 2026-11-23 03:00:00"),
            ("every 15 minutes", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 12:15:00"),
            ("every 15 seconds", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 12:00:15"),
            ("run every minute", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 12:01:00"),
            ("every hour", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 13:00:00"),
            ("every hour at minute 30", "Sat 2026-11-21 12:30:00, Sat 2026-11-21 13:30:00"),
            ("hourly at :05", "Sat 2026-11-21 12:05:00, Sat 2026-11-21 13:05:00"),
            ("every 120 minutes", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 14:00:00"),
            ("every two hours", "Sat 2026-11-21 12:00:00, Sat 2026-11-21 14:00:00"),
            ("every 5 minutes on Monday", "Mon 2026-11-23 00:00:00, Mon 2026-11-23 00:05:00"),
            ("every monday at 9am", "Mon 2026-11-23 09:00:00, Mon 2026-11-30 09:00:00"),
            ("7pm every Thursday", "Thu 2026-11-26 19:00:00, Thu 2026-12-03 19:00:00"),
            ("midnight on Tuesdays", "Tue 2026-11-24 00:00:00, Tue 2026-12-01 00:00:00"),
            ("On Sunday at 12:00", "Sun 2026-11-22 12:00:00, Sun 2026-11-29 12:00:00"),
            ("at 10:00 am", "Sun 2026-11-22 10:00:00, Mon 2026-11-23 10:00:00"),
            ("fire every day at 4:00 p.m.", "Sat 2026-11-21 16:00:00, Sun 2026-11-22 16:00:00"),
            ("daily at noon", "Sat 2026-11-21 12:00:00, Sun 2026-11-22 12:00:00"),
            ("every night at 2am", "Sun 2026-11-22 02:00:00, Mon 2026-11-23 02:00:00"),
            ("once a day at 1:30", "Sun 2026-11-22 01:30:00, Mon 2026-11-23 01:30:00"),
            ("every day at 9:15 and 17:40", "Sat 2026-11-21 17:40:00, Sun 2026-11-22 09:15:00"),
            ("at 9, 13 and 17 o'clock", "Sat 2026-11-21 13:00:00, Sat 2026-11-21 17:00:00"),
            ("every weekday at 08:00", "Mon 2026-11-23 08:00:00, Tue 2026-11-24 08:00:00"),
            ("at 6am on weekends", "Sun 2026-11-22 06:00:00, Sat 2026-11-28 06:00:00"),
            (
                "every day from Monday to Friday at 5pm",
                "Mon 2026-11-23 17:00:00, Tue 2026-11-24 17:00:00",
            ),
            (
                "between friday and monday at 1am",
                "Sun 2026-11-22 01:00:00, Mon 2026-11-23 01:00:00",
            ),
            (
                "every tuesday, thursday and saturday at 20:30:15",
                "Sat 2026-11-21 20:30:15, Tue 2026-11-24 20:30:15",
            ),
            ("at 5pm on the 1st of each month", "Tue 2026-12-01 17:00:00, Fri 2027-01-01 17:00:00"),
            (
                "at midnight on the 1st and 15th of the month",
                "Tue 2026-12-01 00:00:00, Tue 2026-12-15 00:00:00",
            ),
            ("every month on day 20 at 4am", "Sun 2026-12-20 04:00:00, Wed 2027-01-20 04:00:00"),
            ("monthly", "Tue 2026-12-01 00:00:00, Fri 2027-01-01 00:00:00"),
            ("weekly", "Sun 2026-11-22 00:00:00, Sun 2026-11-29 00:00:00"),
            ("every 3 months", "Fri 2027-01-01 00:00:00, Thu 2027-04-01 00:00:00"),
            ("yearly", "Fri 2027-01-01 00:00:00, Sat 2028-01-01 00:00:00"),
            ("every year on March 5th at 6pm", "Fri 2027-03-05 18:00:00, Sun 2028-03-05 18:00:00"),
            ("25 december at 8:00", "Fri 2026-12-25 08:00:00, Sat 2027-12-25 08:00:00"),
            (
                "on the last day of each month at 23:00",
                "Mon 2026-11-30 23:00:00, Thu 2026-12-31 23:00:00",
            ),
            (
                "the first monday of the month at 7am",
                "Mon 2026-12-07 07:00:00, Mon 2027-01-04 07:00:00",
            ),
            (
                "on the last friday of every month at 16:00",
                "Fri 2026-11-27 16:00:00, Fri 2026-12-25 16:00:00",
            ),
            ("every second sunday at 3am", "Sun 2026-12-13 03:00:00, Sun 2027-01-10 03:00:00"),
            (
                "every 30 minutes between 9am and 5pm on weekdays",
                "Mon 2026-11-23 09:00:00, Mon 2026-11-23 09:30:00",
            ),
            (
                "every 5 minutes from 22:00 to 2:00",
                "Sat 2026-11-21 22:00:00, Sat 2026-11-21 22:05:00",
            ),
            ("every 10 days", "Tue 2026-12-01 00:00:00, Fri 2026-12-11 00:00:00"),
            (
                "every day at 3am in january through march",
                "Fri 2027-01-01 03:00:00, Sat 2027-01-02 03:00:00",
            ),
        ] {
            assert_eq!(next(text, 2), expected, "{text}");
        }
    }

    #[test]
    fn a_range_of_time_has_its_end_and_nothing_after_it() {
        let last = "every 30 minutes between 1pm and 2pm";
        assert_eq!(
            next(last, 4),
            "Sat 2026-11-21 13:00:00, Sat 2026-11-21 13:30:00, Sat 2026-11-21 14:00:00, \
             Sun 2026-11-22 13:00:00"
        );
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, expected) in [
            ("", "it is empty"),
            ("on the", "does not say when"),
            ("every fortnight", "\"fortnight\" is not understood"),
            ("every day at 25:00", "\"25:00\" is not understood"),
            ("every day at", "something is missing here at the end"),
            ("every 90 minutes", "every 90 minutes cannot be said on a clock"),
            ("every 2 weeks", "every 2 weeks is no interval of the calendar"),
            ("every 5 minutes at 9am", "an interval within the day and a time of the day"),
            ("every 0 minutes", "an interval of 0"),
            ("every 5 minutes every 3 hours", "says twice how often"),
            ("the 32nd of each month", "no month has a 32nd"),
            ("every day at 13 pm", "\"13\" is not understood"),
        ] {
            let wrong = next(text, 1);
            assert!(wrong.contains(expected), "{text}: {wrong}");
        }
    }
}
