//! How long campaigns are.

/// By how much campaigns are longer than in every test run: `NOCTULE_EFFORT`, one by default.
pub(crate) fn effort<T: std::str::FromStr + From<u8>>() -> T {
    let said = std::env::var("NOCTULE_EFFORT").ok().and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| T::from(1))
}
