use noctule::Interrupt;
use noctule::frame::baselines::*;
use noctule::frame::*;
use std::time::Instant;
fn main() {
    let it = Interrupt::new();
    for shape in ErrorShape::ALL {
        for sinr in SinrForm::ALL {
            for (name, aging) in [
                ("geo", Aging::Geometric { correlation: 0.98 }),
                ("jakes30", Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 }),
            ] {
                for limit in [CrbLimit::Deg2(0.05), CrbLimit::Deg2(0.5)] {
                    let s = Scenario {
                        error_shape: shape,
                        sinr,
                        aging: aging.clone(),
                        crb_limit: limit,
                        ..Default::default()
                    };
                    let i = s.realize(1, 0).unwrap();
                    let t = Instant::now();
                    let d = design(&i, &Settings::default()).unwrap();
                    let dt = t.elapsed();
                    let e = even_split(&i, &Settings::default(), &it).unwrap();
                    println!(
                        "{:?} {:?} {} {:?}: rate {:.6e} T {:.4} M {} even {:.6e} | nodes {} samples {} gap {:.1e} stop {} {:?} sinr {:.3?}",
                        shape,
                        sinr,
                        name,
                        limit,
                        d.metrics.frame_bits_per_hz,
                        d.metrics.sensing_blocks,
                        d.metrics.updates,
                        e.metrics.frame_bits_per_hz,
                        d.work.iterations,
                        d.work.evaluations,
                        d.proof.bound.as_ref().map_or(9.0, |b| b.gap_rel),
                        d.stop,
                        dt,
                        d.metrics.sinr
                    );
                }
            }
        }
    }
    for (n, k, l) in [(560, 20, 64)] {
        for sinr in SinrForm::ALL {
            for extra in [0.0, 10.0, 25.0] {
                for aging in [
                    Aging::Geometric { correlation: 0.98 },
                    Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 },
                ] {
                    let s = Scenario {
                        blocks: n,
                        transmit_antennas: l,
                        receive_antennas: l,
                        sinr,
                        aging: aging.clone(),
                        users: Users::Drawn(DrawnUsers { count: k, ..Default::default() }),
                        echo_snr_db: -38.0 + extra,
                        ..Default::default()
                    };
                    let i = s.realize(1, 0).unwrap();
                    let t = Instant::now();
                    let d = design(&i, &Settings::default()).unwrap();
                    println!(
                        "{n} {k} {l} {sinr:?} {aging:?} {:?} T {} M {} nodes {} samples {} gap {:.1e} {}",
                        t.elapsed(),
                        d.metrics.sensing_blocks,
                        d.metrics.updates,
                        d.work.iterations,
                        d.work.evaluations,
                        d.proof.bound.map_or(9.0, |b| b.gap_rel),
                        d.stop
                    );
                }
            }
        }
    }
}
