/**
 * Steps of a launch that a manifest lists, as one line each.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { LaunchStep } from "../host/steps.ts";
import type { RemStep } from "../manifest/plan.ts";
import { hexU64 } from "../units.ts";

function argumentText(value: unknown): string {
  return typeof value === "bigint" ? hexU64(value) : JSON.stringify(value);
}

function dataText(step: LaunchStep & { readonly step: "data" }): string {
  const { data, ipa, measure } = step;
  const what =
    data.kind === "file" ? data.name : `fill ${hexU64(data.byte)} size ${hexU64(data.size)}`;
  return `data ${what} at ${hexU64(ipa)}${measure ? "" : ", not measured"}`;
}

/** A step in one line. Same line, same step; the bytes of files aside. */
export function stepText(step: LaunchStep): string {
  switch (step.step) {
    case "data":
      return dataText(step);
    case "ripas":
      return `ripas ${hexU64(step.base)} .. ${hexU64(step.top)}`;
    case "memslot": {
      const { id, base, size, guestMemfd } = step;
      const memory = guestMemfd ? "guest_memfd" : "no guest_memfd";
      return `memslot ${id} at ${hexU64(base)} size ${hexU64(size)}, ${memory}`;
    }
    case "rec": {
      const { mpidr, pc, gprs, runnable } = step;
      const registers = [`pc ${hexU64(pc)}`, ...gprs.map((value, i) => `x${i} ${hexU64(value)}`)];
      const used = registers.filter((text, i) => i === 0 || !text.endsWith(" 0x0"));
      return `rec ${hexU64(mpidr)} ${used.join(" ")}${runnable ? ", runnable" : ""}`;
    }
    case "activate":
      return "activate";
    case "rmi": {
      const args = Object.entries(step.args).map(
        ([name, value]) => `${name}=${argumentText(value)}`,
      );
      return ["rmi", step.command, ...args].join(" ");
    }
  }
}

/** What a step is about: two different steps of one name are one step that changed. */
export function stepName(step: LaunchStep): string {
  if (step.step !== "data") return step.step;
  return step.data.kind === "file" ? `data ${step.data.name}` : "data";
}

/** A step of `rem` in one line. */
export function remText(step: RemStep): string {
  return step.step === "extend"
    ? `extend register ${step.register} data hex:${toHex(step.data)}`
    : `eventLog ${step.file}`;
}
