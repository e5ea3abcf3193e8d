//! The schedule.

use crate::entity::resource::ResourceTarget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A maintenance window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MaintenanceWindow {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub schedule_type: MaintenanceScheduleType,
    #[serde(default)]
    pub day_of_week: String,
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub hour: u8,
    #[serde(default)]
    pub minute: u8,
    pub duration_minutes: u32,
    #[serde(default)]
    pub timezone: String,
    #[serde(default = "crate::default::yes")]
    pub enabled: bool,
}

impl Default for MaintenanceWindow {
    fn default() -> Self {
        Self {
            name: Default::default(),
            description: Default::default(),
            schedule_type: Default::default(),
            day_of_week: Default::default(),
            date: Default::default(),
            hour: Default::default(),
            minute: Default::default(),
            duration_minutes: Default::default(),
            timezone: Default::default(),
            enabled: true,
        }
    }
}

named_enum! {
    /// A timelength.
    pub enum Timelength {
        OneSecond = "1-sec",
        TwoSeconds = "2-sec",
        ThreeSeconds = "3-sec",
        FiveSeconds = "5-sec",
        TenSeconds = "10-sec",
        FifteenSeconds = "15-sec",
        ThirtySeconds = "30-sec",
        #[default]
        OneMinute = "1-min",
        TwoMinutes = "2-min",
        ThreeMinutes = "3-min",
        FiveMinutes = "5-min",
        TenMinutes = "10-min",
        FifteenMinutes = "15-min",
        ThirtyMinutes = "30-min",
        OneHour = "1-hr",
        TwoHours = "2-hr",
        ThreeHours = "3-hr",
        SixHours = "6-hr",
        EightHours = "8-hr",
        TwelveHours = "12-hr",
        OneDay = "1-day",
        TwoDays = "2-day",
        ThreeDays = "3-day",
        OneWeek = "1-wk",
        TwoWeeks = "2-wk",
        ThirtyDays = "30-day",
    }
}

named_enum! {
    /// A day of week.
    pub enum DayOfWeek {
        #[default]
        Monday = "Monday" | "monday" | "Mon" | "mon",
        Tuesday = "Tuesday" | "tuesday" | "Tue" | "tue",
        Wednesday = "Wednesday" | "wednesday" | "Wed" | "wed",
        Thursday = "Thursday" | "thursday" | "Thurs" | "thurs",
        Friday = "Friday" | "friday" | "Fri" | "fri",
        Saturday = "Saturday" | "saturday" | "Sat" | "sat",
        Sunday = "Sunday" | "sunday" | "Sun" | "sun",
    }
}

named_enum! {
    /// A maintenance schedule type.
    pub enum MaintenanceScheduleType {
        #[default]
        Daily = "Daily",
        Weekly = "Weekly",
        OneTime = "OneTime",
    }
}

named_enum! {
    /// A schedule format.
    pub enum ScheduleFormat {
        #[default]
        English = "English",
        Cron = "Cron",
    }
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    pub target: ResourceTarget,
    pub name: String,
    pub schedule_format: ScheduleFormat,
    pub schedule: String,
    pub enabled: bool,
    pub schedule_timezone: String,
    #[serde(default)]
    pub last_run_at: Option<i64>,
    #[serde(default)]
    pub next_scheduled_run: Option<i64>,
    #[serde(default)]
    pub schedule_error: Option<String>,
    pub tags: Vec<String>,
}

named_enum! {
    /// What a list of schedules is sorted by.
    pub enum ScheduleSortBy {
        #[default]
        Name = "Name",
        Schedule = "Schedule",
        NextRun = "NextRun",
        Enabled = "Enabled",
    }
}
