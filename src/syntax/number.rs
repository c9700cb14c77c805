//! Lua's numerals: the one place that reads and prints them.
//!
//! Reading follows §3.1 and §3.4.3: a decimal integer that does not fit becomes a float, a hexadecimal
//! integer wraps around, and floats are rounded correctly in both bases. Printing follows C's `%g`, which
//! Lua's `tostring` and `string.format` are defined by, whatever the platform's C library does.
//! This file does not know what a Lua value is.

/// A number as Lua sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
}

/// More digits than this are never asked of the formatter: a double has at most 767 significant ones.
const DIGITS_MAX: usize = 1_100;

/// Reads a numeral, with an optional sign and white space around it.
///
/// It accepts what `tonumber(s)` and the conversion of strings in arithmetic accept. The lexer uses it for
/// the numerals in a source text too, where signs and spaces never reach it.
/// So ` 0x10 ` is the integer 16, `1e2` the float 100, and `1e` or `inf` is no number.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Number> {
    let (is_negative, digits) = match trim(text) {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    match digits {
        [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest, is_negative),
        _ => parse_decimal(digits, is_negative),
    }
}

/// Prints a float as `tostring` does: 14 significant digits, and a `.0` where it would read as an integer.
///
/// A NaN prints as `nan`, or `-nan` if its sign bit is set, as PUC-Rio's Lua does on Linux.
#[must_use]
pub fn write_float(value: f64) -> String {
    // Most floats that scripts print are small whole numbers; they need no decimal conversion.
    if value.abs() < 1e14
        && let Some(whole) = float_to_integer(value)
        && (whole != 0 || value.is_sign_positive())
    {
        return format!("{whole}.0");
    }
    let mut text = format_g(value, 14, false);
    if text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) {
        text.push_str(".0");
    }
    text
}

/// Prints a float as C's `%.{precision}g` does, or as `%#.{precision}g` if `alternate` is set.
///
/// A precision of 0 counts as 1. Precisions above 1,100 count as 1,100; no double has that many digits,
/// and Lua's `string.format` allows no more than 99.
#[must_use]
pub fn format_g(value: f64, precision: usize, alternate: bool) -> String {
    let mut text = String::new();
    if value.is_sign_negative() {
        text.push('-');
    }
    if value.is_nan() {
        text.push_str("nan");
        return text;
    }
    if value.is_infinite() {
        text.push_str("inf");
        return text;
    }
    let precision = precision.clamp(1, DIGITS_MAX);
    // Rust's own scientific notation is rounded exactly, ties to even, as in glibc.
    let scientific = format!("{:.*e}", precision - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mut digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    if !alternate {
        digits.truncate(digits.trim_end_matches('0').len().max(1));
    }
    match usize::try_from(exponent) {
        Ok(whole) if whole < precision => push_fixed(&mut text, &digits, whole + 1, alternate),
        Err(_) if exponent >= -4 => {
            text.push_str("0.");
            text.extend((exponent..-1).map(|_| '0'));
            text.push_str(&digits);
        }
        _ => {
            push_fixed(&mut text, &digits, 1, alternate);
            let sign = if exponent < 0 { '-' } else { '+' };
            text.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
        }
    }
    text
}

/// Converts a float to the integer of the same value, if there is one.
#[must_use]
pub fn float_to_integer(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked, the fraction is compared next")]
        let whole = value as i64;
        if whole as f64 == value {
            return Some(whole);
        }
    }
    None
}

/// Appends digits with a decimal point after the first `whole` ones, padding with zeros up to the point.
fn push_fixed(text: &mut String, digits: &str, whole: usize, alternate: bool) {
    match digits.split_at_checked(whole) {
        Some((before, after)) if alternate || !after.is_empty() => {
            text.push_str(before);
            text.push('.');
            text.push_str(after);
        }
        _ => {
            text.push_str(digits);
            text.extend((digits.len()..whole).map(|_| '0'));
        }
    }
}

/// Removes what C's `isspace` calls a space; unlike Rust's ASCII white space that includes `\v`.
fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let text = &text[start..];
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
    &text[..end]
}

fn parse_decimal(text: &[u8], is_negative: bool) -> Option<Number> {
    if let Some(integer) = decimal_integer(text, is_negative) {
        return Some(Number::Integer(integer));
    }
    // Rust's reader takes more than Lua's (`inf`, `nan`), so the grammar is checked here.
    let (before, rest) = split_while(text, u8::is_ascii_digit);
    let (after, rest) = match rest {
        [b'.', rest @ ..] => split_while(rest, u8::is_ascii_digit),
        _ => (&[][..], rest),
    };
    if before.is_empty() && after.is_empty() {
        return None;
    }
    if !rest.is_empty() {
        exponent(rest, b'e')?;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(Number::Float(if is_negative { -value } else { value }))
}

/// Reads decimal digits that fit an integer.
fn decimal_integer(text: &[u8], is_negative: bool) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    // Counting downwards, because the smallest integer has no positive counterpart.
    let negated = text.iter().try_fold(0_i64, |sum, &byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_sub(digit)
    })?;
    if is_negative { Some(negated) } else { negated.checked_neg() }
}

/// Reads what follows `0x`.
fn parse_hexadecimal(text: &[u8], is_negative: bool) -> Option<Number> {
    let (before, rest) = split_while(text, u8::is_ascii_hexdigit);
    if rest.is_empty() && !before.is_empty() {
        let bits = before.iter().fold(0_u64, |bits, &byte| (bits << 4) | u64::from(hex_value(byte)));
        let value = bits.cast_signed();
        return Some(Number::Integer(if is_negative { value.wrapping_neg() } else { value }));
    }
    let (after, rest) = match rest {
        [b'.', rest @ ..] => split_while(rest, u8::is_ascii_hexdigit),
        _ => (&[][..], rest),
    };
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let mut scale = if rest.is_empty() { 0 } else { exponent(rest, b'p')? };
    let mut bits = 0_u64;
    let mut is_inexact = false;
    for (index, &byte) in before.iter().chain(after).enumerate() {
        if index >= before.len() {
            scale = scale.saturating_sub(4);
        }
        if bits >> 60 == 0 {
            bits = (bits << 4) | u64::from(hex_value(byte));
        } else {
            // The bits kept are enough to round; of the rest only matters whether any is set.
            is_inexact |= byte != b'0';
            scale = scale.saturating_add(4);
        }
    }
    let value = scale_bits(bits, is_inexact, scale);
    Some(Number::Float(if is_negative { -value } else { value }))
}

/// The double nearest to `bits * 2^scale`, ties to even; `is_inexact` says that a little more was cut off.
fn scale_bits(bits: u64, is_inexact: bool, scale: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let leading = bits.leading_zeros();
    let bits = bits << leading;
    let exponent = scale.saturating_add(63 - i64::from(leading));
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // A normal double keeps 53 bits, of 64; a subnormal one keeps fewer the smaller it is.
    let dropped = 11_i64.saturating_add((-1022_i64).saturating_sub(exponent).max(0));
    if dropped > 64 {
        return 0.0;
    }
    let wide = u128::from(bits);
    let kept = bits.checked_shr(u32::try_from(dropped).unwrap_or(u32::MAX)).unwrap_or(0);
    let rest = wide & ((1_u128 << dropped) - 1);
    let half = 1_u128 << (dropped - 1);
    let rounds_up = rest > half || (rest == half && (is_inexact || kept & 1 == 1));
    // The top bit kept of a normal double adds one to the exponent field; a carry from rounding moves into
    // it in the same way, up to infinity.
    let field = u64::try_from(exponent + 1022).unwrap_or(0);
    f64::from_bits((field << 52) + kept + u64::from(rounds_up))
}

/// Reads a whole exponent: the marker, a sign perhaps, and at least one digit up to the end.
fn exponent(text: &[u8], marker: u8) -> Option<i64> {
    let (first, rest) = text.split_first()?;
    if first.to_ascii_lowercase() != marker {
        return None;
    }
    let (is_negative, digits) = match rest {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0_i64, |sum, &byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        Some(sum.saturating_mul(10).saturating_add(digit))
    })?;
    Some(if is_negative { -value } else { value })
}

fn split_while(text: &[u8], accepts: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !accepts(byte)).unwrap_or(text.len()))
}

/// The value of a hexadecimal digit; 0 for any other byte.
pub(super) fn hex_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Option<i64> {
        match parse(text.as_bytes()) {
            Some(Number::Integer(value)) => Some(value),
            _ => None,
        }
    }

    fn float(text: &str) -> Option<f64> {
        match parse(text.as_bytes()) {
            Some(Number::Float(value)) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn reads_integers() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("  +42\n", 42),
            ("\x0b7\x0c", 7),
            ("000000000000000000000000000012", 12),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("0xff", 255),
            ("-0XaB", -171),
            ("0xffffffffffffffff", -1),
            ("0x1ffffffffffffffff", -1),
            ("-0x8000000000000000", i64::MIN),
        ] {
            assert_eq!(integer(text), Some(value), "{text}");
        }
    }

    #[test]
    fn reads_floats() {
        for (text, value) in [
            ("1.", 1.0),
            (".5", 0.5),
            ("-1.5e3", -1500.0),
            ("1E+2", 100.0),
            ("25e-1", 2.5),
            ("1e999999999999999999999", f64::INFINITY),
            ("-1e400", f64::NEG_INFINITY),
            ("1e-99999999999999999999", 0.0),
            ("9223372036854775808", 9_223_372_036_854_775_808.0),
            ("-9223372036854775809", -9_223_372_036_854_775_808.0),
            ("0x.8", 0.5),
            ("0xA.", 10.0),
            ("0x1p4", 16.0),
            ("0x1P-2", 0.25),
            ("-0x1.8p+1", -3.0),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.fffffffffffff8p1023", f64::INFINITY),
            ("0x1p1024", f64::INFINITY),
            ("0x1p-1022", f64::MIN_POSITIVE),
            ("0x1p-1074", f64::from_bits(1)),
            ("0x1p-1075", 0.0),
            ("0x1.0000000000001p-1075", f64::from_bits(1)),
            ("0x1.8p-1074", f64::from_bits(2)),
            ("0x0.fffffffffffff8p-1022", f64::MIN_POSITIVE),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.00000000000008000000000000000000001p0", 1.0 + f64::EPSILON),
            ("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON),
            ("0x10000000000000000000000.0p-88", 1.0),
            ("0x0.000000000000000000000001p96", 1.0),
            ("0x0p99999999999999999999", 0.0),
            ("0x1p99999999999999999999", f64::INFINITY),
            ("0x1p-99999999999999999999", 0.0),
        ] {
            assert_eq!(float(text), Some(value), "{text}");
        }
        assert!(float("-0.0").is_some_and(|zero| zero == 0.0 && zero.is_sign_negative()));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", " ", "-", "+", "- 1", "--1", "+-1", ".", "-.", "e1", ".e1", "1e", "1e+", "1e1.0", "1 2", "1_000", "1x",
            "inf", "-inf", "nan", "infinity", "NaN", "0x", "-0x", "0x.", "0x.p1", "0x1p", "0x1p+", "0xg", "0x1e+1",
            "1f", "1.0f", "1..2", "0b1", "1\0", "\u{a0}1", "0x 1", "1p3", "0x-1",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse(b"1\xff"), None);
    }

    #[test]
    fn prints_floats() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-3.0, "-3.0"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (99_999_999_999_999.0, "99999999999999.0"),
            (1e14, "1e+14"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (1e15, "1e+15"),
            (1e100, "1e+100"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-300, "1.5e-300"),
            (0.999_999_999_999_999_9, "1.0"),
            (f64::MAX, "1.7976931348623e+308"),
            (f64::from_bits(1), "4.9406564584125e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::from_bits(0x7ff8_0000_0000_0000), "nan"),
            (f64::from_bits(0xfff8_0000_0000_0000), "-nan"),
        ] {
            assert_eq!(write_float(value), text);
        }
    }

    #[test]
    fn prints_like_g() {
        for (value, precision, alternate, text) in [
            (100.0, 6, false, "100"),
            (100.0, 6, true, "100.000"),
            (100.0, 3, true, "100."),
            (100.0, 2, false, "1e+02"),
            (100.0, 1, true, "1.e+02"),
            (0.0, 6, true, "0.00000"),
            (0.0, 6, false, "0"),
            (2.5, 0, false, "2"),
            (3.5, 1, false, "4"),
            (9.5, 1, false, "1e+01"),
            (0.000_123_456_789, 3, false, "0.000123"),
            (0.000_123, 6, true, "0.000123000"),
            (0.000_012_3, 6, true, "1.23000e-05"),
            (1_234_567.0, 6, false, "1.23457e+06"),
            (0.1, 20, false, "0.10000000000000000555"),
            (-1e300, 3, true, "-1.00e+300"),
            (f64::INFINITY, 3, true, "inf"),
        ] {
            assert_eq!(format_g(value, precision, alternate), text);
        }
        assert_eq!(format_g(1.0, usize::MAX, false), "1");
        assert_eq!(format_g(f64::from_bits(1), usize::MAX, false).len(), 751 + "d.e-324".len() - 1);
    }

    #[test]
    fn converts_exactly() {
        assert_eq!(float_to_integer(3.0), Some(3));
        assert_eq!(float_to_integer(-0.0), Some(0));
        assert_eq!(float_to_integer(3.5), None);
        assert_eq!(float_to_integer(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(float_to_integer(9_223_372_036_854_775_808.0), None);
        assert_eq!(float_to_integer(9_223_372_036_854_774_784.0), Some(9_223_372_036_854_774_784));
        assert_eq!(float_to_integer(1e300), None);
        assert_eq!(float_to_integer(f64::NAN), None);
        assert_eq!(float_to_integer(f64::NEG_INFINITY), None);
    }
}
