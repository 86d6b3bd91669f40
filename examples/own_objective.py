"""An objective of one's own in a few lines: proportional fairness of the users, and the bound of
one angle instead of the trace over everything.

    maximise  sum_k ln R_k  -  weight * CRB(azimuth of target 0)    subject to  |W|^2 = P

The same in Rust: crates/noctule/examples/own_objective.rs.
"""

import numpy as np

import noctule
from noctule import optim

instance = noctule.beamforming.Scenario().realize(seed=1, trial=0)
h, noise = instance["channels"], instance["user_noise_w"]
scene = {name: instance[name] for name in
         ("transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection")}
information = 2 * instance["snapshots"] / instance["sensing_noise_w"]
weights = np.zeros(8)
weights[0] = 10.0  # per squared radian, on the azimuth of target 0 alone


def objective(w):
    """Minus what is maximised, and its gradient."""
    rates = np.log1p(noctule.phy.sinr(h, w, noise))
    _, by_rate = noctule.phy.sum_rate(h, w, noise, weights=1 / rates)
    bound, by_bound = noctule.beamforming.crb_trace(
        w, **scene, information=information, weights=weights)
    return bound - np.log(rates).sum(), by_bound - by_rate


sum_rate = instance.design()
sphere = optim.sphere_of_power(instance["power_w"], sum_rate.beams.shape)
assert optim.check_gradient(objective, sphere, sum_rate.beams).passed
found = optim.minimize(objective, sphere, sum_rate.beams)
fair = instance.evaluate(found.x)

print(f"stopped: {found.stop} after {found.evaluations} evaluations, residual {found.residual:.1e}")
for name, design in (("sum rate", sum_rate), ("fairness", fair)):
    rates = " ".join(f"{rate:5.2f}" for rate in design.metrics.rate_bps_hz)
    azimuth = design.metrics.targets[0].azimuth_rcrb_deg
    print(f"{name}: rates {rates} bit/s/Hz, azimuth 0 to {azimuth:.2f}°")
