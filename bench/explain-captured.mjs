/**
 * How many spoiled manifests of captured launches `explain` gets right with a single change: every
 * option of each line withheld or with another value that the captures have, options that the line
 * lacks added, every field of the platform withheld or wrong, other models.
 *
 *   npm run build && node bench/explain-captured.mjs CASES.jsonl IMAGES... [--only=ID,ID] [--quick]
 *
 * CASES has a launch in each line: id, vmm, hypervisor, rmm, args, platform, images {name: {sha256}},
 * rim. IMAGES are folders with those files under any name. Prints what was not found, by kind.
 * --quick takes a launch for found when the search has the change that undoes the spoiling, and
 * measures only where it has not.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { toHex } from "../dist/bytes.js";
import { groupArguments } from "../dist/compare/arguments.js";
import { changedPlan } from "../dist/compare/candidates.js";
import { LaunchEvaluator } from "../dist/compare/evaluate.js";
import { ExplainSearch } from "../dist/compare/explain.js";
import { nodeHashes } from "../dist/hash/node.js";
import { PageDigestStore } from "../dist/hash/page-digests.js";
import { loadManifest } from "../dist/manifest/load.js";
import { NodeFiles } from "../dist/manifest/node-files.js";

const options = process.argv.slice(2).filter((word) => word.startsWith("--"));
const [casesPath, ...folders] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const only = options
  .find((word) => word.startsWith("--only="))
  ?.slice(7)
  .split(",");
const isQuick = options.includes("--quick");

const imageOf = new Map();
for (const folder of folders) {
  for (const name of readdirSync(folder)) {
    const path = resolve(folder, name);
    if (!statSync(path).isFile()) continue;
    imageOf.set(createHash("sha256").update(readFileSync(path)).digest("hex"), path);
  }
}

const cases = readFileSync(casesPath, "utf8").trim().split("\n").map(JSON.parse);
const familyOf = ({ vmm }) => vmm.split("/")[0];

/** Lists of `key=value` in these options of QEMU vary key by key. */
const LISTS = /^--?(?:M|machine|cpu|object)$/;

/** Wrong values of one setting that are tried. */
const MOST_VALUES = 5;

/** One option of a line: its name, and what stands behind it; list options once a key. */
function settings(args) {
  return groupArguments(args).flatMap((group) => {
    const { option, words, first } = group;
    if (option === undefined || option === "--realm") return [];
    const whole = { name: option, words, first, count: words.length };
    if (!LISTS.test(option) || words[1] === undefined) return [whole];
    const [head, ...parts] = words[1].split(",");
    return parts
      .filter((part) => !/^(?:id|confidential-guest-support)=/.test(part))
      .map((part) => ({
        name: `${option} ${option === "-object" ? `${head} ` : ""}${part.split("=")[0]}`,
        words: [words[0], part],
        first,
        count: words.length,
        part,
        list: words[1],
      }));
  });
}

/** All values that captures of a family give to a setting. */
const valuesOf = new Map();
for (const one of cases) {
  for (const { name, words } of settings(one.args)) {
    const key = `${familyOf(one)} ${name}`;
    const known = valuesOf.get(key) ?? new Map();
    known.set(words.join(" "), words);
    valuesOf.set(key, known);
  }
}

function replaced(args, { first, count, part, list }, words) {
  if (part === undefined) return [...args.slice(0, first), ...words, ...args.slice(first + count)];
  const other = words.length === 0 ? list.replace(`,${part}`, "") : list.replace(part, words[1]);
  return [...args.slice(0, first + 1), other, ...args.slice(first + 2)];
}

function added(args, name, words) {
  const [option, ...key] = name.split(" ");
  if (key.length === 0) return [...args, ...words];
  const head = option === "-object" ? key[0] : "";
  const at = args.findIndex((word, i) => args[i - 1] === option && word.startsWith(head));
  return at < 0 ? undefined : args.with(at, `${args[at]},${words[1]}`);
}

/** Wrong values of fields of the platform; of others, a number more, and 2. */
const WRONG = { hostPageSize: [4096, 65536], maxIpaBits: [40, 48], sveVectorBits: [256, 512] };

/** Wrong manifests of a launch: kind, and the spoiled case. */
function* spoiled(one) {
  const family = familyOf(one);
  const own = settings(one.args);
  for (const setting of own) {
    const { name } = setting;
    yield [`withheld ${name}`, { ...one, args: replaced(one.args, setting, []) }];
    const others = valuesOf.get(`${family} ${name}`) ?? [];
    for (const [text, words] of [...others].slice(0, MOST_VALUES)) {
      if (text === setting.words.join(" ")) continue;
      yield [`wrong ${name}`, { ...one, args: replaced(one.args, setting, words) }];
    }
  }
  for (const [key, values] of valuesOf) {
    const name = key.slice(family.length + 1);
    if (!key.startsWith(`${family} `) || own.some((each) => each.name === name)) continue;
    for (const words of [...values.values()].slice(0, 2)) {
      const args = added(one.args, name, words);
      if (args !== undefined) yield [`extra ${name}`, { ...one, args }];
    }
  }
  for (const field of Object.keys(one.platform)) {
    // The register repeats most of the others.
    const { [field]: value, featureRegister0: _, ...platform } = one.platform;
    yield [`withheld platform.${field}`, { ...one, platform }];
    if (typeof value !== "number") continue;
    const wrong = WRONG[field] ?? [value + 1, value === 2 ? 3 : 2];
    for (const other of wrong.filter((each) => each !== value)) {
      yield [`wrong platform.${field}`, { ...one, platform: { ...platform, [field]: other } }];
    }
  }
  const models = new Set(cases.filter((each) => familyOf(each) === family).map(({ vmm }) => vmm));
  for (const vmm of models) if (vmm !== one.vmm) yield ["wrong vmm", { ...one, vmm }];
  for (const hypervisor of ["linux-kvm/v5", "linux-kvm/v7", "linux-kvm/v4"]) {
    if (hypervisor !== one.hypervisor) yield ["wrong hypervisor", { ...one, hypervisor }];
  }
}

const files = new NodeFiles(".");
const store = new PageDigestStore(nodeHashes);

function manifestOf({ vmm, hypervisor, rmm, args, platform, images }) {
  const listed = Object.entries(images ?? {}).map(([name, { sha256 }]) => [
    name,
    { path: imageOf.get(sha256) ?? name },
  ]);
  const entries = { ...Object.fromEntries(listed), share: { directory: true } };
  return { manifest: 1, rmm, host: { vmm, hypervisor, args }, files: entries, platform };
}

async function planOf(one) {
  return (await loadManifest(JSON.stringify(manifestOf(one)), "case", files)).plan;
}

/** "2G@4G" as MiB and start, as kvmtool takes it. */
function ramText(text) {
  const [size, start = ""] = text.split("@");
  const [, count, unit] = /^(\d+)([KMG]?)/.exec(size) ?? [];
  return `-m ${count * ({ K: 1 / 1024, G: 1024 }[unit] ?? 1)}@${start}`;
}

/** What a plan says, whatever the order of its options. */
function meaning({ rmm, host, platform, realm }) {
  const list = (word) => (word.includes(",") ? word.split(",").sort().join() : word);
  const groups = groupArguments(host.args).map(({ words }) =>
    host.vmm.startsWith("kvmtool/") && words[0] === "-m"
      ? ramText(words[1])
      : words.map(list).join("=").replace("=", " "),
  );
  const text = (value) =>
    JSON.stringify(
      Object.entries(value)
        .filter(([field]) => field !== "featureRegister0")
        .sort(),
      (_, each) => (typeof each === "bigint" ? `${each}` : each),
    );
  return [rmm, host.vmm, host.hypervisor, ...groups.sort(), text(platform), text(realm)].join("\n");
}

function rimOf(evaluator, plan) {
  try {
    return toHex(evaluator.measure(plan));
  } catch (error) {
    return `none: ${error.message}`;
  }
}

/** found / elsewhere (another change gives the same) / missed. */
function verdictOf(explain, spoiledPlan, truth) {
  const wanted = meaning(truth);
  const { edits } = explain.search;
  const has = edits.some((_, i) => {
    const changed = changedPlan(spoiledPlan, edits, [i]);
    return changed !== undefined && meaning(changed) === wanted;
  });
  if (has && isQuick) return "found";
  while (explain.search.state.stage < 2 && explain.step(64));
  const { matches } = explain.search;
  if (matches.length === 0) return has ? "BROKEN" : "missed";
  const isTrue = matches.some((match) => {
    const changed = changedPlan(spoiledPlan, edits, match);
    return changed !== undefined && meaning(changed) === wanted;
  });
  return isTrue ? "found" : "elsewhere";
}

const counts = new Map();
const missing = new Map();
function note(kind, verdict, text) {
  const row = counts.get(kind) ?? {};
  row[verdict] = (row[verdict] ?? 0) + 1;
  counts.set(kind, row);
  if (!["missed", "BROKEN", "elsewhere"].includes(verdict)) return;
  const lines = missing.get(`${verdict} ${kind}`) ?? [];
  lines.push(text);
  missing.set(`${verdict} ${kind}`, lines);
}

const start = performance.now();
for (const one of cases.filter(({ id }) => only === undefined || only.includes(id))) {
  const evaluator = new LaunchEvaluator(nodeHashes, store);
  const truth = await planOf(one);
  if (rimOf(evaluator, truth) !== one.rim) {
    console.log(`${one.id}: not measured as captured`);
    continue;
  }
  const observed = Uint8Array.from(Buffer.from(one.rim, "hex"));
  const listed = Object.keys(manifestOf(one).files);
  const tools = { unpack: () => undefined, listed, beside: [] };
  for (const [kind, wrong] of spoiled(one)) {
    const plan = await planOf(wrong).catch(() => undefined);
    if (plan === undefined) {
      note(kind, "refused", "");
      continue;
    }
    const explain = new ExplainSearch(plan, observed, evaluator, tools);
    const { expected } = explain.result;
    if (expected === one.rim) note(kind, "no effect", "");
    else {
      const was = meaning(plan).split("\n");
      const is = meaning(truth).split("\n");
      const text = `${one.id}: ${was.filter((line) => !is.includes(line)).join(" ")} => ${is.filter((line) => !was.includes(line)).join(" ")}${expected === null ? `   [${explain.result.refusal?.slice(0, 90)}]` : ""}`;
      note(kind, verdictOf(explain, plan, truth), text.slice(0, 260));
    }
  }
}
files.close();
const total = {};
for (const [kind, row] of [...counts].sort()) {
  console.log(kind.padEnd(44), JSON.stringify(row));
  for (const [verdict, count] of Object.entries(row))
    total[verdict] = (total[verdict] ?? 0) + count;
}
for (const [kind, lines] of [...missing].sort()) {
  console.log(`\n${kind} (${lines.length})`);
  for (const line of lines.slice(0, 6)) console.log(`  ${line}`);
}
console.log(total, `${Math.round((performance.now() - start) / 1000)} s`);
