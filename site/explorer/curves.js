// The trade-off of each system: which number is turned along the curve, and what is drawn against what.

import { put } from "./systems.js";

/** Numbers in equal ratios. */
function spread(from, to, count) {
  return Array.from({ length: count }, (_, k) => Number((from * (to / from) ** (k / (count - 1))).toPrecision(6)));
}

const angle = (metrics) => metrics.worst_angle_rcrb_deg;
const azimuth = (metrics) => Math.max(...(metrics.targets ?? []).map((target) => target.azimuth_rcrb_deg));
const rate = (metrics) => metrics.sum_rate_bps_hz;
const decibel = (value) => 10 * Math.log10(value);

/** Of a base station by its goal. `level`: the axis upwards needs not begin at zero. */
const GOALS = {
  weighted: { path: "crb_weight", values: spread(1, 1e6, 15), log: true, back: true, x: (m) => Math.sqrt(m.crb_trace_mixed), y: rate, xLabel: "√tr CRB (mixed units)", yLabel: "sum rate (bit/s/Hz)" },
  "min-crb": { path: "require.sinr_db", values: [-5, 0, 4, 8, 11, 14, 17, 20, 24], x: angle, y: rate, xLabel: "worst root-CRB of an angle (°)", yLabel: "sum rate (bit/s/Hz)" },
  "max-min-rate": { path: "require.azimuth_deg", values: spread(0.4, 6, 9), log: true, x: azimuth, y: (m) => Math.min(...m.rate_bps_hz), xLabel: "worst root-CRB of an azimuth (°)", yLabel: "worst rate (bit/s/Hz)" },
  "sum-rate": { path: "require.azimuth_deg", values: spread(0.4, 6, 8), log: true, x: azimuth, y: rate, xLabel: "worst root-CRB of an azimuth (°)", yLabel: "sum rate (bit/s/Hz)" },
  "min-power": { path: "require.azimuth_deg", values: spread(0.3, 10, 11), log: true, level: true, x: azimuth, y: (m) => decibel(m.power_w * 1e3), xLabel: "worst root-CRB of an azimuth (°)", yLabel: "power (dBm)" },
};

const CURVES = {
  frame: { path: "crb_limit.deg2", values: spread(0.02, 1, 10), log: true, x: angle, y: rate, xLabel: "worst root-CRB of an angle (°)", yLabel: "sum rate over the frame (bit/s/Hz)" },
  // limits over the best in reach, whatever that is in this scene; what they come to is what is turned
  pilots: { path: "crb_limit.m2", values: [1.0005, 1.005, 1.02, 1.06, 1.12, 1.2, 1.4], made: (s, v) => put(s, "crb_limit", { over_best: v }), value: (m) => m.worst_position_rcrb_m ** 2, range: [0.001, 20], log: true, level: true, x: (m) => m.worst_position_rcrb_m, y: (m) => decibel(m.worst_error), xLabel: "worst root-CRB of a position (m)", yLabel: "worst error of an estimate (dB)" },
  surfaces: { path: "crb_limit_db", values: [-48, -44, -40, -38, -37, -36, -35, -34, -33, -32, -30, -26, -20], level: true, x: (m) => 10 ** (m.crb_db / 20), y: (m) => m.rate_bps_hz, xLabel: "root-CRB of the spatial frequency", yLabel: "rate (bit/s/Hz)" },
  cellfree: { path: "requirement.error_over_best", values: spread(1.02, 5, 7), log: true, level: true, x: (m) => m.error, y: rate, xLabel: "mean beampattern error", yLabel: "sum rate (bit/s/Hz)" },
};

/** What others reach in the same scene: a name, and the scheme that gets there. */
const GHOSTS = {
  beamforming: { RZF: "rzf", MRT: "mrt" },
  frame: { "one update": "single-update", "one a block": "every-block" },
  pilots: { "full power": "full-power" },
  surfaces: {},
  cellfree: { ZF: "zero-forcing", MRT: "mrt" },
};

/** The curve of a scenario of a system. */
export const curveOf = (system, scenario) => CURVES[system.id] ?? GOALS[scenario.goal?.kind ?? "weighted"];

/** The schemes that are drawn beside it; powers of their own say nothing where power is the goal. */
export const ghostsOf = (system, scenario) => (scenario.goal?.kind === "min-power" ? { RZF: GHOSTS.beamforming.RZF } : GHOSTS[system.id]);

/** The scenarios of its points. */
export const scenariosOf = (system, scenario) => {
  const { values, path, made } = curveOf(system, scenario);
  return values.map((value) => ({ value, scenario: made ? made(scenario, value) : put(scenario, path, value) }));
};

/** The point of an answer; null where there is none to show. */
export function pointOf(curve, answer) {
  if (!answer?.metrics || answer.error || answer.proof?.infeasible) return null;
  const [x, y] = [curve.x(answer.metrics), curve.y(answer.metrics)];
  return Number.isFinite(x) && Number.isFinite(y) && x > 0 ? [x, y] : null;
}
