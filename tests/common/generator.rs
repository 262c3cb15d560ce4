//! A deterministic shop: `profiles.csv` and `events.csv` of any size, the same bytes for the same size and seed on every
//! machine. Activity is heavy tailed, events come in sessions (views, sometimes add, checkout, order), e-mails go to
//! those who consented. 180 days end at 2026-06-30T00:00:00Z.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

const DAY: i64 = 86_400_000;
const END: i64 = 1_782_777_600_000;
const DAYS: i64 = 180;

const COUNTRIES: [(&str, u32); 20] = [
    ("US", 220),
    ("DE", 160),
    ("GB", 110),
    ("FR", 90),
    ("NL", 60),
    ("ES", 55),
    ("IT", 50),
    ("PL", 40),
    ("SE", 30),
    ("AT", 28),
    ("CH", 26),
    ("BE", 24),
    ("DK", 20),
    ("NO", 18),
    ("FI", 16),
    ("IE", 14),
    ("PT", 13),
    ("CZ", 12),
    ("CA", 10),
    ("AU", 4),
];
const CATEGORIES: [(&str, u32); 10] = [
    ("shoes", 200),
    ("dresses", 150),
    ("shirts", 140),
    ("trousers", 110),
    ("bags", 90),
    ("jewellery", 60),
    ("sport", 80),
    ("kids", 70),
    ("home", 60),
    ("beauty", 40),
];
const NAMES: [&str; 8] = [
    "Product Viewed",
    "Product Added",
    "Checkout Started",
    "Order Completed",
    "Email Sent",
    "Email Opened",
    "Email Clicked",
    "Unsubscribed",
];
const CHANNELS: [&str; 3] = ["web", "app", "email"];
const DEVICES: [(&str, u32); 3] = [("mobile", 58), ("desktop", 32), ("tablet", 10)];
/// How busy each hour of the day is.
const HOURS: [u64; 24] = [3, 2, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 11, 10, 9, 9, 10, 12, 14, 15, 15, 13, 9, 5];
const NO_CATEGORY: u8 = 255;

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            sum += self.uniform();
        }
        sum - 6.0
    }

    fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut x = self.below(u64::from(weights.clone().sum::<u32>())) as u32;
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            if x < weight {
                return index;
            }
            x -= weight;
            last = index;
        }
        last
    }
}

struct Person {
    consents: bool,
    device: usize,
    signup: i64,
    favourite: u8,
}

struct Event {
    at: i64,
    person: u32,
    cents: u32,
    name: u8,
    channel: u8,
    category: u8,
}

/// Writes both files into a folder.
pub(crate) fn write(folder: &Path, people: usize, events: usize, seed: u64) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut rng = Rng(seed);
    let (everyone, cumulative) = write_people(&folder.join("profiles.csv"), people, &mut rng)?;
    let mut list = Vec::with_capacity(events + 64);
    while list.len() < events {
        session(&everyone, &cumulative, &mut rng, &mut list);
    }
    list.truncate(events);
    list.sort_by_key(|event| (event.at, event.person, event.name));
    write_events(&folder.join("events.csv"), &list)
}

fn write_people(path: &Path, people: usize, rng: &mut Rng) -> Result<(Vec<Person>, Vec<f64>)> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "profile_id,email,country,city,device,signup_at,consent_email,ltv")?;
    let (mut everyone, mut cumulative, mut total) =
        (Vec::with_capacity(people), Vec::with_capacity(people), 0.0);
    for index in 0..people {
        let country = COUNTRIES[rng.weighted(COUNTRIES.iter().map(|c| c.1))].0;
        let city = rng.weighted([5, 3, 2, 1].into_iter()) + 1;
        let device = rng.weighted(DEVICES.iter().map(|d| d.1));
        let signup = END - DAY - rng.below((729 * DAY) as u64) as i64;
        let consents = rng.chance(0.62);
        let value = if rng.chance(0.35) {
            0
        } else {
            ((4.2 + 1.1 * rng.normal()).exp() * 100.0).round().min(9e7) as u32
        };
        total += rng.uniform().powf(-1.0 / 1.16).min(2000.0);
        cumulative.push(total);
        let favourite = rng.weighted(CATEGORIES.iter().map(|c| c.1)) as u8;
        everyone.push(Person { consents, device, signup, favourite });
        let (id, domain) = (index + 1, ["com", "org", "net"][index % 3]);
        writeln!(
            out,
            "{id},u{id}@example.{domain},{country},{country}-City{city},{},{},{},{}.{:02}",
            DEVICES[device].0,
            moment(signup),
            u8::from(consents),
            value / 100,
            value % 100
        )?;
    }
    out.flush()?;
    Ok((everyone, cumulative))
}

fn session(everyone: &[Person], cumulative: &[f64], rng: &mut Rng, list: &mut Vec<Event>) {
    let x = rng.uniform() * cumulative.last().copied().unwrap_or(0.0);
    let index = cumulative.partition_point(|c| *c < x).min(everyone.len() - 1);
    let person = &everyone[index];
    let at = start(person, rng);
    let mut put = |at: i64, name: u8, channel: u8, category: u8, cents: u32| {
        if at < END {
            list.push(Event { at, person: index as u32 + 1, cents, name, channel, category });
        }
    };
    if person.consents && rng.chance(0.22) {
        put(at, 4, 2, NO_CATEGORY, 0);
        if rng.chance(0.32) {
            let opened = at + 60_000 + (rng.exponential() * 4.0 * 3_600_000.0) as i64;
            put(opened, 5, 2, NO_CATEGORY, 0);
            if rng.chance(0.18) {
                put(opened + 5_000 + rng.below(60_000) as i64, 6, 2, NO_CATEGORY, 0);
            }
        }
        if rng.chance(0.004) {
            put(at + 3_600_000 + rng.below(7_200_000) as i64, 7, 2, NO_CATEGORY, 0);
        }
        return;
    }
    let channel = match person.device {
        0 => u8::from(rng.chance(0.55)),
        1 => 0,
        _ => u8::from(rng.chance(0.2)),
    };
    let views = 1 + (rng.exponential() * 2.2) as u32;
    let (mut category, mut cents, mut at) = (person.favourite, 0, at);
    for _ in 0..views.min(12) {
        if rng.chance(0.5) {
            category = rng.weighted(CATEGORIES.iter().map(|c| c.1)) as u8;
        } else if rng.chance(0.6) {
            category = person.favourite;
        }
        cents = ((3.4 + 0.7 * rng.normal()).exp() * 100.0).round() as u32;
        at += 4_000 + rng.below(90_000) as i64;
        put(at, 0, channel, category, cents);
    }
    if !rng.chance(0.26) {
        return;
    }
    at += 5_000 + rng.below(60_000) as i64;
    put(at, 1, channel, category, cents);
    if !rng.chance(0.55) {
        return;
    }
    if rng.chance(0.15) {
        at += (rng.exponential() * 20.0 * 3_600_000.0) as i64;
    }
    at += 20_000 + rng.below(200_000) as i64;
    put(at, 2, channel, category, cents);
    if rng.chance(0.62) {
        if rng.chance(0.08) {
            at += (rng.exponential() * 30.0 * 3_600_000.0) as i64;
        }
        at += 30_000 + rng.below(300_000) as i64;
        let quantity = 1 + rng.below(3) as u32;
        put(at, 3, channel, category, cents * quantity + 495);
    }
}

/// Density doubles over the window and follows the hours of the day; nobody acts before signing up.
fn start(person: &Person, rng: &mut Rng) -> i64 {
    let ramp = ((1.0 + 3.0 * rng.uniform()).sqrt() - 1.0) * (DAYS * DAY) as f64;
    let day = (ramp as i64 / DAY).min(DAYS - 1);
    let hour = loop {
        let hour = rng.below(24);
        if rng.below(15) < HOURS[hour as usize] {
            break hour;
        }
    };
    let at = END - DAYS * DAY + day * DAY + hour as i64 * 3_600_000 + rng.below(3_600_000) as i64;
    if at < person.signup { person.signup + rng.below((END - person.signup) as u64) as i64 } else { at }
}

fn write_events(path: &Path, list: &[Event]) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "event_id,profile_id,ts,ts_ms,name,channel,category,value")?;
    for (index, event) in list.iter().enumerate() {
        let (name, channel) = (NAMES[event.name as usize], CHANNELS[event.channel as usize]);
        write!(out, "{},{},{},{},{name},{channel},", index + 1, event.person, moment(event.at), event.at)?;
        match CATEGORIES.get(event.category as usize) {
            Some((category, _)) => {
                writeln!(out, "{category},{}.{:02}", event.cents / 100, event.cents % 100)?;
            }
            None => writeln!(out, ",")?,
        }
    }
    out.flush()
}

fn moment(at: i64) -> String {
    let (days, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = of_era_year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1_000)
}
