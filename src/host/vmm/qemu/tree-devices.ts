/**
 * Nodes of the board's own devices: flash, UARTs, clock, GPIO, virtio transports and the like.
 *
 * @see QEMU hw/arm/virt.c (virt_flash_fdt, create_uart, create_rtc, create_gpio_devices,
 *   create_secure_ram, create_virtio_devices, create_fw_cfg)
 * @module
 */
import type { MachinePlan } from "./machine-plan.ts";
import { LOW_MAP, type MapRange } from "./memory-map.ts";
import type { TreeBuilder } from "./tree-builder.ts";
import { IRQ } from "./tree-cpu.ts";

/** Shared interrupts of the devices. */
const SPI = { uart0: 1, rtc: 2, gpio: 7, uart1: 8, secureGpio: 0, virtio: 16 } as const;

const KEY_POWER = 116;
const PIN_POWER_BUTTON = 3;
const PIN_SECURE_POWEROFF = 0;
const PIN_SECURE_RESET = 1;

function named(name: string, { base }: MapRange): string {
  return `/${name}@${base.toString(16)}`;
}

function reg(tree: TreeBuilder, path: string, { base, size }: MapRange): void {
  tree.wide(path, "reg", base, size);
}

function spi(tree: TreeBuilder, path: string, irq: number): void {
  tree.cells(path, "interrupts", IRQ.spi, irq, IRQ.level);
}

/** Marks a node that only the secure world may use. */
function secureOnly(tree: TreeBuilder, path: string): void {
  tree.text(path, "status", "disabled");
  tree.text(path, "secure-status", "okay");
}

/** /flash@0, or one flash for each world. */
export function addFlash(tree: TreeBuilder, { config, release }: MachinePlan): void {
  const { base } = LOW_MAP.flash;
  const half = LOW_MAP.flash.size / 2n;
  const low = { base, size: half };
  const high = { base: base + half, size: half };
  const flash = (path: string, ...places: readonly MapRange[]): void => {
    tree.node(path);
    tree.text(path, "compatible", "cfi-flash");
    tree.wide(path, "reg", ...places.flatMap((place) => [place.base, place.size]));
    tree.cells(path, "bank-width", 4);
  };
  if (!config.settings.secure) {
    flash(named("flash", low), low, high);
    return;
  }
  flash(named("secflash", low), low);
  secureOnly(tree, named("secflash", low));
  flash(named("flash", release.has("flashOwnName") ? high : low), high);
}

/** A UART. @param clock phandle of its clock. */
export function addUart(
  tree: TreeBuilder,
  plan: MachinePlan,
  which: "uart0" | "uart1",
  clock: number,
): void {
  const path = named("pl011", LOW_MAP[which]);
  tree.node(path);
  tree.text(path, "compatible", "arm,pl011", "arm,primecell");
  reg(tree, path, LOW_MAP[which]);
  spi(tree, path, SPI[which]);
  tree.cells(path, "clocks", clock, clock);
  tree.text(path, "clock-names", "uartclk", "apb_pclk");
  if (which === "uart0") tree.text("/chosen", "stdout-path", path);
  if (plan.release.has("aliases")) {
    tree.text("/aliases", which === "uart0" ? "serial0" : "serial1", path);
  }
  if (which === "uart1" && plan.config.settings.secure) {
    secureOnly(tree, path);
    tree.text("/secure-chosen", "stdout-path", path);
  }
}

/** Memory of the secure world. */
export function addSecureRam(tree: TreeBuilder): void {
  const path = named("secram", LOW_MAP.secureRam);
  tree.node(path);
  tree.text(path, "device_type", "memory");
  reg(tree, path, LOW_MAP.secureRam);
  secureOnly(tree, path);
}

/** The clock that keeps time. */
export function addRtc(tree: TreeBuilder, clock: number): void {
  const path = named("pl031", LOW_MAP.rtc);
  tree.node(path);
  tree.text(path, "compatible", "arm,pl031", "arm,primecell");
  reg(tree, path, LOW_MAP.rtc);
  spi(tree, path, SPI.rtc);
  tree.cells(path, "clocks", clock);
  tree.text(path, "clock-names", "apb_pclk");
}

/** A GPIO controller with what is wired to it. */
export function addGpio(
  tree: TreeBuilder,
  plan: MachinePlan,
  which: "gpio" | "secureGpio",
  clock: number,
): void {
  const path = named("pl061", LOW_MAP[which]);
  const phandle = tree.phandle();
  tree.node(path);
  reg(tree, path, LOW_MAP[which]);
  tree.text(path, "compatible", "arm,pl061", "arm,primecell");
  tree.cells(path, "#gpio-cells", 2);
  tree.flag(path, "gpio-controller");
  spi(tree, path, SPI[which]);
  tree.cells(path, "clocks", clock);
  tree.text(path, "clock-names", "apb_pclk");
  tree.cells(path, "phandle", phandle);
  if (which === "gpio") {
    addPowerButton(tree, plan, phandle);
    return;
  }
  secureOnly(tree, path);
  addSecurePower(tree, "gpio-poweroff", phandle, PIN_SECURE_POWEROFF);
  addSecurePower(tree, "gpio-restart", phandle, PIN_SECURE_RESET);
}

function addPowerButton(tree: TreeBuilder, { release }: MachinePlan, phandle: number): void {
  tree.node("/gpio-keys");
  tree.text("/gpio-keys", "compatible", "gpio-keys");
  if (release.has("gpioKeysCells")) {
    tree.cells("/gpio-keys", "#size-cells", 0);
    tree.cells("/gpio-keys", "#address-cells", 1);
  }
  tree.node("/gpio-keys/poweroff");
  tree.text("/gpio-keys/poweroff", "label", "GPIO Key Poweroff");
  tree.cells("/gpio-keys/poweroff", "linux,code", KEY_POWER);
  tree.cells("/gpio-keys/poweroff", "gpios", phandle, PIN_POWER_BUTTON, 0);
}

function addSecurePower(tree: TreeBuilder, name: string, phandle: number, pin: number): void {
  const path = `/${name}`;
  tree.node(path);
  tree.text(path, "compatible", name);
  tree.cells(path, "gpios", phandle, pin, 0);
  secureOnly(tree, path);
}

/** The virtio transports, the last one first. */
export function addVirtio(tree: TreeBuilder, { config }: MachinePlan): void {
  const { base, size } = LOW_MAP.virtioMmio;
  for (let i = config.settings.virtioTransports - 1; i >= 0; i--) {
    const place = { base: base + BigInt(i) * size, size };
    const path = named("virtio_mmio", place);
    tree.node(path);
    tree.text(path, "compatible", "virtio,mmio");
    reg(tree, path, place);
    tree.cells(path, "interrupts", IRQ.spi, SPI.virtio + i, IRQ.edge);
    tree.flag(path, "dma-coherent");
  }
}

/** fw_cfg. */
export function addFwCfg(tree: TreeBuilder): void {
  const path = named("fw-cfg", LOW_MAP.fwCfg);
  tree.node(path);
  tree.text(path, "compatible", "qemu,fw-cfg-mmio");
  reg(tree, path, LOW_MAP.fwCfg);
  tree.flag(path, "dma-coherent");
}
