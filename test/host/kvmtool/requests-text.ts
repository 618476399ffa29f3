/** Requests as the oracles' logs show them, one line each. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { MemoryContent } from "../../../src/hash/source.ts";
import type { ConfigValue, VmmRequest } from "../../../src/host/requests.ts";
import { hexU64 } from "../../../src/units.ts";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** All bytes of a content. */
export function bytesOf(content: MemoryContent): Uint8Array {
  const bytes = new Uint8Array(content.size);
  for (const { at, source, from, length } of content.segments) {
    source.read(from, bytes.subarray(at, at + length));
  }
  return bytes;
}

const HASH_CODES: Readonly<Record<string, string>> = { "sha-256": "0", "sha-512": "1" };

function configText(name: string, value: ConfigValue): string {
  if (typeof value === "object") return `config ${name} ${Object.values(value).join(" ")}`;
  return `config ${name} ${name === "hash_algo" ? HASH_CODES[value] : value}`;
}

/** One line for a request, none for what logs do not show. */
export function requestText(request: VmmRequest): string[] {
  switch (request.request) {
    case "create_vm":
      return [`create_vm ${hexU64((request.realm ? 0x100 : 0) + request.ipaBits)}`];
    case "config":
      return [configText(request.name, request.value)];
    case "memslot":
    case "init_ripas":
      return [`${request.request} ${hexU64(request.base)} ${hexU64(request.size)}`];
    case "populate": {
      const digest = sha256(bytesOf(request.content)).slice(0, 32);
      return [`populate ${hexU64(request.base)} ${hexU64(request.size)} ${digest}`];
    }
    case "vcpu_finalize": {
      const { vcpu, pc, gprs } = request;
      return [`vcpu_finalize ${vcpu} ${hexU64(pc)} ${hexU64(gprs[0] ?? -1n)}`];
    }
    case "vcpu_setup":
      return [];
    default:
      return [request.request];
  }
}

/** The lines of a golden file. */
export function goldenLines<T>(name: string): T[] {
  const path = new URL(`../../../golden/oracle/kvmtool/${name}.jsonl.gz`, import.meta.url);
  const text = gunzipSync(readFileSync(fileURLToPath(path))).toString("utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
