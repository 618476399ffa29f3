/**
 * The parts of kvmtool's tree that belong to the CPUs: interrupt controller, timer, PMU.
 *
 * @module
 */
import type { FdtNodeBuilder } from "../../../formats/fdt/build.ts";
import type { Irqchip } from "./config.ts";
import { refuseLaunch } from "./refusal.ts";

const DISTRIBUTOR = { base: 0x3fff_0000, size: 0x1_0000 } as const;
const GICV2_CPU_INTERFACE = { base: 0x3ffd_0000, size: 0x2_0000 } as const;
/** Bytes of one GICv3 redistributor; there is one for each vCPU that was asked for. */
const REDISTRIBUTOR_SIZE = 0x2_0000;
const V2M_FRAME_SIZE = 0x1000;
const ITS_SIZE = 0x2_0000;

/** A range of guest addresses. */
interface Range {
  readonly base: number;
  readonly size: number;
}

/** The interrupt controller of a VM. */
export interface GicPlan {
  readonly compatible: string;
  /** Redistributors or the CPU interface. */
  readonly second: Range;
  /** Frame for message-signalled interrupts. */
  readonly msi: (Range & { readonly compatible: string }) | undefined;
  /** What GICv2 puts into the flags of private interrupts: a mask of CPUs; 0 for GICv3. */
  readonly cpuMask: number;
}

/**
 * Plans the interrupt controller.
 *
 * @param requestedCpus as asked for, before KVM's limit.
 * @param cpus that are created.
 * @throws CcaRimError HOST_REFUSED if the redistributors do not fit below the distributor.
 */
export function planGic(irqchip: Irqchip, requestedCpus: number, cpus: number): GicPlan {
  if (irqchip === "gicv2" || irqchip === "gicv2m") {
    const base = GICV2_CPU_INTERFACE.base - V2M_FRAME_SIZE;
    const frame = { compatible: "arm,gic-v2m-frame", base, size: V2M_FRAME_SIZE };
    return {
      compatible: "arm,cortex-a15-gic",
      second: GICV2_CPU_INTERFACE,
      msi: irqchip === "gicv2m" ? frame : undefined,
      cpuMask: cpus > 8 ? 0xff00 : ((1 << cpus) - 1) << 8,
    };
  }
  const size = requestedCpus * REDISTRIBUTOR_SIZE;
  const base = DISTRIBUTOR.base - size;
  if (base < ITS_SIZE) throw refuseLaunch("Failed to create virtual GIC", "give fewer CPUs");
  const its = { compatible: "arm,gic-v3-its", base: base - ITS_SIZE, size: ITS_SIZE };
  return {
    compatible: "arm,gic-v3",
    second: { base, size },
    msi: irqchip === "gicv3-its" ? its : undefined,
    cpuMask: 0,
  };
}

/** Handles of the interrupt controller and of its MSI frame. */
const PHANDLE = { gic: 1, msi: 2 } as const;

/** Node `intc`. */
export function writeInterruptController(root: FdtNodeBuilder, gic: GicPlan): void {
  root.node("intc", (intc) => {
    intc.string("compatible", gic.compatible);
    intc.u32("#interrupt-cells", 3);
    intc.empty("interrupt-controller");
    intc.u64("reg", DISTRIBUTOR.base, DISTRIBUTOR.size, gic.second.base, gic.second.size);
    intc.u32("phandle", PHANDLE.gic);
    intc.u32("#address-cells", 2);
    intc.u32("#size-cells", 2);
    const { msi } = gic;
    if (msi === undefined) return;
    intc.empty("ranges");
    intc.node("msic", (frame) => {
      frame.string("compatible", msi.compatible);
      frame.empty("msi-controller");
      frame.u32("phandle", PHANDLE.msi);
      frame.u64("reg", msi.base, msi.size);
    });
  });
}

const PPI = 1;
const LEVEL_HIGH = 4;
const LEVEL_LOW = 8;
/** Secure, non-secure, virtual and hypervisor timer, counted from the first private interrupt. */
const TIMER_PPIS: readonly number[] = [13, 14, 11, 10];
const PMU_PPI = 7;

/** Node `timer`. `frequency` in Hz, 0 to leave the property out. */
export function writeTimer(root: FdtNodeBuilder, gic: GicPlan, frequency: number): void {
  root.node("timer", (timer) => {
    timer.strings("compatible", ["arm,armv8-timer", "arm,armv7-timer"]);
    const cells = TIMER_PPIS.flatMap((ppi) => [PPI, ppi, gic.cpuMask | LEVEL_LOW]);
    timer.u32("interrupts", ...cells);
    timer.empty("always-on");
    if (frequency > 0) timer.u32("clock-frequency", frequency);
  });
}

/** Node `pmu`. */
export function writePmu(root: FdtNodeBuilder, gic: GicPlan): void {
  root.node("pmu", (pmu) => {
    pmu.string("compatible", "arm,armv8-pmuv3");
    pmu.u32("interrupts", PPI, PMU_PPI, gic.cpuMask | LEVEL_HIGH);
  });
}
