//! Deterministic damage to valid files.

const SCRAPS: [&str; 20] = [
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    "nan",
    "inf",
    "1e999",
    "-1",
    "\n",
    ".",
    "9999999999",
    "é",
    "#",
    "[[sweep]]",
    "0",
    "true",
    "1979-05-27",
    "''",
];

/// `count` damaged copies of `text`; the same for the same `seed`.
pub fn text(text: &str, seed: u64, count: usize) -> impl Iterator<Item = String> + '_ {
    let mut state = seed;
    let mut next = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    (0..count).map(move |_| {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..1 + next(3) {
            let at = next(bytes.len());
            match next(6) {
                0 => bytes[at] = next(128) as u8,
                1 => drop(bytes.drain(at..(at + next(9)).min(bytes.len()))),
                2 => bytes.truncate(at.max(1)),
                3 => {
                    // A line is lost, or comes twice.
                    let line = |at: usize| {
                        bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1)
                    };
                    let (from, to) =
                        (line(at), at + bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(0));
                    let copy = if next(2) == 0 { Vec::new() } else { bytes[from..to].repeat(2) };
                    bytes.splice(from..to, copy);
                }
                _ => drop(bytes.splice(at..at, SCRAPS[next(SCRAPS.len())].bytes())),
            }
            if bytes.is_empty() {
                bytes.push(b'#');
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
