/**
 * Measures the combinations of a matrix, one after the other, over one set of page digests.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { LaunchEvaluator } from "../compare/evaluate.ts";
import { type AxisName, type Combination, combinationKey } from "../manifest/matrix.ts";
import { errorObject } from "../report/json.ts";
import type { MatrixReport, MatrixRow, Shard } from "../report/matrix.ts";
import type { ProgressListener } from "./command.ts";
import { asCcaRimError } from "./errors.ts";
import { ManifestSession } from "./manifest-session.ts";
import type { OpenManifest, SharedDigests } from "./open-manifest.ts";
import { PageCounter } from "./page-hashing.ts";

/**
 * Measures launches that resemble each other: they share page digests, and the beginnings of their
 * chains.
 */
export function evaluatorOf(
  { hashes, store }: SharedDigests,
  onProgress: ProgressListener,
): LaunchEvaluator {
  return new LaunchEvaluator(hashes, {
    digestsOf: (content) => new PageCounter([content], onProgress).count(store.digestsOf(content)),
  });
}

/** What one combination measures, or why it does not. */
type Measured = Pick<MatrixRow, "rim" | "rem" | "hashAlgo" | "error">;

async function measureOne(
  manifest: OpenManifest,
  combination: Combination,
  evaluator: LaunchEvaluator,
): Promise<Measured> {
  try {
    const session = await ManifestSession.of(manifest, { combination });
    const { rim, rem, hashAlgo } = await session.measureWith(evaluator);
    return { rim: toHex(rim), rem: rem.map(toHex), hashAlgo, error: null };
  } catch (thrown) {
    const error = asCcaRimError(thrown);
    // A bug, or a file that nobody can read, would only be repeated.
    if (/^(?:BUG|FILE)_/.test(error.code)) throw thrown;
    return { rim: null, rem: [], hashAlgo: null, error: errorObject(error) };
  }
}

function modelsOf({ text: { written } }: OpenManifest, { values }: Combination) {
  const { rmm = written.rmm, vmm = written.host.vmm } = values;
  const hypervisor = values.hypervisor ?? written.host.hypervisor ?? "";
  return { rmm: String(rmm), host: { vmm: String(vmm), hypervisor: String(hypervisor) } };
}

/** A matrix that is spread out. */
interface SpreadMatrix {
  readonly axes: readonly AxisName[];
  readonly combinations: readonly Combination[];
}

/**
 * Measures the combinations of a shard: of `count` shards every one takes each `count`-th
 * combination.
 *
 * @throws CcaRimError FILE_* if a file cannot be read
 */
export async function measureMatrix(
  manifest: OpenManifest,
  { axes, combinations }: SpreadMatrix,
  shard: Shard,
  onProgress: ProgressListener,
): Promise<MatrixReport> {
  const firstOf = new Map<string, number>();
  const firstWithRim = new Map<string, number>();
  const measured = new Map<string, Measured>();
  const rows: MatrixRow[] = [];
  const evaluator = evaluatorOf(manifest, onProgress);
  for (const combination of combinations) {
    const { n, values } = combination;
    const key = combinationKey(combination);
    const duplicateOf = firstOf.get(key) ?? null;
    if (duplicateOf === null) firstOf.set(key, n);
    if (n % shard.count !== shard.index % shard.count) continue;
    const result = measured.get(key) ?? (await measureOne(manifest, combination, evaluator));
    measured.set(key, result);
    const first = firstWithRim.get(result.rim ?? "");
    if (result.rim !== null && first === undefined) firstWithRim.set(result.rim, n);
    const sameRimAs = duplicateOf === null ? (first ?? null) : null;
    rows.push({ n, values, ...modelsOf(manifest, combination), ...result, duplicateOf, sameRimAs });
  }
  manifest.files.verifyUnchanged();
  return { axes, combinations: combinations.length, shard, rows };
}
