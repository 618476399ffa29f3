/**
 * The kernel command line that kvmtool writes into the tree.
 *
 * @module
 */
import type { KvmtoolConfig } from "./config.ts";

/** kvmtool builds the line in a buffer of 2048 bytes, its NUL included. */
const MAX_LENGTH = 2047;

const utf8 = new TextEncoder();

function consoleArgument(config: KvmtoolConfig): string {
  if (config.vnc || config.sdl || config.gtk) return " console=tty0";
  const name = config.console ?? "serial";
  if (name.startsWith("virtio")) return " console=hvc0";
  if (name.startsWith("serial")) return " console=ttyS0";
  return name.startsWith("hv") ? " console=hvc0" : "";
}

function rootArguments(config: KvmtoolConfig, ownRootfs: boolean): string {
  if (config.rootfs) {
    const init = ownRootfs ? ` init=/virt/init${config.noDhcp ? "" : "  ip=dhcp"}` : "";
    return ` rw rootflags=trans=virtio,version=9p2000.L,cache=loose rootfstype=9p${init}`;
  }
  // "nfsroot=" counts, too.
  return config.params?.includes("root=") === true ? "" : " root=/dev/vda rw ";
}

/**
 * The `bootargs` of a line, as bytes without the NUL; undefined if the tree has none. Firmware and
 * --nodefaults get -p as it is; otherwise it follows what kvmtool puts together.
 *
 * @param ownRootfs whether the root file system is the one that kvmtool makes up.
 */
export function bootargsOf(config: KvmtoolConfig, ownRootfs: boolean): Uint8Array | undefined {
  const { params } = config;
  if (config.firmware !== undefined || config.nodefaults) {
    return params === undefined ? undefined : utf8.encode(params);
  }
  const given = params === undefined ? "" : ` ${params}`;
  const line = `${consoleArgument(config)}${rootArguments(config, ownRootfs)}${given}`;
  return utf8.encode(line).subarray(0, MAX_LENGTH);
}

/** Whether the console is a virtio device. */
export function hasVirtioConsole(config: KvmtoolConfig): boolean {
  return config.console?.startsWith("virtio") === true;
}
