/**
 * `diff`: why two measurements differ.
 *
 * @module
 */
import { CcaRimError, type ErrorPlace } from "../../errors.ts";
import type { AxisValues } from "../../manifest/matrix.ts";
import type { DiffAnswer } from "../../report/diff.ts";
import type { PlaceOf } from "../../report/diff-text.ts";
import { type Command, type Context, defineCommand } from "../command.ts";
import type { ManifestSession } from "../manifest-session.ts";
import type { SharedDigests } from "../open-manifest.ts";
import { completeModels } from "../options.ts";

/** The answer, and where its inputs stand. */
interface Answered {
  readonly answer: DiffAnswer;
  readonly placeOf: PlaceOf;
}

type Models = { readonly [K in "rmm" | "vmm" | "hypervisor"]: string | undefined };

function modelNames({ rmm, vmm, hypervisor }: Models): string {
  return [rmm, vmm, hypervisor].filter((name) => name !== undefined).join(", ");
}

/** What to compare: two files, or one file twice. */
function operandsOf(operands: readonly string[], models: Models): readonly [string, string] {
  const [a = "", b] = operands;
  const names = modelNames(models);
  if (b !== undefined) return [a, b];
  if (names !== "") return [a, a];
  throw new CcaRimError("USAGE_ARGUMENT", "diff needs two files, or one and another model for it", {
    hint: "cca-rim diff A B, or cca-rim diff MANIFEST --vmm kvmtool/v2",
  });
}

/** A manifest under the models that the options name. */
async function openUnder(
  path: string,
  models: Models,
  shared: SharedDigests,
): Promise<ManifestSession> {
  const { openManifest } = await import("../open-manifest.ts");
  const { ManifestSession } = await import("../manifest-session.ts");
  const values = Object.fromEntries(
    Object.entries(models).filter(([, name]) => name !== undefined),
  ) as AxisValues;
  const label = modelNames(models);
  const manifest = await openManifest(path, shared);
  try {
    const combination = label === "" ? undefined : { n: 1, values, label, pointer: "/host" };
    return await ManifestSession.of(manifest, { combination });
  } catch (error) {
    manifest.files.close();
    throw error;
  }
}

const AS_NAMED: Models = { rmm: undefined, vmm: undefined, hypervisor: undefined };

/** Where an input stands: in B, or in A if it is not there. */
function placesIn(
  a: ManifestSession,
  b: ManifestSession,
  placeText: (where: ErrorPlace) => string,
): PlaceOf {
  return ({ pointerA, pointerB }) => {
    if (pointerB !== null) return placeText(b.locate(pointerB)).replace(/: $/, "");
    return pointerA === null ? undefined : placeText(a.locate(pointerA)).replace(/: $/, "");
  };
}

async function diffManifests(
  [pathA, pathB]: readonly [string, string],
  models: Models,
  { onProgress }: Context,
): Promise<Answered> {
  const { newDigests } = await import("../open-manifest.ts");
  const { diffLaunches } = await import("../../compare/diff.ts");
  const { launchDiffAnswer } = await import("../../report/diff.ts");
  const { placeText } = await import("../errors.ts");
  const shared = await newDigests();
  const a = await openUnder(pathA, AS_NAMED, shared);
  try {
    const b = await openUnder(pathB, models, shared);
    try {
      await a.startHashing(onProgress);
      const one = { plan: a.plan, launch: await a.measure() };
      await b.startHashing(onProgress);
      const other = { plan: b.plan, launch: await b.measure() };
      const diff = diffLaunches(one, other, shared);
      a.verifyUnchanged();
      b.verifyUnchanged();
      const names = modelNames(models);
      const answer = launchDiffAnswer(diff, pathA, names === "" ? pathB : `${pathB} (${names})`);
      return { answer, placeOf: placesIn(a, b, placeText) };
    } finally {
      b.close();
    }
  } finally {
    a.close();
  }
}

async function diffReports(
  [pathA, pathB]: readonly [string, string],
  context: Context,
): Promise<Answered> {
  const { readMeasured } = await import("../report-file.ts");
  const { reportDiffAnswer } = await import("../../report/diff.ts");
  const a = await readMeasured(pathA, context.onProgress);
  const b = await readMeasured(pathB, context.onProgress);
  return { answer: reportDiffAnswer(a, b, pathA, pathB), placeOf: () => undefined };
}

/** The command. */
export const diff: Command = defineCommand({
  name: "diff",
  summary: "Tells why two launches have different measurements, down to the byte.",
  details: [
    "A and B are launch manifests, or reports of measure --json; or A alone, compared with itself under the models that the options name. Shown are the inputs that differ, the first RMI call that measures something else, everything that is measured differently, and the smallest set of inputs that explains it.",
    "Reports tell inputs and values but no calls: compare manifests where you have them.",
  ],
  operands: [
    { name: "A", summary: "launch manifest, or report of measure --json", complete: "file" },
    {
      name: "B",
      summary: "what it is compared with; may be left out with another model",
      optional: true,
      complete: "file",
    },
  ],
  options: {
    rmm: {
      type: "string",
      value: "RMM",
      summary: "RMM version of B",
      complete: completeModels("rmm"),
    },
    vmm: {
      type: "string",
      value: "VMM",
      summary: "VMM of B",
      complete: completeModels("vmm"),
    },
    hypervisor: {
      type: "string",
      value: "HYPERVISOR",
      summary: "hypervisor of B",
      complete: completeModels("hypervisor"),
    },
  },
  examples: [
    { line: "cca-rim diff expected.yaml observed.yaml", does: "shows what makes the RIM differ" },
    {
      line: "cca-rim diff guest.yaml --vmm kvmtool/v2",
      does: "shows what another kvmtool does to the same launch",
    },
  ],
  verdict: "RIM or REM differ",
  async *run({ operands, options }, context) {
    const { rmm, vmm, hypervisor } = options;
    const models = { rmm, vmm, hypervisor };
    const paths = operandsOf(operands, models);
    const { isReport } = await import("../report-file.ts");
    const reports = paths.some(isReport);
    if (reports && modelNames(models) !== "") {
      throw new CcaRimError("USAGE_ARGUMENT", "a report was made under its own models", {
        hint: "name the manifest instead of the report",
      });
    }
    const { answer, placeOf } = reports
      ? await diffReports(paths, context)
      : await diffManifests(paths, models, context);
    if (context.json) {
      const { jsonDocument } = await import("../../report/json.ts");
      yield jsonDocument(answer);
    } else {
      const { diffText } = await import("../../report/diff-text.ts");
      yield diffText(answer, placeOf, context.style);
    }
    return answer.equal ? 0 : 1;
  },
});
