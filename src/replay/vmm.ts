/**
 * The VMM of a launch plan: the device tree that it makes and what it asks of its hypervisor.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { isKvmtool, parseQemuName } from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import { launchKvmtool } from "../host/vmm/kvmtool/launch.ts";
import { launchQemu } from "../host/vmm/qemu/launch.ts";
import type { Assumption, LaunchPlan } from "../manifest/plan.ts";
import type { U64 } from "../units.ts";

/** What a VMM makes of its command line. The members are worked out on first use and may throw. */
export interface VmmLaunch {
  /** The device tree with the bytes behind it that are measured. */
  readonly dtb: Uint8Array;
  /** Guest address of the tree. */
  readonly dtbAddress: U64;
  /** Its requests, in order; of an ordinary VM only those that create it. */
  readonly requests: readonly VmmRequest[];
  /** What nobody gave, as far as the members used so far needed it. */
  readonly assumed: readonly Assumption[];
  /** What a user should know about the model that was chosen. */
  readonly warnings?: readonly string[];
  /** Throws if it is a launch to look at, but no Realm's; absent: whoever serves it finds out. */
  readonly checkRealm?: () => void;
}

function start({ host, files, platform, purpose }: LaunchPlan): VmmLaunch {
  const { vmm, hypervisor, args = [] } = host;
  if (isKvmtool(vmm)) {
    return launchKvmtool({ version: vmm, hypervisor, argv: args, files, platform });
  }
  const qemu = parseQemuName(vmm);
  if (qemu !== undefined) {
    const measured = purpose === undefined;
    return launchQemu({ ...qemu, argv: args, files, platform, hypervisor, measured });
  }
  throw new CcaRimError(
    "HOST_NOT_MODELLED",
    vmm === "none" ? 'vmm "none" makes no device tree and no requests' : `${vmm} is not modelled`,
    { where: { pointer: "/host/vmm" }, hint: "cca-rim models lists the VMMs that are modelled" },
  );
}

/** A plan's VMM is started once: its tree is then one source of bytes, hashed once. */
const started = new WeakMap<LaunchPlan, VmmLaunch>();

/**
 * The VMM of a plan, at work.
 *
 * @throws CcaRimError HOST_NOT_MODELLED if it is not modelled; HOST_* as the model finds the line
 */
export function vmmLaunch(plan: LaunchPlan): VmmLaunch {
  let launch = started.get(plan);
  if (launch === undefined) {
    launch = start(plan);
    started.set(plan, launch);
  }
  return launch;
}
