/**
 * Samsung's lkvm-rim-measurer (islet-project/3rd-kvmtool 3cac6a9): a kvmtool that runs without
 * KVM and answers its own questions. It brings options of its own and skips what needs a host.
 *
 * @module
 */
import type { KvmtoolConfig } from "./config.ts";
import { refuseArgument } from "./refusal.ts";
import type { KvmtoolFacts } from "./versions.ts";

/** A tree's facts as the calculator has them. */
export function calculatorFacts(facts: KvmtoolFacts): KvmtoolFacts {
  return { ...facts, options: [...facts.options, "calculator"] };
}

/** One MPIDR as sscanf's %llx reads it: hexadecimal digits at the start, else 0. */
function parseMpidr(token: string): bigint {
  const match = /^[ \t\n\v\f\r]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)/.exec(token);
  if (match === null) return 0n;
  const magnitude = BigInt(`0x${match[2]}`);
  return BigInt.asUintN(64, match[1] === "-" ? -magnitude : magnitude);
}

/** The values of --mpidrs. @throws CcaRimError HOST_ARGUMENT if there are too few or too many. */
function listedMpidrs(list: string, cpus: number, index: number | undefined): readonly bigint[] {
  const tokens = list.split(",").filter((token) => token !== "");
  const mpidrs = tokens.map(parseMpidr);
  if (mpidrs.length > cpus) throw refuseArgument("Too many MPIDRs", index);
  if (mpidrs.length < cpus) {
    throw refuseArgument("The number of MPIDRs doesn't match the number of CPUs", index);
  }
  return mpidrs;
}

/** MPIDR_EL1 of a vCPU as KVM makes it from its number. @see Linux arch/arm64/kvm/sys_regs.c */
function kvmMpidr(vcpu: number): bigint {
  const aff0 = BigInt(vcpu & 0xf);
  const aff1 = BigInt((vcpu >> 4) & 0xff);
  const aff2 = BigInt((vcpu >> 12) & 0xff);
  return (aff2 << 16n) | (aff1 << 8n) | aff0;
}

/** Affinities of the vCPUs, in order: those of --mpidrs, else KVM's. */
export function mpidrsOf(config: KvmtoolConfig, cpus: number): readonly bigint[] {
  if (config.mpidrs !== undefined) {
    return listedMpidrs(config.mpidrs, cpus, config.at.get("mpidrs"));
  }
  return Array.from({ length: cpus }, (_, vcpu) => kvmMpidr(vcpu));
}
