//! Numbers for people.

/// A number in at most five significant digits, without trailing zeros.
pub fn short(value: f64) -> String {
    significant(value, 5)
}

fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{}", value + 0.0);
    }
    let exponent = value.abs().log10().floor();
    if !(-4.0..7.0).contains(&exponent) {
        let text = format!("{value:.*e}", digits.min(4) - 1);
        return match text.split_once('e') {
            Some((mantissa, exponent)) if mantissa.contains('.') => {
                format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        };
    }
    let decimals = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number with its standard error, to two digits of the error: `10.971 ± 0.093`.
pub fn with_error(value: f64, error: Option<f64>) -> String {
    let Some(error) = error.filter(|error| *error > 0.0 && error.is_finite()) else {
        return short(value);
    };
    let exponent = error.log10().floor();
    let size = value.abs().max(error).log10().floor();
    if !(-4.0..7.0).contains(&size) {
        return format!("{value:.3e} ± {error:.1e}");
    }
    if size - exponent > 5.0 {
        // Known so well that the zeros of the error would hide it.
        let decimals = (6.0 - size).clamp(0.0, 12.0) as usize;
        return format!("{value:.decimals$} ± {error:.1e}");
    }
    let decimals = (1.0 - exponent).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$} ± {error:.decimals$}")
}

/// A small number (residual, gap, violation): two digits and an exponent; nothing for an absent one.
pub fn tiny(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_error() {
        assert_eq!(with_error(10.970_9, Some(0.093_4)), "10.971 ± 0.093");
        assert_eq!(with_error(1.235_943_6, Some(5.7e-7)), "1.235944 ± 5.7e-7");
        assert_eq!(with_error(1234.5, Some(21.0)), "1234 ± 21");
        assert_eq!(with_error(2.0, None), "2");
        assert_eq!(with_error(1.5e-9, Some(2e-10)), "1.500e-9 ± 2.0e-10");
        assert_eq!((short(1e-6), short(3.162_277e-6)), ("1e-6".into(), "3.162e-6".into()));
        assert_eq!(
            (short(0.1 + 0.2), short(-0.0), short(123_456.0)),
            ("0.3".into(), "0".into(), "123456".into())
        );
    }
}
