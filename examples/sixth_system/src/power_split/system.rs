//! The system: types, tables, and what cannot be derived from them.

use noctule::claims::{Again, Bounded, Checks, closed_form, same_certificate};
use noctule::data::{Array, ArraySet, FieldInfo, Taker};
use noctule::system::{Blur, Checked, DesignOf, Metric, Scheme, Series, System, Table};
use noctule::{Certificate, Error, InputError};

use super::schemes::SCHEMES;
use super::table::METRICS;
use super::{FIELDS, ID, Instance, Metrics, PowerSplit, Scenario, Split, evaluate, number};

impl System for PowerSplit {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Split;
    type Metrics = Metrics;
    type Claims = ();

    const ID: &'static str = ID;
    const TITLE: &'static str = "one antenna splits its power between a user and a target";
    const SCHEMES: &'static [Scheme<Self>] = SCHEMES;
    const METRICS: &'static [Metric<Self>] = METRICS;
    const SERIES: &'static [Series<Self>] = &[];
    const INSTANCE_FIELDS: &'static [FieldInfo] = FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] =
        &[number("user_share", "share of the power that serves the user")];
    const CLAIMS: Checks<Instance, Split, Metrics, ()> = Checks {
        added: &[],
        restored: |_, _| {},
        bounded: |said, _| Some(Bounded::above(said.metrics.rate_bps_hz)),
        bound: |said, _| {
            let best = Split { user_share: 1.0 - said.instance.needed() };
            Ok(Again::Proven(evaluate(said.instance, best).rate_bps_hz))
        },
        residual: |_| Ok(None),
        infeasible: |said, stored, out| {
            let found = (said.instance.needed() > 1.0).then(|| Certificate {
                required: said.instance.crb_limit,
                reachable: said.instance.needed() * said.instance.crb_limit,
                ..stored.clone()
            });
            Ok(same_certificate(stored, found.as_ref(), out))
        },
        stop: |_, stop, _| closed_form(stop),
    };

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(_: &Scenario) -> bool {
        true
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn evaluate(instance: &Instance, split: &Split) -> Result<Metrics, Error> {
        Ok(evaluate(instance, *split))
    }

    /// The witness goes by decibels where the model goes by ratios.
    fn check(instance: &Instance, split: &Split) -> Result<Checked, Error> {
        let db = |x: f64| 10.0 * x.log10();
        let power = |share: f64| db(share * instance.power_w) - db(instance.noise_w);
        let snr = power(split.user_share) + db(instance.user_gain);
        let rate = (10_f64.powf(snr / 10.0)).ln_1p() / std::f64::consts::LN_2;
        let echo = power(1.0 - split.user_share) + db(instance.echo_gain) + db(2.0);
        let over = 10_f64.powf((-echo - db(instance.crb_limit)) / 10.0) - 1.0;
        // Decibels and back cost a few units in the last place.
        let violation = if over > 1e-12 { over } else { 0.0 };
        let numbers = vec![("rate_bps_hz", Some(rate))];
        Ok(Checked { objective: Some(rate), violation, numbers, blur: Blur::default() })
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.rate_bps_hz)
    }

    fn advice(_: &Instance, _: &Metrics) -> Vec<String> {
        Vec::new()
    }

    fn instance(arrays: ArraySet, base: Option<&Instance>) -> Result<Instance, Error> {
        let mut all = base.map(Self::instance_arrays).unwrap_or_default();
        all.extend(arrays);
        let mut taker = Taker::new(&all, FIELDS);
        let mut numbers = [0.0; 5];
        for (slot, field) in numbers.iter_mut().zip(FIELDS) {
            *slot = taker.number(field.name)?;
        }
        Instance::new(numbers)
    }

    fn instance_arrays(x: &Instance) -> ArraySet {
        let numbers = [x.power_w, x.noise_w, x.user_gain, x.echo_gain, x.crb_limit];
        let mut set = ArraySet::new();
        for (field, value) in FIELDS.iter().zip(numbers) {
            set.insert(field.name, Array::number(value));
        }
        set
    }

    fn variables(arrays: &ArraySet, _: &Instance) -> Result<Split, Error> {
        let user_share = Taker::new(arrays, Self::VARIABLE_FIELDS).number("user_share")?;
        if !(0.0..=1.0).contains(&user_share) {
            let found = user_share.to_string();
            return Err(InputError::new("not a share", "user_share", found, "0 to 1").into());
        }
        Ok(Split { user_share })
    }

    fn variable_arrays(split: &Split) -> ArraySet {
        let mut set = ArraySet::new();
        set.insert("user_share", Array::number(split.user_share));
        set
    }

    fn headline(_: &Instance) -> String {
        "one antenna, one user, one target".to_owned()
    }

    fn facts(_: &Instance, design: &DesignOf<Self>) -> Vec<(String, String)> {
        vec![("rate".to_owned(), format!("{:.4} bit/s/Hz", design.metrics.rate_bps_hz))]
    }

    fn tables(_: &Instance, _: &DesignOf<Self>) -> Vec<Table> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use noctule::{Run, System};
    use noctule_lab::single::{Single, Source};
    use noctule_lab::system::System as _;
    use noctule_lab::systems::Of;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_optimum_is_never_behind_and_stays_below_its_bound() {
        for trial in 0..50 {
            let instance = Scenario::default().realize(1, trial).unwrap();
            let best = PowerSplit::SCHEMES[0].design(&instance, &Run::default()).unwrap();
            assert!(best.proof.is_global(1e-12));
            for k in 0..=100 {
                let split = Split { user_share: f64::from(k) / 100.0 };
                let witness = PowerSplit::check(&instance, &split).unwrap();
                let beaten = witness.violation <= 1e-9
                    && witness.objective > Some(best.metrics.rate_bps_hz * (1.0 + 1e-12));
                assert!(!beaten, "{split:?}");
            }
        }
    }

    #[test]
    fn its_documents_are_confirmed_also_where_nothing_is_possible() {
        let sixth = Of::<PowerSplit>::new();
        for limit in [-10.0, -40.0] {
            let mut scenario = sixth.default_scenario();
            scenario["crb_limit_db"] = json!(limit);
            for scheme in sixth.schemes() {
                let scenario = Some(scenario.clone());
                let source = Source { scenario, arrays: None, seed: 1, trial: 0 };
                let settings = sixth.default_settings(scheme.name).unwrap();
                let story =
                    sixth.design(&source, scheme.name, &settings, &Default::default()).unwrap();
                assert_eq!(story.infeasible, limit < -30.0);
                assert!(sixth.verify(&story.document).unwrap().agrees, "{limit} {}", scheme.name);
            }
        }
    }
}
