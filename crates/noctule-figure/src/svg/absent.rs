//! Trials without a value: a row of crosses above the frame for each curve that has some, each with
//! how many they are of how many.

use super::canvas::{Anchor, Canvas, num};
use super::text::width;
use super::{Box2, Place};
use crate::Absent;
use crate::clean::Curve;
use crate::scale::Label;

/// The size of the counts.
const TINY: f64 = 5.5;

/// The height of a row with counts.
const ROW: f64 = 7.2;

/// The height of a row of crosses alone.
const BARE_ROW: f64 = 4.2;

/// From the frame to the rows: the highest number of the axis stands out over the frame.
const CLEAR: f64 = 3.6;

/// Half the size of a cross.
const CROSS: f64 = 1.5;

/// From a cross to its count.
const APART: f64 = 1.2;

/// The height of all rows.
pub(super) fn height(curves: &[Curve<'_>]) -> f64 {
    let rows = curves.iter().filter(|curve| !curve.absent.is_empty()).count();
    if rows == 0 { 0.0 } else { rows as f64 * row_height(curves) + CLEAR }
}

/// Of a single trial a cross says all.
fn is_single(curve: &Curve<'_>) -> bool {
    curve.absent.iter().all(|absent| absent.of == 1)
}

fn row_height(curves: &[Curve<'_>]) -> f64 {
    if curves.iter().all(is_single) { BARE_ROW } else { ROW }
}

/// Draws the rows: the first curve highest.
pub(super) fn paint(canvas: &mut Canvas, curves: &[Curve<'_>], place: &Place) {
    let (all, each) = (height(curves), row_height(curves));
    if all > 0.0 {
        // Said once, in the middle of the rows.
        let at = (place.frame.x - 2.0, place.frame.y - (all + CLEAR) / 2.0);
        canvas.text(at, TINY, Anchor::End, &Label::plain("no value"));
    }
    let mut y = place.frame.y - all + each / 2.0;
    for curve in curves.iter().filter(|curve| !curve.absent.is_empty()) {
        row(canvas, curve, place, y);
        y += each;
    }
}

fn row(canvas: &mut Canvas, curve: &Curve<'_>, place: &Place, y: f64) {
    let x = |absent: &Absent| place.point(absent.x, place.y.low).0;
    let mut d = String::new();
    for absent in curve.absent.iter().filter(|absent| place.x.contains(absent.x)) {
        let (left, top, size) = (num(x(absent) - CROSS), num(y - CROSS), num(2.0 * CROSS));
        d.push_str(&format!("M{left} {top}l{size} {size}m0 -{size}l-{size} {size}"));
    }
    canvas.path(&d, &[("fill", "none"), ("stroke", curve.style.colour), ("stroke-width", "0.8")]);
    let mut free = f64::NEG_INFINITY;
    let all = words(curve, place);
    for (k, (absent, words)) in curve.absent.iter().zip(all).enumerate() {
        let at = Box2 {
            x: x(absent) + CROSS + APART,
            y: y - TINY / 2.0,
            width: width(&words, TINY),
            height: TINY,
        };
        // A count that has no room is left to the description; its cross stays.
        let next = curve.absent.get(k + 1).map_or(f64::INFINITY, |next| x(next) - CROSS);
        let room = at.x >= free && at.right() < next;
        if !words.is_empty() && place.x.contains(absent.x) && room {
            canvas.text((at.x, y), TINY, Anchor::Start, &Label::plain(words));
            free = at.right() + 2.0 * CROSS + APART;
        }
    }
}

/// The counts: `3/30` where all of them have room, else `3`.
fn words(curve: &Curve<'_>, place: &Place) -> Vec<String> {
    if is_single(curve) {
        return vec![String::new(); curve.absent.len()];
    }
    let long = |absent: &Absent| format!("{}/{}", absent.count, absent.of);
    let all: Vec<String> = curve.absent.iter().map(long).collect();
    let x = |absent: &Absent| place.point(absent.x, place.y.low).0;
    let ends = curve.absent.iter().zip(&all).map(|(a, words)| x(a) + width(words, TINY));
    let next = curve.absent.iter().skip(1).map(|a| x(a) - 2.0 * (CROSS + APART));
    let clear = ends.clone().zip(next).all(|(end, next)| end + CROSS + APART <= next);
    if clear && ends.fold(0.0, f64::max) + CROSS + APART < super::WIDTH - 1.0 {
        all
    } else {
        curve.absent.iter().map(|absent| absent.count.to_string()).collect()
    }
}
