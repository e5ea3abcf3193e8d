//! The words of a schedule in English, one by one.

/// A time of the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub struct Clock {
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // the names say it
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// The same interval in a unit in which it can be said on a clock.
    pub fn larger(self, count: u32) -> Result<(u32, Self), String> {
        let name = format!("{self:?}").to_lowercase();
        let (most, larger) = match self {
            Self::Second => (60, Self::Minute),
            Self::Minute => (60, Self::Hour),
            Self::Hour => (24, Self::Day),
            Self::Month => (12, Self::Year),
            Self::Day if count < 31 => return Ok((count, self)),
            _ if count == 1 => return Ok((1, self)),
            _ => {
                return Err(format!(
                    "every {count} {name}s is no interval of the calendar: name the days"
                ));
            }
        };
        match count {
            0 => Err("an interval of 0 would never end".into()),
            count if count < most => Ok((count, self)),
            count if count % most == 0 => larger.larger(count / most),
            count => Err(format!(
                "every {count} {name}s cannot be said on a clock: take a number below {most}, \
                 or a multiple of it"
            )),
        }
    }
}

/// The words of a text, in lower case.
pub fn split(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace([',', ';', '&'], " ").replace("a.m", "am");
    let text = text.replace("p.m", "pm");
    let words = text.split_whitespace().map(|word| word.trim_end_matches('.').to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// `minute`, `minutes`, `min`, …
pub fn unit(word: &str) -> Option<Unit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "second" | "sec" => Unit::Second,
        "minute" | "min" => Unit::Minute,
        "hour" | "hr" => Unit::Hour,
        "day" | "night" | "morning" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" => Unit::Year,
        _ => return None,
    })
}

/// `daily` and its kind.
pub fn adverb(word: &str) -> Option<(u32, Unit)> {
    Some(match word {
        "hourly" => (1, Unit::Hour),
        "daily" | "nightly" => (1, Unit::Day),
        "weekly" => (1, Unit::Week),
        "monthly" => (1, Unit::Month),
        "quarterly" => (3, Unit::Month),
        "yearly" | "annually" => (1, Unit::Year),
        _ => return None,
    })
}

const SMALL: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// A number in digits or as a word.
pub fn count(word: &str) -> Option<u32> {
    let small = || SMALL.iter().position(|small| *small == word);
    let other = || match word {
        "fifteen" => Some(15),
        "twenty" => Some(20),
        "thirty" => Some(30),
        _ => None,
    };
    let number = word.parse().ok().or_else(|| Some(u32::try_from(small()?).ok()? + 1));
    number.or_else(other)
}

/// `1st`, `second`, …
pub fn ordinal(word: &str) -> Option<u8> {
    const NAMES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    if let Some(at) = NAMES.iter().position(|name| *name == word) {
        return u8::try_from(at + 1).ok();
    }
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))?;
    number.parse().ok()
}

/// A day of the month, with or without an ending.
pub fn day_of_month(word: &str) -> Option<u8> {
    let day = word.parse().ok().or_else(|| ordinal(word))?;
    (1..=31).contains(&day).then_some(day)
}

fn position(word: &str, names: &[&str], also: &[(&str, u8)]) -> Option<u8> {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix('s')).unwrap_or(word);
    if let Some((_, at)) = also.iter().find(|(name, _)| *name == word) {
        return Some(*at);
    }
    let at = names
        .iter()
        .position(|name| *name == word || name.get(..3).is_some_and(|short| short == word))?;
    u8::try_from(at).ok()
}

/// The number of a day of the week: 0 is Sunday.
pub fn weekday(word: &str) -> Option<u8> {
    const NAMES: [&str; 7] =
        ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    // Without their last letter, as plurals lose it.
    position(word, &NAMES, &[("tue", 2), ("thur", 4), ("thu", 4)])
}

/// Days of the week as bits: one of them, or `weekdays`, `weekends`.
pub fn weekdays(word: &str) -> Option<u64> {
    match word.strip_suffix('s').unwrap_or(word) {
        "weekday" | "workday" => Some(0b011_1110),
        "weekend" => Some(0b100_0001),
        _ => weekday(word).map(|day| 1 << day),
    }
}

/// The number of a month: 1 is January.
pub fn month(word: &str) -> Option<u8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    position(word, &NAMES, &[("sept", 8)]).map(|at| at + 1)
}

/// A time of the day from a word and the next one: how many of the two it takes.
/// A bare number is one only where a time is expected.
pub fn clock(word: &str, next: &str, bare: bool) -> Option<(Clock, usize)> {
    let at = |hour| Clock { hour, minute: 0, second: 0 };
    match word {
        "midnight" => return Some((at(0), 1)),
        "noon" | "midday" => return Some((at(12), 1)),
        _ => {}
    }
    let half = |text: &str| match text {
        "am" => Some(0),
        "pm" => Some(12),
        _ => None,
    };
    let attached = ["am", "pm"].iter().find_map(|end| Some((word.strip_suffix(end)?, half(end)?)));
    let (digits, half_day, used) = match (attached, half(next)) {
        (Some((digits, half_day)), _) => (digits, Some(half_day), 1),
        (None, Some(half_day)) => (word, Some(half_day), 2),
        (None, None) => (word, None, 1),
    };
    if half_day.is_none() && !digits.contains(':') && !bare {
        return None;
    }
    let mut parts = digits.split(':').map(|part| part.parse::<i8>().ok());
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    let hour = match half_day {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    (fits && parts.next().is_none()).then_some((Clock { hour, minute, second }, used))
}

/// The bits from one number to another, going round after `of - 1`.
pub fn from_to(first: u8, last: u8, of: u8) -> u64 {
    let length = (last + of - first) % of;
    (0..=length).fold(0, |bits, step| bits | 1 << ((first + step) % of))
}

/// Every so manieth of the numbers from low to high.
pub fn steps(low: u8, high: u8, count: u32) -> u64 {
    let count = usize::try_from(count).unwrap_or(usize::MAX).max(1);
    (low..=high).step_by(count).fold(0, |bits, value| bits | 1 << value)
}

/// Every so manieth hour of a range, which may go past midnight.
pub fn steps_between(first: i8, last: i8, count: u32) -> u64 {
    let length = (last + 24 - first) % 24;
    let count = usize::try_from(count).unwrap_or(usize::MAX).max(1);
    (0..=length).step_by(count).fold(0, |bits, step| bits | 1 << ((first + step) % 24))
}
