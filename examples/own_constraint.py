"""A constraint of one's own in a few lines, and its price: the largest sum rate under a limit on the
trace of the Cramér–Rao bound, instead of a weighted sum of the two.

    maximise  sum_k R_k    subject to  CRB trace <= limit,  |W|^2 = P

The same in Rust: crates/noctule/examples/own_constraint.rs.
"""

import numpy as np

import noctule
from noctule import optim

instance = noctule.beamforming.Scenario().realize(seed=1, trial=0)
h, noise = instance["channels"], instance["user_noise_w"]
scene = {name: instance[name] for name in
         ("transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection")}
information = 2 * instance["snapshots"] / instance["sensing_noise_w"]

weighted = instance.design()
sphere = optim.sphere_of_power(instance["power_w"], weighted.beams.shape)


def minus_rate(w):
    value, gradient = noctule.phy.sum_rate(h, w, noise)
    return -value, -gradient


def solve(limit):
    def bound(w):
        trace, gradient = noctule.beamforming.crb_trace(w, **scene, information=information)
        return trace / limit - 1, gradient / limit  # at most zero, of the order of one

    assert optim.check_gradient(bound, sphere, weighted.beams).passed
    design = optim.minimize(minus_rate, sphere, weighted.beams, constraints=[bound], instance=instance)
    return design.minimum  # the design itself has every metric, `verify` and `save`


limit = 0.7 * weighted.metrics.crb_trace_mixed
found, looser = solve(limit), solve(1.01 * limit)
print(f"stopped: {found.stop} after {found.evaluations} evaluations, "
      f"violation {found.violation:.0e}")
print(f"weighted sum: {weighted.metrics.sum_rate_nats:.4f} nat/s/Hz at a trace of "
      f"{weighted.metrics.crb_trace_mixed:.4f}")
print(f"limit:        {-found.value:.4f} nat/s/Hz at a trace of {limit:.4f}")
print(f"price:        {found.prices[0]:.4f} nat/s/Hz per relative change of the limit; "
      f"from a limit one percent looser {(found.value - looser.value) / np.log(1.01):.4f}")
