/**
 * What executes the guest: `-accel`, `-machine accel=` and `-enable-kvm`.
 *
 * @see QEMU system/vl.c (configure_accelerators)
 * @module
 */
import type { OptionUse } from "./arguments.ts";
import type { Accelerator } from "./config.ts";
import { lastValues, parseOpts } from "./key-values.ts";
import type { MachineProperty } from "./machine-options.ts";
import { notModelled, refuseArgument } from "./refusal.ts";

/** What a line says about its accelerator. */
export interface AcceleratorChoice {
  /** Undefined: the line leaves it to the binary. */
  readonly accelerator: Accelerator | undefined;
  /** `kernel-irqchip=` of the accelerator's own properties. */
  readonly kernelIrqchip: string | undefined;
}

/** Others that the option knows; the machine that they make is not modelled. */
const OTHERS: readonly string[] = ["hvf", "qtest", "xen", "nvmm", "whpx", "hax", "mshv", "nitro"];

function named(name: string, index: number | undefined): Accelerator {
  if (name === "tcg" || name === "kvm") return name;
  if (OTHERS.includes(name)) {
    throw notModelled(`accelerator ${name} is not modelled`, index, "tcg and kvm are");
  }
  throw refuseArgument(`invalid accelerator ${name}`, index);
}

/**
 * Chooses. Of several accelerators the first counts: the others are for hosts that lack it.
 *
 * @param uses all `-accel` of the line.
 * @param property `accel` of the machine, which `-enable-kvm` sets, too.
 * @throws CcaRimError HOST_ARGUMENT, HOST_NOT_MODELLED
 */
export function chooseAccelerator(
  program: string,
  uses: readonly OptionUse[],
  property: MachineProperty | undefined,
): AcceleratorChoice {
  const [first] = uses;
  if (first !== undefined) {
    if (property !== undefined) {
      const reason = 'The -accel and "-machine accel=" options are incompatible';
      throw refuseArgument(reason, first.index);
    }
    const values = lastValues(parseOpts(first.value, "accel"));
    return {
      accelerator: named(values.get("accel") ?? "", first.index),
      kernelIrqchip: values.get("kernel-irqchip"),
    };
  }
  if (property !== undefined) {
    const [name = ""] = property.value.split(":");
    return { accelerator: named(name, property.index), kernelIrqchip: undefined };
  }
  return { accelerator: program.endsWith("kvm") ? "kvm" : undefined, kernelIrqchip: undefined };
}
