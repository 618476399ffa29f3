/**
 * What is modelled, as `models` prints it.
 *
 * @module
 */
import {
  HYPERVISOR_MODELS,
  type ModelInfo,
  type ProofClass,
  QEMU_MODELS,
  RMM_MODELS,
  VMM_MODELS,
} from "../host/models.ts";
import { hypervisorsOf, rmmsOfPair } from "../host/pairs.ts";

/** A named set of what a host and its RMM offer. */
export interface PlatformInfo {
  readonly name: string;
  readonly title: string;
}

/** A VMM and a hypervisor that go together. */
interface Pair {
  readonly vmm: string;
  readonly hypervisor: string;
  /** RMM versions; empty: none that is modelled. */
  readonly rmm: readonly string[];
}

/** Everything that a manifest can name; the keys in the order in which they are printed. */
export interface ModelsReport {
  readonly proofClasses: Readonly<Record<ProofClass, string>>;
  readonly rmm: readonly ModelInfo[];
  readonly hypervisors: readonly ModelInfo[];
  readonly vmms: readonly ModelInfo[];
  readonly platforms: readonly PlatformInfo[];
  readonly pairs: readonly Pair[];
}

const PROOF_CLASSES: ModelsReport["proofClasses"] = {
  oracle: "agrees byte for byte with runs of the real program",
  assembled: "agrees with a real program put together from published parts",
  source: "read in the real source at a named commit, not run",
  spec: "worked out from the specification",
  assumed: "a guess; measure warns",
};

const VMMS: readonly ModelInfo[] = [...VMM_MODELS, ...QEMU_MODELS];

function pairsOf({ name }: ModelInfo): Pair[] {
  // Which QEMU goes with which hypervisor depends on the series alone, so any version will do.
  const example = name.replace("<version>", "0.0");
  return hypervisorsOf(example).map((hypervisor) => ({
    vmm: name,
    hypervisor,
    rmm: rmmsOfPair(example, hypervisor) ?? [],
  }));
}

/** Collects what is modelled. */
export function modelsReport(platforms: readonly PlatformInfo[]): ModelsReport {
  return {
    proofClasses: PROOF_CLASSES,
    rmm: RMM_MODELS,
    hypervisors: HYPERVISOR_MODELS,
    vmms: VMMS,
    platforms,
    pairs: VMMS.flatMap(pairsOf),
  };
}
