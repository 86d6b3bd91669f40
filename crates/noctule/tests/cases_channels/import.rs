//! Channels of other programs, element by element.

use noctule::C64;
use noctule::data::{Array, Entries, Imported, Reading, import};
use serde_json::Value;

use crate::alignment::{cosine, steering};
use crate::reference::Fields;

fn nested(value: &Value) -> Array {
    let (mut shape, mut probe, mut numbers) = (Vec::new(), value, Vec::new());
    while let Value::Array(items) = probe {
        shape.push(items.len());
        probe = &items[0];
    }
    fn flat(value: &Value, numbers: &mut Vec<f64>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| flat(item, numbers)),
            number => numbers.push(number.as_f64().unwrap()),
        }
    }
    flat(value, &mut numbers);
    assert_eq!(shape.pop(), Some(2));
    let pairs = numbers.chunks_exact(2).map(|pair| C64::new(pair[0], pair[1])).collect();
    Array::complex(shape, pairs)
}

fn imported(array: &Array, options: &str) -> Imported {
    import(array, &options.parse::<Reading>().unwrap()).unwrap()
}

fn assert_near(found: &Array, expected: &Array, what: &str) {
    assert_eq!(found.shape, expected.shape, "{what}");
    let (x, y) = (complexes(found), complexes(expected));
    let most = y.iter().map(|z| z.norm()).fold(0.0, f64::max);
    let off = x.iter().zip(&y).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
    assert!(off <= 1e-9 * most, "{what}: {off:e}");
}

fn complexes(array: &Array) -> Vec<C64> {
    match &array.entries {
        Entries::Complex(values) => values.clone(),
        Entries::Real(values) => values.iter().map(|&x| C64::from(x)).collect(),
    }
}

/// A file of one program: how it is read, where it lies, and which answer it has.
fn compare(
    inputs: &mut Fields,
    expected: &mut Fields,
    sides: &str,
    [tool, input, output]: [&str; 3],
) {
    let found = imported(&nested(&inputs.take(input)), &format!("tool={tool}{sides}"));
    assert_near(&found.array, &nested(&expected.take(output)), tool);
}

fn deepmimo(fields: &mut Fields) -> Array {
    let sides = format!("{}x{}", fields.count("ny"), fields.count("nz"));
    let total = fields.count("total_subcarriers");
    let options = format!("tool=deepmimo; array={sides}; total-subcarriers={total}");
    imported(&nested(&fields.take("channels")), &options).array
}

pub(crate) fn import_of_every_tool(inputs: &mut Fields, expected: &mut Fields) {
    let (rows, columns) = (inputs.count("rows"), inputs.count("columns"));
    let sides = format!("; array={columns}x{rows}");
    compare(inputs, expected, &sides, ["sionna", "sionna", "sionna"]);
    compare(inputs, expected, "", ["quadriga", "quadriga_fr", "quadriga"]);
    compare(inputs, expected, "", ["5g-toolbox", "toolbox_5g", "toolbox_5g"]);
    let mut inner = inputs.inside("deepmimo");
    assert_near(&deepmimo(&mut inner), &nested(&expected.take("deepmimo")), "deepmimo");
    inner.finish();
    let mut check = inputs.inside("los_check");
    let (azimuth, polar) = (check.number("azimuth_rad"), check.number("polar_rad"));
    let a = steering(columns, rows, azimuth, polar);
    let sionna = imported(&nested(&check.take("sionna")), &format!("tool=sionna{sides}"));
    let mut inner = check.inside("deepmimo");
    let deepmimo = complexes(&deepmimo(&mut inner));
    inner.finish();
    check.finish();
    let sionna = complexes(&sionna.array);
    let wanted = expected.number("los_check_cosine");
    for found in [cosine(&sionna, &deepmimo), cosine(&a, &sionna), cosine(&a, &deepmimo)] {
        assert!((found - wanted).abs() < 1e-9, "{found}");
    }
}
