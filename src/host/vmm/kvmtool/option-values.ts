/**
 * Options of `lkvm run` whose argument is more than a text or a number: kvmtool's callbacks.
 *
 * @module
 */
import { strtoull } from "./c-numbers.ts";
import { IRQCHIPS, type KvmtoolConfig, type Nic, type VirtioTransport } from "./config.ts";
import { isCpuList } from "./cpu-list.ts";
import { refuseArgument } from "./refusal.ts";

const utf8 = new TextEncoder();

/** What a callback gets: its argument and where it stands. */
export interface OptionUse {
  /** undefined when negated (`--no-x`) or when an optional argument is left out. */
  readonly argument: string | undefined;
  readonly negated: boolean;
  /** Place in the line, counted from 0. */
  readonly index: number;
  /** Whether a name is a directory. */
  readonly isDirectory: (name: string) => boolean;
}

/** The argument of a callback that needs one; a negated one makes kvmtool read through NULL. */
export function argumentOf(use: OptionUse, option: string): string {
  if (use.argument === undefined) {
    throw refuseArgument(`--no-${option} crashes it`, use.index);
  }
  return use.argument;
}

const UNIT_SHIFT: Readonly<Record<string, bigint>> = {
  b: 0n,
  k: 10n,
  m: 20n,
  g: 30n,
  t: 40n,
  p: 50n,
};

/** A size with its unit, megabytes without one; `rest` is what follows. */
function parseMemory(text: string, index: number): { value: bigint; rest: string } {
  const number = strtoull(text, 10);
  if (number.overflow) throw refuseArgument(`Memory too large: ${text}`, index);
  if (!number.found) throw refuseArgument(`Invalid memory specifier: ${text}`, index);
  const unit = UNIT_SHIFT[number.rest.charAt(0).toLowerCase()];
  const value = BigInt.asUintN(64, number.value << (unit ?? 20n));
  if (value < number.value) throw refuseArgument(`Memory too large: ${text}`, index);
  return { value, rest: unit === undefined ? number.rest : number.rest.slice(1) };
}

/** -m: size and, behind an @, the address of RAM. A later -m keeps an earlier address. */
export function setMemory(config: KvmtoolConfig, use: OptionUse): void {
  const text = argumentOf(use, "mem");
  const size = parseMemory(text, use.index);
  config.ramSize = size.value;
  if (size.value === 0n) throw refuseArgument(`Invalid RAM size: ${text}`, use.index);
  let rest = size.rest;
  if (rest.startsWith("@")) {
    if (rest === "@") throw refuseArgument(`Missing memory address: ${text}`, use.index);
    const address = parseMemory(rest.slice(1), use.index);
    config.ramAddress = address.value;
    rest = address.rest;
  }
  if (rest !== "") throw refuseArgument(`Invalid memory specifier: ${text}`, use.index);
}

const MAX_DISKS = 4;

/** Names that only a directory can have. */
const DIRECTORY_NAME = /(?:^|\/)\.{0,2}$/;

/** -d: a directory becomes the root file system (9p), anything else a disk. */
export function addDisk(config: KvmtoolConfig, use: OptionUse): void {
  const name = argumentOf(use, "disk");
  if (name === "") {
    // The name of ~/.lkvm itself, taken as a root file system that lkvm set up.
    throw refuseArgument("Fail to setup ~/.lkvm//virt/init", use.index);
  }
  if (DIRECTORY_NAME.test(name) || use.isDirectory(name)) {
    if (config.rootfs) {
      throw refuseArgument("Please use only one rootfs directory atmost", use.index);
    }
    config.rootfs = true;
    config.ninep += 1;
    return;
  }
  if (config.disks.length >= MAX_DISKS) {
    throw refuseArgument("Currently only 4 images are supported", use.index);
  }
  config.disks.push(name.startsWith("scsi:") ? "scsi" : "blk");
}

/** -d where `scsi:` wants a port and a target, `scsi:wwpn:tpgt`. */
export function addDiskWithTarget(config: KvmtoolConfig, use: OptionUse): void {
  const [kind, , target] = argumentOf(use, "disk").split(":");
  addDisk(config, use);
  if (kind === "scsi" && target === undefined && config.disks.at(-1) === "scsi") {
    throw refuseArgument("a SCSI disk without a target crashes it", use.index);
  }
}

/** Bytes of the name by which a guest finds a shared directory. */
const MAX_TAG_LENGTH = 32;

/** --9p: one more shared directory. */
export function addShare(config: KvmtoolConfig, use: OptionUse): void {
  const [, ...tag] = argumentOf(use, "9p").split(",");
  if (utf8.encode(tag.join(",")).length > MAX_TAG_LENGTH) {
    throw refuseArgument("Unable to initialize virtio 9p", use.index, "the tag is too long");
  }
  config.ninep += 1;
}

/** --irqchip. */
export function setIrqchip(config: KvmtoolConfig, use: OptionUse): void {
  const name = argumentOf(use, "irqchip");
  const irqchip = IRQCHIPS.find((known) => known === name);
  if (irqchip === undefined) throw refuseArgument(`irqchip: unknown type "${name}"`, use.index);
  config.irqchip = irqchip;
}

const TRANSPORTS: Readonly<Record<string, VirtioTransport>> = {
  pci: "pci",
  "pci-legacy": "pci",
  mmio: "mmio",
  "mmio-legacy": "mmio",
};

/** --virtio-transport. */
export function setTransport(config: KvmtoolConfig, use: OptionUse): void {
  const name = argumentOf(use, "virtio-transport");
  const transport = Object.hasOwn(TRANSPORTS, name) ? TRANSPORTS[name] : undefined;
  if (transport === undefined) {
    throw refuseArgument(`virtio-transport: unknown type "${name}"`, use.index);
  }
  config.transport = transport;
}

const LOG_LEVELS: readonly string[] = ["debug", "info", "warning", "error"];

/** --loglevel: without influence, but an unknown level ends kvmtool. */
export function checkLogLevel(_config: KvmtoolConfig, use: OptionUse): void {
  const level = argumentOf(use, "loglevel");
  if (!LOG_LEVELS.includes(level)) throw refuseArgument(`Unknown loglevel: ${level}`, use.index);
}

/** --vcpu-affinity: host CPUs; without influence, but what is no list of them ends kvmtool. */
export function checkAffinity(_config: KvmtoolConfig, use: OptionUse): void {
  const list = argumentOf(use, "vcpu-affinity");
  if (!isCpuList(list)) throw refuseArgument(`no list of host CPUs: ${list}`, use.index);
}

/** --sve-max-vl: bits, a power of two of 128 or more. */
export function setSveMaxVl(config: KvmtoolConfig, use: OptionUse): void {
  const text = argumentOf(use, "sve-max-vl");
  const { value, overflow } = strtoull(text, 10);
  if (overflow) throw refuseArgument(`SVE vector length too large: ${text}`, use.index);
  if (value === 0n || (value & (value - 1n)) !== 0n) {
    throw refuseArgument(`SVE vector length isn't power of 2: ${text}`, use.index);
  }
  const vq = value / 128n;
  if (vq > 512n || vq < 1n) {
    throw refuseArgument(`SVE vector length out of range: ${text}`, use.index);
  }
  config.sveMaxVq = Number(vq);
}

/** kvmtool counts network devices in a byte. */
const MAX_NICS = 255;

/** Parameters of -n that change nothing in the tree. */
const NIC_PARAMETERS: readonly string[] = [
  "guest_mac",
  "script",
  "downscript",
  "guest_ip",
  "host_ip",
  "tapif",
  "vhost",
  "fd",
  "mq",
];

/** One `name=value` of -n; false if the whole option is to be dropped (mode=none). */
function setNicParameter(
  config: KvmtoolConfig,
  nic: Nic,
  [name, value]: readonly [string, string],
  index: number,
): boolean {
  if (name === "mode") return setNicMode(config, nic, value, index);
  if (name === "trans") {
    // An unknown transport is a warning: the device gets the line's.
    nic.trans = value === "mmio" || value === "pci" ? value : undefined;
    return true;
  }
  if (!NIC_PARAMETERS.includes(name)) {
    throw refuseArgument(`Unknown network parameter ${name}`, index);
  }
  return true;
}

function setNicMode(config: KvmtoolConfig, nic: Nic, mode: string, index: number): boolean {
  if (mode.startsWith("none")) {
    config.noNet = true;
    return false;
  }
  if (mode.startsWith("user")) {
    if (config.nics.some((other) => other.mode === "user")) {
      throw refuseArgument("Only one usermode network device allowed at a time", index);
    }
    nic.mode = "user";
    return true;
  }
  if (!mode.startsWith("tap")) {
    throw refuseArgument(`Unknown network mode ${mode}, please use user, tap or none`, index);
  }
  nic.mode = "tap";
  return true;
}

/**
 * -n: one more network device. The argument is cut at every run of commas and equals signs, so a
 * name without a value waits for the next piece and is ignored at the end.
 */
export function addNic(config: KvmtoolConfig, use: OptionUse): void {
  const pieces = (use.argument ?? "").split(/[,=]+/).filter((piece) => piece !== "");
  const nic: Nic = { mode: "tap", trans: undefined };
  for (let i = 0; i + 1 < pieces.length; i += 2) {
    const pair = [pieces[i] ?? "", pieces[i + 1] ?? ""] as const;
    if (!setNicParameter(config, nic, pair, use.index)) return;
  }
  if (config.nics.length === MAX_NICS) {
    throw refuseArgument("Failed adding new network device", use.index);
  }
  config.nics.push(nic);
}
