/**
 * One VM as KVM keeps it, and what the model runs on.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { PageDigests } from "../../hash/pages.ts";
import type { MemoryContent } from "../../hash/source.ts";
import type { RegisterFeature } from "../../rmm/features.ts";
import type { PlatformFeatures } from "../../rmm/platform-features.ts";
import type { RmmSpec } from "../../rmm/spec.ts";
import type { Pa, U64 } from "../../units.ts";
import { GranuleAllocator } from "../granule-allocator.ts";
import type { Platform } from "../platform.ts";
import type { RealmFields } from "../realm-fields.ts";
import type { VcpuSetup, VmmRequest } from "../requests.ts";
import { type RmiCalls, rmiCalls } from "../rmi-calls.ts";
import type { KvmFacts } from "./facts.ts";
import { BackingMemory } from "./memory.ts";
import type { KvmRefusal } from "./refusal.ts";
import { MemorySlots } from "./slots.ts";

/** A value that nobody gave and the model went on with. */
export interface KvmAssumption {
  readonly field: string;
  readonly value: unknown;
  readonly origin: "default";
}

/** A request that KVM refused. */
export interface RefusedRequest {
  /** Counts the requests of the launch from 0. */
  readonly number: number;
  readonly request: VmmRequest;
  readonly refusal: KvmRefusal;
}

/** What a launch on KVM gets from outside. */
export interface KvmEnvironment {
  readonly spec: RmmSpec;
  readonly platform: Platform;
  /** What the RMM offers on that platform: the feature registers that KVM reads at boot. */
  readonly features: PlatformFeatures;
  /** Fields that override what KVM would put into RmiRealmParams. */
  readonly realm: RealmFields;
  /** Hashes of the granules of a content. */
  readonly digests: (content: MemoryContent) => PageDigests;
  /** Takes note of what was assumed. */
  readonly onAssumed?: (assumption: KvmAssumption) => void;
  /**
   * What the VMM does when a request fails: "stop", as kvmtool and QEMU do, or "continue" with
   * the next one. Absent: "stop".
   */
  readonly onRefused?: (refused: RefusedRequest) => "stop" | "continue";
}

/** A vCPU, in the order of creation. */
export interface Vcpu {
  readonly id: number;
  readonly pc: U64;
  /** x0 .. x7. */
  readonly gprs: readonly U64[];
  /** Whether its REC was created. */
  finalized: boolean;
}

/** State of the Realm as KVM sees it. */
export type RealmState = "NONE" | "NEW" | "ACTIVE" | "DEAD";

/** A VM under construction. */
export class KvmVm {
  /** As manifests name the hypervisor. */
  readonly name: string;
  readonly facts: KvmFacts;
  readonly env: KvmEnvironment;
  /** The RMI calls of the RMM's version. */
  readonly calls: RmiCalls;
  readonly granules: GranuleAllocator = new GranuleAllocator();
  readonly memory: BackingMemory = new BackingMemory(this.granules);
  readonly slots: MemorySlots = new MemorySlots();
  /** What configuration items set. */
  configured: RealmFields = {};
  readonly vcpus: Vcpu[] = [];
  setup: VcpuSetup | undefined;
  state: RealmState = "NONE";
  ipaBits = 0;
  /** PA of the RD, once there is a Realm. */
  rd: Pa = 0n as Pa;
  startLevel = 0;
  /** Auxiliary granules that a REC needs. */
  auxCount = 0;

  constructor(name: string, facts: KvmFacts, env: KvmEnvironment) {
    this.name = name;
    this.facts = facts;
    this.env = env;
    this.calls = rmiCalls(env.spec);
  }

  /** Page size of the host kernel in bytes. */
  get hostPageSize(): number {
    return this.assume("hostPageSize", 4096);
  }

  /** A field of the platform, else its usual value, which is then listed as assumed. */
  assume<K extends "hostPageSize" | "hostLpa2">(
    field: K,
    fallback: NonNullable<Platform[K]>,
  ): NonNullable<Platform[K]> {
    const value = this.env.platform[field];
    if (value !== undefined) return value;
    this.env.onAssumed?.({ field, value: fallback, origin: "default" });
    return fallback;
  }

  /**
   * Whether the platform states a limit.
   *
   * @param field `breakpoints`, `watchpoints`, `pmuCounters`, `sveVectorBits`, `maxIpaBits`.
   */
  knows(field: keyof Platform): boolean {
    return !this.env.features.notChecked.includes(field);
  }

  /** Whether a feature register of this RMM version has a field for a limit. */
  hasRegisterFor(field: RegisterFeature): boolean {
    return this.env.spec.featureRegisters.some((register) => register[field] !== undefined);
  }

  /**
   * Insists on what decides the launch and nobody can guess.
   *
   * @throws CcaRimError HOST_PLATFORM that names the fields that the platform does not state.
   */
  require(fields: readonly (keyof Platform)[]): void {
    const absent = fields.filter((field) => !this.knows(field));
    if (absent.length === 0) return;
    const names = absent.map((field) => `platform.${field}`).join(" and ");
    throw new CcaRimError(
      "HOST_PLATFORM",
      `${names} must be given: ${this.name} takes from the RMM what the VMM leaves open`,
      {
        where: { pointer: "/platform" },
        hint: "or give platform.featureRegister0, as the host's RMM answers it",
      },
    );
  }
}
