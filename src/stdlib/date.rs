//! Times as calendars show them: broken down, put together again, and written by the conversions of C's `strftime`.
//!
//! A time is a number of seconds since 1970 began, without leap seconds. The calendar is the Gregorian one at all times,
//! and years are those that C's `int` holds, as a program that tests the limits sees them in PUC-Rio's Lua. The locale is
//! always C's. This file knows no Lua, and of time zones only what it asks of the crate that does.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

const DAY: i64 = 86_400;

/// The Gregorian calendar repeats itself after 400 years, and so do the rules of time zones for the far future.
const CYCLE_DAYS: i64 = 146_097;

/// Between these times the rules of a time zone are asked for; they hold about six thousand years each way.
const FIRST_ASKED: i64 = -200_000_000_000;
const LAST_ASKED: i64 = 200_000_000_000;

/// How far from a time one looks for summer time, or for its absence, and in which steps: about a week each, for eight
/// years, as the C library does it.
const SEARCH_STEPS: i64 = 447;
const SEARCH_STEP: i64 = 601_200;

/// What a clock is put forward by in summer where nobody knows better.
const SUMMER: i64 = 3600;

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What a time zone does to clocks at some time.
#[derive(Clone, Debug)]
struct Offset {
    /// Seconds east of Greenwich.
    seconds: i64,
    is_summer: bool,
    name: String,
}

impl Offset {
    fn greenwich() -> Offset {
        Offset { seconds: 0, is_summer: false, name: "GMT".to_owned() }
    }

    /// The local one at a time.
    fn local(zone: &TimeZone, time: i64) -> Offset {
        let asked = if time > LAST_ASKED {
            LAST_ASKED + (time - LAST_ASKED) % (CYCLE_DAYS * DAY)
        } else {
            time.max(FIRST_ASKED)
        };
        let Ok(timestamp) = Timestamp::from_second(asked) else { return Offset::greenwich() };
        let info = zone.to_offset_info(timestamp);
        Offset {
            seconds: i64::from(info.offset().seconds()),
            is_summer: info.dst().is_dst(),
            name: info.abbreviation().to_owned(),
        }
    }
}

/// The system's time zone, as the environment or its settings have it now; UTC if they have none.
fn system_zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

/// A time broken down.
#[derive(Clone, Debug)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From 0, which is Sunday.
    pub(super) weekday: i64,
    /// From 0.
    pub(super) yearday: i64,
    offset: Offset,
}

/// A date as a program puts it together: no field has to be in its range.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) is_summer: Option<bool>,
}

/// The days from 1970 to the first day of a month, counted from 0 in January. Years begin in March here, so that the
/// leap day is a year's last.
fn days_before(year: i64, month: i64) -> i64 {
    let months = year * 12 + month - 2;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719468 days lie between the first of March of the year 0 and 1970.
    year * 365 + leap_days + (153 * month + 2) / 5 - 719_468
}

impl Date {
    /// A time in the local zone, if its year can be shown.
    pub(super) fn local(time: i64) -> Option<Date> {
        Date::new(time, Offset::local(&system_zone(), time))
    }

    /// A time in Greenwich, if its year can be shown.
    pub(super) fn greenwich(time: i64) -> Option<Date> {
        Date::new(time, Offset::greenwich())
    }

    fn new(time: i64, offset: Offset) -> Option<Date> {
        let local = time.checked_add(offset.seconds)?;
        let (days, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // A guess, at most a year off.
        let mut year = 1970 + days.div_euclid(CYCLE_DAYS) * 400 + days.rem_euclid(CYCLE_DAYS) / 366;
        while days_before(year + 1, 0) <= days {
            year += 1;
        }
        i32::try_from(year - 1900).ok()?;
        let month = (1..12).take_while(|month| days_before(year, *month) <= days).count();
        let month = i64::try_from(month).ok()?;
        Some(Date {
            year,
            month: month + 1,
            day: days - days_before(year, month) + 1,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            weekday: (days + 4).rem_euclid(7),
            yearday: days - days_before(year, 0),
            offset,
        })
    }

    /// The local time that these fields mean, and the date it really is, if it can be shown. Seconds beyond a minute
    /// count from then on, whatever clocks do meanwhile.
    pub(super) fn from_fields(fields: &Fields) -> Option<(i64, Date)> {
        let days = days_before(fields.year, fields.month - 1) + fields.day - 1;
        let second = fields.second.clamp(0, 59);
        let local = days * DAY + fields.hour * 3600 + fields.minute * 60 + second;
        let zone = system_zone();
        let time = local - seconds_east(&zone, local, fields.is_summer) + fields.second - second;
        Some((time, Date::new(time, Offset::local(&zone, time))?))
    }

    /// Whether clocks show summer time.
    pub(super) fn is_summer(&self) -> bool {
        self.offset.is_summer
    }

    /// Writes what a conversion of `strftime` stands for; nothing for a letter that is none.
    pub(super) fn write(&self, conversion: u8, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = self.try_write(conversion, out);
    }

    fn try_write(&self, conversion: u8, out: &mut String) -> std::fmt::Result {
        let name = |names: &[&'static str], index: i64| {
            usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or("?")
        };
        let half = if self.hour < 12 { "AM" } else { "PM" };
        let hour12 = (self.hour + 11) % 12 + 1;
        match conversion {
            b'a' => write!(out, "{:.3}", name(&WEEKDAYS, self.weekday)),
            b'A' => write!(out, "{}", name(&WEEKDAYS, self.weekday)),
            b'b' | b'h' => write!(out, "{:.3}", name(&MONTHS, self.month - 1)),
            b'B' => write!(out, "{}", name(&MONTHS, self.month - 1)),
            b'c' => self.write_all(b"a b e T Y", out),
            b'C' => write!(out, "{:02}", self.year.div_euclid(100)),
            b'd' => write!(out, "{:02}", self.day),
            b'D' | b'x' => write!(out, "{:02}/{:02}/{:02}", self.month, self.day, self.year.rem_euclid(100)),
            b'e' => write!(out, "{:2}", self.day),
            b'F' => write!(out, "{}-{:02}-{:02}", self.year, self.month, self.day),
            b'g' => write!(out, "{:02}", self.iso_week().0.rem_euclid(100)),
            b'G' => write!(out, "{}", self.iso_week().0),
            b'H' => write!(out, "{:02}", self.hour),
            b'I' => write!(out, "{hour12:02}"),
            b'j' => write!(out, "{:03}", self.yearday + 1),
            b'm' => write!(out, "{:02}", self.month),
            b'M' => write!(out, "{:02}", self.minute),
            b'n' => out.write_char('\n'),
            b'p' => out.write_str(half),
            b'r' => write!(out, "{hour12:02}:{:02}:{:02} {half}", self.minute, self.second),
            b'R' => write!(out, "{:02}:{:02}", self.hour, self.minute),
            b'S' => write!(out, "{:02}", self.second),
            b't' => out.write_char('\t'),
            b'T' | b'X' => write!(out, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second),
            b'u' => write!(out, "{}", (self.weekday + 6) % 7 + 1),
            b'U' => write!(out, "{:02}", (self.yearday + 7 - self.weekday) / 7),
            b'V' => write!(out, "{:02}", self.iso_week().1),
            b'w' => write!(out, "{}", self.weekday),
            b'W' => write!(out, "{:02}", (self.yearday + 7 - (self.weekday + 6) % 7) / 7),
            b'y' => write!(out, "{:02}", self.year.rem_euclid(100)),
            b'Y' => write!(out, "{}", self.year),
            b'z' => {
                let minutes = self.offset.seconds.abs() / 60;
                let sign = if self.offset.seconds < 0 { '-' } else { '+' };
                write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
            }
            b'Z' => out.write_str(&self.offset.name),
            b'%' => out.write_char('%'),
            _ => Ok(()),
        }
    }

    /// Several conversions with what stands between them.
    fn write_all(&self, conversions: &[u8], out: &mut String) -> std::fmt::Result {
        conversions.iter().try_for_each(|conversion| match conversion {
            b' ' => out.write_char(' '),
            conversion => self.try_write(*conversion, out),
        })
    }

    /// The year and the week by ISO 8601: a week belongs to the year that has its Thursday.
    fn iso_week(&self) -> (i64, i64) {
        let thursday = self.yearday - (self.weekday + 6) % 7 + 3;
        let length = |year| days_before(year + 1, 0) - days_before(year, 0);
        if thursday < 0 {
            (self.year - 1, (thursday + length(self.year - 1)) / 7 + 1)
        } else if thursday >= length(self.year) {
            (self.year + 1, 1)
        } else {
            (self.year, thursday / 7 + 1)
        }
    }
}

/// The offset in seconds by which a local time is to be understood.
fn seconds_east(zone: &TimeZone, local: i64, is_summer: Option<bool>) -> i64 {
    let around = [Offset::local(zone, local - DAY), Offset::local(zone, local + DAY)];
    let mut fitting = around.iter().filter(|offset| {
        let time = local - offset.seconds;
        Offset::local(zone, time).seconds == offset.seconds
    });
    let [before, _] = &around;
    // Clocks skip a time that fits neither: it is counted on from the time before.
    let likely = fitting.next().unwrap_or(before);
    let Some(is_summer) = is_summer.filter(|is_summer| *is_summer != likely.is_summer) else { return likely.seconds };
    if let Some(other) = fitting.find(|offset| offset.is_summer == is_summer) {
        return other.seconds;
    }
    let time = local - likely.seconds;
    let nearby =
        (1..=SEARCH_STEPS).flat_map(|step| [-step, step]).map(|step| Offset::local(zone, time + step * SEARCH_STEP));
    match nearby.into_iter().find(|offset| offset.is_summer == is_summer) {
        Some(offset) => offset.seconds,
        None if is_summer => likely.seconds + SUMMER,
        None => likely.seconds - SUMMER,
    }
}
