/**
 * The options of qemu-system-aarch64: which there are, and which take an argument.
 *
 * @see QEMU qemu-options.hx
 * @module
 */
import type { Release } from "./facts.ts";

/** One option. */
export interface OptionSpec {
  readonly argument: boolean;
  /** Releases that have it; absent: all that are modelled. */
  readonly since?: Release;
  readonly until?: Release;
}

const FLAGS = [
  "help",
  "version",
  "mem-prealloc",
  "snapshot",
  "usb",
  "nographic",
  "full-screen",
  "preconfig",
  "S",
  "s",
  "enable-kvm",
  "xen-attach",
  "xen-domid-restrict",
  "no-reboot",
  "no-shutdown",
  "daemonize",
  "only-migratable",
  "nodefaults",
  "semihosting",
  "no-user-config",
  "enable-sync-profile",
] as const;

const WITH_ARGUMENT = [
  ..."machine M cpu accel smp numa add-fd set global boot m mem-path k audiodev device name uuid".split(
    " ",
  ),
  ..."fda fdb hda hdb hdc hdd cdrom blockdev drive mtdblock sd pflash fsdev virtfs iscsi".split(
    " ",
  ),
  ..."usbdevice display spice vga smbios netdev nic net chardev tpmdev kernel append initrd".split(
    " ",
  ),
  ..."dtb fw_cfg serial parallel monitor qmp qmp-pretty mon debugcon pidfile overcommit gdb d".split(
    " ",
  ),
  ..."D dfilter seed L bios xen-domid loadvm option-rom rtc icount watchdog-action echr".split(" "),
  ..."incoming semihosting-config sandbox readconfig trace plugin qtest qtest-log msg".split(" "),
  ..."dump-vmstate object".split(" "),
] as const;

const DATED: Readonly<Record<string, OptionSpec>> = {
  "audio-help": { argument: false, until: 802 },
  soundhw: { argument: true, until: 701 },
  curses: { argument: false, until: 701 },
  "alt-grab": { argument: false, until: 701 },
  "ctrl-grab": { argument: false, until: 701 },
  "no-quit": { argument: false, until: 700 },
  sdl: { argument: false, until: 701 },
  portrait: { argument: false, until: 902 },
  rotate: { argument: true, until: 902 },
  "no-acpi": { argument: false, until: 900 },
  singlestep: { argument: false, until: 900 },
  realtime: { argument: true, until: 600 },
  watchdog: { argument: true, until: 702 },
  "show-cursor": { argument: false, until: 600 },
  "tb-size": { argument: true, until: 600 },
  chroot: { argument: true, until: 900 },
  runas: { argument: true, until: 1000 },
  "old-param": { argument: false, until: 1002 },
  writeconfig: { argument: true, until: 701 },
  "enable-fips": { argument: false, until: 701 },
  compat: { argument: true, since: 600 },
  action: { argument: true, since: 600 },
  audio: { argument: true, since: 701 },
  "async-teardown": { argument: false, since: 702, until: 900 },
  perfmap: { argument: false, since: 800 },
  jitdump: { argument: false, since: 800 },
  "run-with": { argument: true, since: 801 },
  shim: { argument: true, since: 1000 },
};

const SHORT_FOR: Readonly<Record<string, string>> = { h: "help" };

const OPTIONS: ReadonlyMap<string, OptionSpec> = new Map<string, OptionSpec>([
  ...FLAGS.map((name) => [name, { argument: false }] as const),
  ...WITH_ARGUMENT.map((name) => [name, { argument: true }] as const),
  ...Object.entries(DATED),
]);

/** The option of that name (without dashes) in a release. */
export function findOption(name: string, release: Release): OptionSpec | undefined {
  const option = OPTIONS.get(SHORT_FOR[name] ?? name);
  if (option === undefined) return undefined;
  const { since = 0, until = Number.POSITIVE_INFINITY } = option;
  return since <= release && release < until ? option : undefined;
}
