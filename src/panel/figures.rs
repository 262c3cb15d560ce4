//! How numbers are written, everywhere the same: grouped thousands, a real minus sign, a thin unit, an interval beside.

use crate::model::{Decimal, Span};
use crate::stats::{Estimate, Prior, Reading};

/// `12431` as `12,431`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A signed count with a real minus: `+133`, `−412`, `0`.
pub fn signed_count(n: i64) -> String {
    let sign = match n {
        0 => "",
        1.. => "+",
        _ => "−",
    };
    format!("{sign}{}", count(n.unsigned_abs()))
}

/// A rate in at most four figures: `88`, `1.6 k`, `12 k`, `3.1 M`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second < 0.0 {
        return "–".to_owned();
    }
    match per_second {
        x if x < 9.95 => format!("{x:.1}"),
        x if x < 999.5 => format!("{x:.0}"),
        x if x < 9_950.0 => format!("{:.1} k", x / 1e3),
        x if x < 999_500.0 => format!("{:.0} k", x / 1e3),
        x => format!("{:.1} M", x / 1e6),
    }
}

/// A fraction in per cent: `84 %`, with one place under ten: `9.1 %`.
pub fn percent(fraction: f64) -> String {
    // Nothing at all needs no place: `0 %`, not `0.0 %`.
    let places = usize::from(fraction.abs() < 0.0995 && fraction.abs() > 0.0);
    format!("{} %", fixed(fraction * 100.0, places))
}

/// A relative change in per cent with its sign: `+38 %`, `−4.2 %`.
pub fn change(fraction: f64) -> String {
    format!("{} %", signed(fraction * 100.0, usize::from(fraction.abs() < 0.0995)))
}

/// An interval of relative changes without the unit: `[0 … +90]`.
pub fn change_interval(estimate: &Estimate) -> String {
    let places = usize::from(estimate.value.abs() < 0.0995 && (estimate.high - estimate.low).abs() < 0.2);
    format!("[{} … {}]", signed(estimate.low * 100.0, places), signed(estimate.high * 100.0, places))
}

/// An interval of shares in per cent without the unit: `[82 … 86]`.
pub fn share_interval(estimate: &Estimate) -> String {
    format!("[{} … {}]", fixed(estimate.low * 100.0, 0), fixed(estimate.high * 100.0, 0))
}

/// A share with its interval, both as precise as the share needs: `3.0 % [2.7 … 3.4]`, `84 % [82 … 86]`.
pub fn share_with_interval(estimate: &Estimate) -> String {
    let places = usize::from(estimate.value.abs() < 0.0995);
    let [low, high] = [estimate.low, estimate.high].map(|end| fixed(end * 100.0, places));
    format!("{} [{low} … {high}]", percent(estimate.value))
}

/// An interval of plain numbers: `[4.9 … 8.3]`.
pub fn interval(estimate: &Estimate, places: usize) -> String {
    format!("[{} … {}]", fixed(estimate.low, places), fixed(estimate.high, places))
}

/// An interval of differences, with signs: `[−0.9 … +3.7]`.
pub fn signed_interval(estimate: &Estimate, places: usize) -> String {
    format!("[{} … {}]", signed(estimate.low, places), signed(estimate.high, places))
}

/// A number with so many places and a real minus.
pub fn fixed(x: f64, places: usize) -> String {
    if x.is_nan() {
        return "–".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞".to_owned() } else { "−∞".to_owned() };
    }
    let text = format!("{:.places$}", x.abs());
    let zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if x < 0.0 && !zero { format!("−{text}") } else { text }
}

/// The same with a plus where it is positive; zero has no sign.
pub fn signed(x: f64, places: usize) -> String {
    let text = fixed(x, places);
    let zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if x > 0.0 && !zero {
        format!("+{text}")
    } else if zero {
        "0".to_owned()
    } else {
        text
    }
}

/// How many places show three significant figures of a mean.
pub fn places_for(x: f64) -> usize {
    match x.abs() {
        a if !a.is_finite() || a >= 100.0 => 0,
        a if a >= 10.0 => 1,
        a if a >= 1.0 => 2,
        a if a >= 0.1 || a == 0.0 => 3,
        a if a >= 0.01 => 4,
        _ => 5,
    }
}

/// A mean with three significant figures: `0.0909`, `5.61`, `132`.
pub fn mean(x: f64) -> String {
    fixed(x, places_for(x))
}

/// What stands before an amount of a currency: `€`, `CHF `.
pub fn currency_sign(code: &str) -> String {
    match code {
        "EUR" => "€".to_owned(),
        "USD" => "$".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        other => format!("{other} "),
    }
}

/// An amount with its currency, everywhere alike: `€1,204.10`, `−€5.00`, `¥1,204`, `12.50` where no currency is known.
pub fn money(amount: Decimal, currency: Option<&str>) -> String {
    let places = if currency == Some("JPY") { 0 } else { 2 };
    // Decimals are whole numbers of 10⁻⁴; half is rounded away from zero.
    let unit = 10_u64.pow(4 - places);
    let rounded = (amount.scaled().unsigned_abs() + unit / 2) / unit;
    let (whole, rest) = (rounded / 10_u64.pow(places), rounded % 10_u64.pow(places));
    let minus = if amount.scaled() < 0 && rounded > 0 { "−" } else { "" };
    let sign = currency.map(currency_sign).unwrap_or_default();
    let rest = if places == 0 { String::new() } else { format!(".{rest:0width$}", width = places as usize) };
    format!("{minus}{sign}{}{rest}", count(whole))
}

/// A p-value: `0.71`, `0.0086`, `< 0.0001`.
pub fn p_value(p: f64) -> String {
    match p {
        p if p.is_nan() => "–".to_owned(),
        p if p < 0.0001 => "< 0.0001".to_owned(),
        p if p < 0.0995 => format!("{p:.4}"),
        p => format!("{p:.2}"),
    }
}

/// A relative reading in one phrase: `+38 %  [0 … +90]`, or `withheld: …`.
#[must_use]
pub fn change_reading(reading: &Reading) -> String {
    match reading {
        Reading::Estimate(estimate) => format!("{}  {}", change(estimate.value), change_interval(estimate)),
        Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
    }
}

/// Time left in its two largest units: `2 h 05 min`, `3 min 20 s`, `12 s`.
pub fn left(span: Span) -> String {
    let seconds = span.0.max(0) / 1_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds / 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min {:02} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{days} d {:02} h", hours % 24),
    }
}

/// `1 person`, `2 people`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A probability in per cent that never claims to be certain: `97 %`, `> 99.9 %`, `< 0.1 %`.
#[must_use]
pub fn chance(chance: f64) -> String {
    match chance {
        chance if chance > 0.9995 => "> 99.9 %".to_owned(),
        chance if chance < 0.0005 => "< 0.1 %".to_owned(),
        chance if (0.095..0.905).contains(&chance) => format!("{} %", fixed(chance * 100.0, 0)),
        chance => format!("{} %", fixed(chance * 100.0, 1)),
    }
}

/// An expected loss as a fraction in per cent, where every tenth of one counts: `0.25 %`, `0.004 %`.
#[must_use]
pub fn loss(fraction: f64) -> String {
    let hundredfold = fraction * 100.0;
    let places = match hundredfold.abs() {
        0.1.. => 2,
        0.001.. => 3,
        0.0 => 0,
        _ => return "< 0.001 %".to_owned(),
    };
    format!("{} %", fixed(hundredfold, places))
}

/// `flat prior`, `prior 0 % ± 30 %`: what was believed of the relative change before.
#[must_use]
pub fn prior(prior: &Prior) -> String {
    match prior.proper {
        true => format!("prior {} ± {}", percent(prior.mean), percent(prior.sd)),
        false => "flat prior".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high, standard_error: None, p_value: None, level: 0.95, cautions: Vec::new() }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(12_431), "12,431");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(signed_count(-412), "−412");
        assert_eq!(signed_count(133), "+133");
        assert_eq!(signed_count(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn changes_carry_sign_unit_and_interval() {
        assert_eq!(change(0.384), "+38 %");
        assert_eq!(change(-0.042), "−4.2 %");
        assert_eq!(change(0.0), "0 %");
        assert_eq!(change_interval(&estimate(0.38, 0.001, 0.9)), "[0 … +90]");
        assert_eq!(change_interval(&estimate(0.38, f64::NEG_INFINITY, f64::INFINITY)), "[−∞ … +∞]");
        assert_eq!(share_interval(&estimate(0.84, 0.82, 0.86)), "[82 … 86]");
        assert_eq!(share_with_interval(&estimate(0.84, 0.82, 0.86)), "84 % [82 … 86]");
        assert_eq!(share_with_interval(&estimate(0.03, 0.027, 0.034)), "3.0 % [2.7 … 3.4]");
    }

    #[test]
    fn small_things_keep_three_figures() {
        let mean = |x| fixed(x, places_for(x));
        assert_eq!(mean(0.0909), "0.0909");
        assert_eq!(mean(0.1256), "0.126");
        assert_eq!(mean(5.614), "5.61");
        assert_eq!(mean(f64::NAN), "–");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(signed(-0.001, 2), "0");
        assert_eq!([currency_sign("EUR"), currency_sign("CHF")], ["€", "CHF "]);
        assert_eq!(p_value(0.0086), "0.0086");
        assert_eq!(p_value(1e-9), "< 0.0001");
    }

    #[test]
    fn an_amount_is_written_one_way() {
        let money = |scaled, currency| money(Decimal::from_scaled(scaled), currency);
        assert_eq!(money(849_000, Some("EUR")), "€84.90");
        assert_eq!(money(12_041_000, Some("CHF")), "CHF 1,204.10");
        assert_eq!(money(12_045_000, Some("JPY")), "¥1,205");
        assert_eq!(money(10, None), "0.00");
        assert_eq!(money(50, None), "0.01");
        assert_eq!(money(-50_000, Some("USD")), "−$5.00");
        assert_eq!(money(i64::MIN, None), "−922,337,203,685,477.58");
    }

    #[test]
    fn rates_and_times_fit_a_column() {
        assert_eq!(rate(1_612.0), "1.6 k");
        assert_eq!(rate(999.7), "1.0 k");
        assert_eq!(rate(3_140_000.0), "3.1 M");
        assert_eq!(rate(f64::NAN), "–");
        assert_eq!(left(Span::minutes(125)), "2 h 05 min");
        assert_eq!(left(Span(-5)), "0 s");
    }
}
