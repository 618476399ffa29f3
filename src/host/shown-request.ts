/**
 * A VMM's requests as people and scripts see them (`trace --layer host`).
 *
 * @module
 */
import { hexU64 } from "../units.ts";
import type { VmmRequest } from "./requests.ts";

/** A request as data; u64 values are `0x...` text. */
export type ShownRequest = Readonly<Record<string, unknown>>;

/**
 * The request's name and arguments, in the order in which they are shown.
 *
 * @returns undefined for requests that are not shown: memory slots, the set-up of vCPUs.
 */
export function shownRequest(request: VmmRequest): ShownRequest | undefined {
  switch (request.request) {
    case "create_vm":
      return { request: "create_vm", ipaBits: request.ipaBits, realm: request.realm };
    case "config":
      return { request: "config", name: request.name, value: request.value };
    case "create_realm":
      return { request: "create_realm" };
    case "init_ripas":
      return {
        request: "init_ripas",
        base: hexU64(request.base),
        size: hexU64(request.size),
      };
    case "populate":
      return {
        request: "populate",
        base: hexU64(request.base),
        size: hexU64(request.size),
        measure: request.measure,
      };
    case "vcpu_finalize":
      return {
        request: "vcpu_finalize",
        vcpu: request.vcpu,
        pc: hexU64(request.pc),
        ...Object.fromEntries(request.gprs.map((value, i) => [`x${i}`, hexU64(value)])),
        runnable: request.runnable,
      };
    case "activate":
      return { request: "activate" };
    case "memslot":
    case "vcpu_setup":
      return undefined;
  }
}
