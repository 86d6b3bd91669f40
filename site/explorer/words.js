// A scene as text: TOML, Python, the command line, and the part of an address that holds it.

const bare = /^[A-Za-z0-9_-]+$/;
const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** A value as TOML, in one line. */
export function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (isTable(value)) {
    const members = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
    return `{ ${members.map(([key, inner]) => `${bare.test(key) ? key : JSON.stringify(key)} = ${toml(inner)}`).join(", ")} }`;
  }
  return JSON.stringify(value);
}

/** A scenario file. */
export function tomlFile(system, scenario) {
  const lines = Object.entries(scenario).filter(([, value]) => value !== null && value !== undefined);
  const said = lines.map(([key, value]) => `${key} = ${toml(value)}`);
  return [`format = "noctule-scenario/1"`, `system = "${system}"`, "", "[scenario]", ...said, ""].join("\n");
}

/** A value as Python. */
export function python(value) {
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (isTable(value)) return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${python(inner)}`).join(", ")}}`;
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  return JSON.stringify(value);
}

/** A script. */
export function pythonScript({ system, scenario, seed, scheme }) {
  const said = Object.entries(scenario).map(([key, value]) => `    ${JSON.stringify(key)}: ${python(value)},`);
  const lines = ["import noctule", "", "scenario = {", ...said, "}"];
  lines.push(`instance = noctule.Instance(${JSON.stringify(system)}, scenario=scenario, seed=${seed})`);
  lines.push(`design = instance.design(${JSON.stringify(scheme)}, certify=True)`, "print(design)", "");
  return lines.join("\n");
}

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** A command. */
export function command({ system, scenario, seed, scheme }) {
  const words = ["noctule", "design", system, "--scheme", scheme, "--seed", String(seed)];
  for (const [key, value] of Object.entries(scenario)) {
    if (value !== null && value !== undefined) words.push("-s", quoted(`scenario.${key}=${toml(value)}`));
  }
  return words.join(" ");
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const plain = (word) => new TextDecoder().decode(Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)));

/** What stands behind the `#` of an address. */
export const hashOf = (state) => `#scene=${base64(JSON.stringify(state))}`;

/** The state of an address; null where there is none or it is damaged. */
export function stateOf(hash) {
  const found = /^#scene=([\w-]+)$/.exec(hash);
  if (!found) return null;
  try {
    return JSON.parse(plain(found[1]));
  } catch {
    return null;
  }
}
