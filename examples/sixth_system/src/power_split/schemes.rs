//! The schemes: a row each.

use noctule::system::{Method, NoSettings, Run, Scheme};
use noctule::{Bound, Certificate, Design, Error, Proof, Sense, Stop, Trace, Work};

use super::{Instance, PowerSplit, PowerSplitDesign, Split, evaluate};

pub(super) const SCHEMES: &[Scheme<PowerSplit>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "what the target needs, the rest to the user: the global optimum in closed form",
        &Method::new(optimal),
        (),
    ),
    Scheme::new(
        "equal",
        "Equal",
        "half and half: no claim",
        &Method::new(|x, _: &NoSettings, _| Ok(told(x, Split { user_share: 0.5 }, None))),
        (),
    ),
];

fn optimal(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Split>,
) -> Result<PowerSplitDesign, Error> {
    let split = Split { user_share: (1.0 - instance.needed()).max(0.0) };
    Ok(told(instance, split, Some(evaluate(instance, split).rate_bps_hz)))
}

/// A design with its proof: the bound where the rate is the highest there is, a certificate where
/// all power for the target is not enough.
fn told(instance: &Instance, split: Split, highest: Option<f64>) -> PowerSplitDesign {
    let metrics = evaluate(instance, split);
    let smallest = instance.needed() * instance.crb_limit;
    let infeasible = (instance.needed() > 1.0).then(|| {
        let asked = instance.crb_limit;
        let statement = format!("a bound of {asked:.3e} is asked, {smallest:.3e} is the smallest");
        Certificate::new("closed-form", statement, asked, smallest)
    });
    let violation =
        metrics.crb.map_or(f64::INFINITY, |crb| (crb / instance.crb_limit - 1.0).max(0.0));
    let bound = highest.filter(|_| infeasible.is_none()).and_then(|highest| {
        Bound::new(metrics.rate_bps_hz, highest, Sense::Upper, "closed-form", 0.0)
    });
    Design {
        variables: split,
        starts: vec![Some(metrics.rate_bps_hz)],
        metrics,
        stop: Stop::Computed,
        proof: Proof { infeasible, ..Proof::feasible(violation) }.with_bound(bound),
        trace: Trace::off(),
        work: Work::default(),
        warnings: Vec::new(),
    }
}
