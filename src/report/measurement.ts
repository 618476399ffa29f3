/**
 * The report of a measurement: what `measure` prints.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { HashAlgo } from "../hash/hasher.ts";
import {
  HYPERVISOR_MODELS,
  type ModelInfo,
  type ProofClass,
  RMM_MODELS,
  vmmModel,
} from "../host/models.ts";
import type { Assumption, InputFile, LaunchPlan } from "../manifest/plan.ts";
import { type RefusedStep, vmmWarnings } from "../replay/hosts.ts";
import type { Launch } from "../replay/launch.ts";

/** How RIM and REM are written. */
export type Encoding = "hex" | "base64";

/** What proves the models of a launch. */
export interface Proof {
  readonly rmm: ProofClass;
  readonly vmm: ProofClass;
  readonly hypervisor: ProofClass;
}

/** A measurement and what it rests on; the keys in the order in which they are printed. */
export interface MeasurementReport {
  /** In the encoding asked for, as long as the hash. */
  readonly rim: string;
  /** REM0 .. REM3, as `rim`. */
  readonly rem: readonly string[];
  readonly hashAlgo: HashAlgo;
  /** 128 hex digits. */
  readonly rpv: string;
  readonly rmm: string;
  readonly host: { readonly vmm: string; readonly hypervisor: string };
  /** Reading `sha256` of an input may take a pass over the file. */
  readonly inputs: readonly InputFile[];
  readonly assumed: readonly Assumption[];
  readonly calls: number;
  readonly measuredCalls: number;
  readonly proof: Proof;
  /** Steps that the hypervisor refused and that the launch went on without; absent if none. */
  readonly refused?: readonly RefusedStep[];
  /** What is not certain about the model of the VMM; absent if nothing. */
  readonly warnings?: readonly string[];
}

/** Writes bytes in an encoding. */
export function encodeBytes(bytes: Uint8Array, encoding: Encoding): string {
  return encoding === "hex" ? toHex(bytes) : btoa(String.fromCharCode(...bytes));
}

/** A model that nobody wrote a proof down for is a guess. */
function proofOf(models: readonly ModelInfo[], name: string): ProofClass {
  return models.find((model) => model.name === name)?.proof ?? "assumed";
}

/** Puts a measured launch into a report. */
export function measurementReport(
  plan: LaunchPlan,
  launch: Launch,
  encoding: Encoding,
): MeasurementReport {
  const { rmm, inputs } = plan;
  const { vmm, hypervisor } = plan.host;
  const warnings = vmmWarnings(plan);
  return {
    rim: encodeBytes(launch.rim, encoding),
    rem: launch.rem.map((rem) => encodeBytes(rem, encoding)),
    hashAlgo: launch.hashAlgo,
    rpv: toHex(launch.rpv),
    rmm,
    host: { vmm, hypervisor },
    inputs,
    assumed: launch.assumed,
    calls: launch.calls,
    measuredCalls: launch.measuredCalls,
    proof: {
      rmm: proofOf(RMM_MODELS, rmm),
      vmm: vmmModel(vmm)?.proof ?? "assumed",
      hypervisor: proofOf(HYPERVISOR_MODELS, hypervisor),
    },
    ...(launch.refused.length > 0 && { refused: launch.refused }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Names of the models in a report that are guesses. */
export function guesses({ rmm, host, proof }: MeasurementReport): readonly string[] {
  const models = [
    [`RMM ${rmm}`, proof.rmm],
    [host.vmm, proof.vmm],
    [host.hypervisor, proof.hypervisor],
  ] as const;
  return models.flatMap(([name, proofClass]) => (proofClass === "assumed" ? [name] : []));
}
