// What the explorer shows of each system: a scene to begin with, what can be dragged and turned,
// lessons. The library knows the rest: every number on the page comes from it.

const round = (x, step) => Math.round(x / step) * step;
const tidy = (x, digits = 1) => Number(x.toFixed(digits));

/** The value at a path of names and indices. */
export const at = (scenario, path) => path.split(".").reduce((inner, key) => inner?.[key], scenario);

/** A copy of the scenario with another value there. */
export function put(scenario, path, value) {
  const copy = structuredClone(scenario);
  const keys = path.split(".");
  const last = keys.pop();
  const home = keys.reduce((inner, key) => (inner[key] ??= {}), copy);
  home[last] = value;
  return copy;
}

const metres = (list) => (scenario) => at(scenario, list) ?? [];

/** Everybody of a list of `[x, y]` at a path. */
const crowd = (path, kind, name, scale = 1) => ({
  kind,
  list: (scenario) => metres(path)(scenario).map((place, i) => ({ name: `${name} ${i + 1}`, place: place.map((x) => x * scale) })),
  move: (scenario, i, [x, y]) => put(scenario, `${path}.${i}`, [x, y].map((v) => tidy(v / scale, scale === 1 ? 1 : 4))),
});

const angleTarget = (azimuth_deg, polar_deg, size = 0.1, phase = 0) => ({
  azimuth_deg, polar_deg, reflection: [tidy(size * Math.cos(phase), 4), tidy(size * Math.sin(phase), 4)],
});

const rician = (users_deg, k_factor_db = 10) => ({ kind: "rician", k_factor_db, users_deg });

const station = {
  users: 4,
  power_dbm: 10,
  user_noise_dbm: 0,
  sensing_noise_dbm: -20,
  crb_weight: 1000,
  transmit_array: { horizontal: 4, vertical: 4 },
  channel: rician([[-55, 92], [-8, 84], [18, 98], [62, 90]]),
  targets: { fixed: [angleTarget(-30, 75), angleTarget(40, 100, 0.1, 0.93)] },
};

const beamforming = {
  id: "beamforming",
  title: "Base station",
  line: "Beams for users and targets at once: rate against the Cramér–Rao bound.",
  module: "noctule-beamforming.wasm",
  // opens documents, and has bands, estimates of channels and simulated echoes: no scene of this page, but perhaps of a link
  whole: "noctule-whole.wasm",
  needsWhole: ({ ofdm, knowledge, echo_draws }) => Boolean(ofdm || knowledge || echo_draws),
  view: "sky",
  base: station,
  scheme: "balanced",
  live: { starts: 1, tolerance: 1e-5 },
  full: {},
  details: true,
  pictures: ["pattern"],
  objective: "objective",
  show: [
    ["sum_rate_bps_hz", "Sum rate", "bit/s/Hz", 2],
    ["worst_angle_rcrb_deg", "Worst root-CRB of an angle", "°", 3],
    ["objective", "Objective", "", 3],
  ],
  sliders: [
    { path: "power_dbm", label: "Transmit power", unit: "dBm", min: -10, max: 40, step: 0.5 },
    { path: "crb_weight", label: "Weight of the bound", unit: "", min: 1, max: 1e6, log: true, goals: ["weighted"] },
    { path: "require.azimuth_deg", label: "Root-CRB of every azimuth at most", unit: "°", min: 0.3, max: 10, log: true, goals: ["sum-rate", "max-min-rate", "min-power"] },
    { path: "require.sinr_db", label: "SINR of every user at least", unit: "dB", min: -5, max: 30, step: 0.5, goals: ["min-crb", "min-power"] },
    { path: "user_noise_dbm", label: "Noise of a user", unit: "dBm", min: -30, max: 30, step: 0.5 },
    { path: "sensing_noise_dbm", label: "Noise of the radar", unit: "dBm", min: -50, max: 10, step: 0.5 },
    { path: "channel.k_factor_db", label: "Line of sight over scatter", unit: "dB", min: -20, max: 60, step: 1 },
    { path: "transmit_array.horizontal", label: "Antennas in a row", unit: "", min: 2, max: 16, step: 1 },
    { path: "transmit_array.vertical", label: "Antennas in a column", unit: "", min: 2, max: 8, step: 1 },
  ],
  goals: [
    ["weighted", "rate against bound, weighted", {}],
    ["min-crb", "best bound, SINR required", { sinr_db: 10 }],
    ["max-min-rate", "best worst rate, accuracy required", { azimuth_deg: 1 }],
    ["sum-rate", "best sum rate, accuracy required", { azimuth_deg: 1 }],
    ["min-power", "least power, both required", { sinr_db: 5, azimuth_deg: 1.5 }],
  ],
  presets: [
    ["A station, four users, two targets", "The scene to begin with. Drag anything; every frame is a design.", station],
    ["Two targets merge", "Drag the targets together: the radar can no longer tell them apart, and their ellipses grow without end, whatever is sent.",
      { ...station, targets: { fixed: [angleTarget(-6, 90), angleTarget(6, 90, 0.1, 0.93)] }, channel: rician([[-55, 92], [-30, 84], [35, 98], [62, 90]]) }],
    ["A user in front of a target", "One beam serves both: what the user hears lights the target for nothing. Drag the user away and see what it costs.",
      { ...station, users: 2, channel: rician([[25, 90], [-40, 90]], 20), targets: { fixed: [angleTarget(25, 90)] } }],
    ["Users switched off", "At low power the sum rate is largest when some users get nothing. Raise the power, and they come back one by one.",
      { ...station, power_dbm: -4, crb_weight: 30, users: 5, channel: rician([[-12, 90], [-4, 88], [4, 92], [12, 90], [60, 90]], 15) }],
    ["A mirror image", "One row of antennas cannot tell what is above from what is below: the bound of the polar angle explodes at the horizon.",
      { ...station, transmit_array: { horizontal: 8, vertical: 2 }, users: 2, channel: rician([[-50, 90], [55, 90]]), targets: { fixed: [angleTarget(-10, 90), angleTarget(20, 70)] } }],
    ["Rate for nothing", "At this end all that counts is the bound. The curve is flat here: users get rate that costs the radar nothing.",
      { ...station, crb_weight: 300000 }],
  ],
};

const frame = {
  id: "frame",
  title: "Frame",
  line: "How long to sense, how often to update channels that age.",
  module: "noctule-systems.wasm",
  view: "fan",
  base: {
    users: { fixed: [-45, -20, 5, 25, 55].map((angle_deg) => ({ angle_deg, speed_kmh: 3 })) },
    aging: { kind: "geometric", correlation: 0.98 }, crb_limit: { deg2: 0.05 }, power_dbm: 23, pilot_snr_db: 10, echo_snr_db: 2.4, blocks: 35, pilot_symbols: 9, angular_spread_deg: 1,
  },
  scheme: "optimal",
  live: {},
  full: {},
  pictures: ["timeline"],
  objective: "sum_rate_bps_hz",
  show: [
    ["sum_rate_bps_hz", "Sum rate over the frame", "bit/s/Hz", 4],
    ["sensing_blocks", "Sensing", "blocks", 2],
    ["updates", "Channel updates", "", 0],
    ["worst_angle_rcrb_deg", "Worst root-CRB of an angle", "°", 3],
  ],
  sliders: [
    { path: "crb_limit.deg2", label: "Bound of an angle at most", unit: "deg²", min: 0.02, max: 1, log: true },
    { path: "aging.correlation", label: "Correlation from block to block", unit: "", min: 0.8, max: 0.999, step: 0.001 },
    { path: "power_dbm", label: "Transmit power", unit: "dBm", min: 0, max: 40, step: 0.5 },
    { path: "pilot_snr_db", label: "SNR of a pilot", unit: "dB", min: -10, max: 40, step: 0.5 },
    { path: "echo_snr_db", label: "SNR of an echo", unit: "dB", min: -10, max: 30, step: 0.5 },
    { path: "blocks", label: "Blocks of a frame", unit: "", min: 10, max: 100, step: 1 },
    { path: "pilot_symbols", label: "Symbols of a pilot", unit: "", min: 5, max: 40, step: 1 },
  ],
  presets: [],
};
frame.base.users.fixed.forEach((user) => delete user.speed_kmh);
frame.presets = [
  ["Five users, slow aging", "The coloured steps are what a block carries; each white line is an update of the channels.", frame.base],
  ["Channels age fast", "A correlation of 0.9: what was estimated is worth little after two blocks, and updates crowd the frame.", { ...frame.base, aging: { kind: "geometric", correlation: 0.9 } }],
  ["One user near endfire", "The bound of an angle grows towards ±90°, and one user asks for all the sensing. Drag it to the middle.",
    { ...frame.base, users: { fixed: [-60, 0, 30].map((angle_deg) => ({ angle_deg })) } }],
];

const road = [37.5, 112.5, 187.5, 262.5];
const pilots = {
  id: "pilots",
  title: "Pilots",
  line: "Downlink pilot powers of a cell-free network that must also locate its users.",
  module: "noctule-systems.wasm",
  view: "plan",
  base: {
    access_points: { fixed: [...road.map((x) => [x, 0]), ...road.map((x) => [x, 100])] },
    users: { fixed: [[120, 35], [210, 70]] },
    crb_limit: { m2: 0.5 }, pilot_power_mw: 200, pilot_symbols: 400, downlink_share: 0.5, cross_section_m2: 0.85, uplink_correlation: 0, downlink_correlation: 0,
  },
  scheme: "optimal",
  live: {},
  full: { certify: true },
  pictures: ["scene"],
  objective: "worst_error",
  items: [crowd("access_points.fixed", "station", "access point"), crowd("users.fixed", "user", "user")],
  // the root-CRB of a place, ten times as large as it is
  radius: (metrics) => metrics.crb_m2?.map((m2) => 10 * Math.sqrt(m2)),
  show: [
    ["worst_error", "Worst error of an estimate", "", 8],
    ["worst_position_rcrb_m", "Worst root-CRB of a position", "m", 3],
    ["power_percent", "Pilot power spent", "%", 1],
    ["mean_rate_mbps", "Mean data rate", "Mbit/s", 2],
  ],
  sliders: [
    { path: "crb_limit.m2", label: "Bound of a position at most", unit: "m²", min: 0.02, max: 10, log: true },
    { path: "pilot_power_mw", label: "Power of a pilot symbol", unit: "mW", min: 10, max: 1000, log: true },
    { path: "pilot_symbols", label: "Pilot symbols", unit: "", min: 20, max: 1000, step: 10 },
    { path: "downlink_share", label: "Share of them downlink", unit: "", min: 0.05, max: 0.95, step: 0.01 },
    { path: "cross_section_m2", label: "Radar cross-section of a user", unit: "m²", min: 0.05, max: 10, log: true },
    { path: "downlink_correlation", label: "Correlation of downlink pilots", unit: "", min: 0, max: 0.9, step: 0.01 },
  ],
  presets: [],
};
pilots.presets = [
  ["A road with eight points", "Arrows are pilot powers, circles the root-CRB of a position. Drag users and access points.", pilots.base],
  ["A limit that binds", "Ask for 0.13 m²: power moves to the points that locate best, and estimates get worse.", { ...pilots.base, crb_limit: { m2: 0.13 } }],
  ["Out of reach", "No powers locate both users to 0.02 m²: the answer is a certificate, and the best that is possible.", { ...pilots.base, crb_limit: { m2: 0.02 } }],
];

const surfaces = {
  id: "surfaces",
  title: "Surfaces",
  line: "Which reflecting surfaces to build for a blocked user and target.",
  module: "noctule-surfaces.wasm",
  view: "plan",
  base: {
    base_m: [0, 0], user_m: [100, 0],
    layout: { sites: [[50, 6.3], [50, -6.3], [50, 20.2], [50, -20.2], [50, 40], [50, -40]] },
    power_dbm: 30, elements: 840, crb_limit_db: -32, user_noise_dbm: -80, sensing_noise_dbm: -110,
  },
  scheme: "full-covariance",
  // which sites are built is chosen at rest: phases for a target that is elsewhere take seconds
  live: (scenario) => ({ select: scenario.target_m ? "single" : "all" }),
  // where paths overlap, all of them take half a second
  quick: { select: "single" },
  note: "While you drag all sites are built, or one where that takes too long; at rest the best of them.",
  full: { certify: true },
  pictures: ["scene", "pattern"],
  objective: "rate_bps_hz",
  items: [
    { kind: "station", list: (s) => [{ name: "base station", place: s.base_m }], move: (s, _, p) => put(s, "base_m", p.map((x) => tidy(x))) },
    crowd("layout.sites", "surface", "site"),
    { kind: "user", list: (s) => [{ name: "user", place: s.user_m }], move: (s, _, p) => put(s, "user_m", p.map((x) => tidy(x))) },
    { kind: "target", list: (s) => (s.target_m ? [{ name: "target", place: s.target_m }] : []), move: (s, _, p) => put(s, "target_m", p.map((x) => tidy(x))) },
  ],
  show: [
    ["rate_bps_hz", "Rate", "bit/s/Hz", 3],
    ["crb_db", "CRB of the target's spatial frequency", "dB", 2],
    ["surfaces", "Surfaces built", "", 0],
    ["streams", "Streams", "", 0],
  ],
  sliders: [
    { path: "crb_limit_db", label: "CRB at most", unit: "dB", min: -60, max: -10, step: 0.5 },
    { path: "power_dbm", label: "Transmit power", unit: "dBm", min: 0, max: 50, step: 0.5 },
    { path: "elements", label: "Elements in all", unit: "", min: 60, max: 3000, step: 60 },
    { path: "user_noise_dbm", label: "Noise of the user", unit: "dBm", min: -110, max: -50, step: 1 },
    { path: "sensing_noise_dbm", label: "Noise of the sensors", unit: "dBm", min: -130, max: -60, step: 1 },
  ],
  presets: [],
};
surfaces.presets = [
  ["The user is the target", "Filled squares are built. Drag base station, user and sites: one beam serves both ends, and what is proven is exact.", surfaces.base],
  ["Somebody else is the target", "Phases that suit the user do not suit the target: the rate pays for the accuracy. Give it a moment.", { ...surfaces.base, target_m: [85, 20] }],
  ["A strict bound", "Ask for 3 dB more: power moves to the surface that senses.", { ...surfaces.base, crb_limit_db: -35 }],
];

const cellfree = {
  id: "cellfree",
  title: "Cell-free",
  line: "Access points that serve users together while some of them sense.",
  module: "noctule-systems.wasm",
  view: "plan",
  base: {
    antennas: 6,
    places: { fixed: {
      aps_km: [[0.4, 0.4], [1.6, 0.4], [0.4, 1.6], [1.6, 1.6]],
      users_km: [[0.7, 0.8], [1.2, 0.5], [0.9, 1.5], [1.5, 1.1]],
      targets_km: [[0.8, 0.3], [1.3, 1.7]],
    } },
    power_over_noise_db: 125, requirement: { error_over_best: 1.2 }, grid_points: 91, window_deg: 10,
  },
  scheme: "balanced",
  live: { starts: 1, tolerance: 1e-3, max_evaluations: 300 },
  full: { certify: { nodes: 200 } },
  pictures: ["scene", "pattern"],
  objective: "objective",
  items: [crowd("places.fixed.aps_km", "station", "access point", 1000), crowd("places.fixed.users_km", "user", "user", 1000), crowd("places.fixed.targets_km", "target", "target", 1000)],
  show: [
    ["sum_rate_bps_hz", "Sum rate", "bit/s/Hz", 2],
    ["error", "Mean beampattern error", "", 4],
    ["worst_rate_bps_hz", "Worst rate", "bit/s/Hz", 3],
  ],
  sliders: [
    { path: "requirement.error_over_best", label: "Beampattern error over the best", unit: "×", min: 1.02, max: 5, log: true },
    { path: "power_over_noise_db", label: "Power over noise", unit: "dB", min: 95, max: 150, step: 1 },
    { path: "antennas", label: "Antennas of a point", unit: "", min: 2, max: 12, step: 1 },
    { path: "window_deg", label: "Width of the ideal beam", unit: "°", min: 4, max: 40, step: 1 },
  ],
  presets: [],
};
cellfree.presets = [
  ["Four points, four users, two targets", "Arrows are powers. The points nearest to the targets sense.", cellfree.base],
  ["Nothing required", "All for the users: patterns ignore the targets.", { ...cellfree.base, requirement: { error_over_best: 5 } }],
  ["A strict pattern", "Within 5 % of the best beampattern: look at what is left for the users.", { ...cellfree.base, requirement: { error_over_best: 1.05 } }],
];

/** The settings of a frame that is dragged. */
export const liveOf = (system, scenario) => (typeof system.live === "function" ? system.live(scenario) : system.live);

/** The module that designs for a scenario. */
export const moduleOf = (system, scenario) => (system.needsWhole?.(scenario) ? system.whole : system.module);

/** The module that opens its documents. */
export const moduleOpening = (system) => system.whole ?? system.module;

/** All of them, the first one first. */
export const SYSTEMS = [beamforming, frame, pilots, surfaces, cellfree];

/** One by name. */
export const systemOf = (id) => SYSTEMS.find((system) => system.id === id) ?? beamforming;

/** Users and targets of a base station that can be moved over the sky, and how many there may be. */
export const sky = {
  users: (scenario) => (scenario.channel?.users_deg ?? []).map(([azimuth, polar], i) => ({ name: `user ${i + 1}`, azimuth, polar })),
  targets: (scenario) => scenario.targets.fixed.map((target, i) => ({ name: `target ${i + 1}`, azimuth: target.azimuth_deg, polar: target.polar_deg })),
  moveUser: (scenario, i, azimuth, polar) => put(scenario, `channel.users_deg.${i}`, [round(azimuth, 0.5), round(polar, 0.5)]),
  moveTarget(scenario, i, azimuth, polar) {
    const target = { ...scenario.targets.fixed[i], azimuth_deg: round(azimuth, 0.5), polar_deg: round(polar, 0.5) };
    return put(scenario, `targets.fixed.${i}`, target);
  },
  setUsers(scenario, count) {
    const users = structuredClone(scenario.channel.users_deg).slice(0, count);
    while (users.length < count) users.push([round(-70 + ((users.length * 53) % 140), 0.5), 90]);
    return { ...scenario, users: count, channel: { ...scenario.channel, users_deg: users } };
  },
  setTargets(scenario, count) {
    const targets = structuredClone(scenario.targets.fixed).slice(0, count);
    while (targets.length < count) targets.push(angleTarget(round(-60 + ((targets.length * 47) % 120), 0.5), 90 + (targets.length % 2 ? 12 : -12), 0.1, targets.length));
    return { ...scenario, targets: { fixed: targets } };
  },
};

/** The scenario of another goal. */
export function withGoal(system, scenario, kind) {
  const { goal: _goal, require: _require, ...rest } = structuredClone(scenario);
  if (kind === "weighted") return rest;
  const [, , require] = system.goals.find(([name]) => name === kind);
  return { ...rest, goal: { kind }, require: { ...require } };
}
