/**
 * Takes the parts of CoRIM documents apart; what does not fit becomes a finding.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import {
  type CborNode,
  type CborOf,
  describeNode,
  entryOf,
  isNil,
  keyIdentity,
} from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import type { Finding } from "../lint/finding.ts";
import { KEY, TAG } from "./names.ts";
import type { ComidPart, DigestPart, MeasurementPart, Placed, TriplePart } from "./parts.ts";

const OLD_TAGS: readonly bigint[] = [500n, 502n];

/** Walks over one document. */
export class CorimWalker {
  readonly findings: Finding[] = [];
  readonly roots: { node: CborNode; path: string }[] = [];

  note(rule: Finding["rule"], message: string, node: CborNode, path: string): undefined {
    this.findings.push({ rule, message, offset: node.offset, path });
    return undefined;
  }

  #expected(what: string, node: CborNode, path: string): undefined {
    return this.note("structure", `expected ${what}, found ${describeNode(node)}`, node, path);
  }

  /** Reads embedded CBOR; a failure becomes a finding. */
  parse(bytes: Uint8Array, base: number, path: string): CborNode | undefined {
    try {
      const node = readCbor(bytes, { what: path, base, strict: false });
      this.roots.push({ node, path });
      return node;
    } catch (error) {
      if (!(error instanceof CcaRimError)) throw error;
      const { message, where } = error;
      const problem = message.replace(`${path}: `, "");
      this.findings.push({
        rule: "structure",
        message: problem,
        offset: where?.offset ?? base,
        path,
      });
      return undefined;
    }
  }

  map(node: CborNode | undefined, path: string): CborOf<"map"> | undefined {
    if (node === undefined) return undefined;
    return node.kind === "map" ? node : this.#expected("a map", node, path);
  }

  array(node: CborNode | undefined, path: string): readonly CborNode[] {
    if (node === undefined) return [];
    if (node.kind === "array") return node.items;
    this.#expected("an array", node, path);
    return [];
  }

  taggedBytes(node: CborNode | undefined, path: string): Placed<Uint8Array> | undefined {
    if (node === undefined || isNil(node)) return undefined;
    if (node.kind === "tag" && node.tag === BigInt(TAG.bytes) && node.content.kind === "bytes") {
      return { value: node.content.value, node, path };
    }
    return this.#expected(`tag ${TAG.bytes} around a byte string`, node, path);
  }

  /** Entries of a map under other keys than these, each by its key. */
  others(
    map: CborOf<"map"> | undefined,
    keys: readonly number[],
    path: string,
  ): readonly Placed<string>[] {
    return (map?.entries ?? [])
      .filter(({ key }) => !(key.kind === "uint" && keys.includes(Number(key.value))))
      .map(({ key, value }) => ({ value: keyIdentity(key), node: value, path }));
  }

  /** Complains about keys that nothing is defined for. */
  known(map: CborOf<"map"> | undefined, keys: readonly number[], path: string): void {
    for (const { key } of map?.entries ?? []) {
      const isKnown = key.kind === "uint" && keys.includes(Number(key.value));
      if (!isKnown) this.note("key-unknown", "a key that has no meaning here", key, path);
    }
  }

  digest(node: CborNode, path: string): Placed<DigestPart> | undefined {
    const [algorithm, value] = node.kind === "array" ? node.items : [];
    const isPair = node.kind === "array" && node.items.length === 2;
    if (!isPair || algorithm === undefined || value?.kind !== "bytes") {
      return this.#expected("a pair of algorithm and value", node, path);
    }
    const name =
      algorithm.kind === "text" || algorithm.kind === "uint" || algorithm.kind === "nint"
        ? algorithm.value
        : undefined;
    return { value: { algorithm: name, value: value.value }, node, path };
  }

  digests(node: CborNode | undefined, path: string): readonly Placed<DigestPart>[] | undefined {
    if (node === undefined || isNil(node)) return undefined;
    const items = this.array(node, path);
    const isFlat = items.length === 2 && items[0]?.kind !== "array" && items[1]?.kind === "bytes";
    if (isFlat) {
      this.note(
        "digest-flat",
        "one digest where a list of digests belongs: [[alg, value]]",
        node,
        path,
      );
      const digest = this.digest(node, path);
      return digest === undefined ? [] : [digest];
    }
    return items
      .map((item, i) => this.digest(item, `${path}[${i}]`))
      .filter((digest) => digest !== undefined);
  }

  measurement(node: CborNode, path: string): MeasurementPart | undefined {
    const map = this.map(node, path);
    if (map === undefined) return undefined;
    const K = KEY.measurement;
    this.known(map, [K.key, K.value, K.authorizedBy], path);
    const key = entryOf(map, K.key);
    const value = this.map(entryOf(map, K.value), `${path}.value`);
    const at = (name: number): CborNode | undefined =>
      value === undefined ? undefined : entryOf(value, name);
    const registers = this.map(at(KEY.value.integrityRegisters), `${path}.value.registers`);
    return {
      path,
      node,
      name: key?.kind === "text" ? key.value : undefined,
      digests: this.digests(at(KEY.value.digests), `${path}.value.digests`),
      raw: this.raw(at(KEY.value.raw), `${path}.value.raw`),
      registers: this.registers(registers, `${path}.value.registers`),
      hasAuthorization: entryOf(map, K.authorizedBy) !== undefined,
      others: this.others(value, Object.values(KEY.value), `${path}.value`),
    };
  }

  /** A raw value may be of another kind, in other profiles: only bytes are of interest. */
  raw(node: CborNode | undefined, path: string): Placed<Uint8Array> | undefined {
    const isBytes = node?.kind === "tag" && node.tag === BigInt(TAG.bytes);
    return isBytes ? this.taggedBytes(node, path) : undefined;
  }

  registers(map: CborOf<"map"> | undefined, path: string): MeasurementPart["registers"] {
    return (map?.entries ?? []).flatMap(({ key, value }) => {
      const name = key.kind === "text" || key.kind === "uint" ? String(key.value) : "";
      const digests = this.digests(value, `${path}.${name}`);
      return digests === undefined
        ? []
        : [{ name, value: digests, node: value, path: `${path}.${name}` }];
    });
  }

  triple(node: CborNode, path: string): TriplePart | undefined {
    const [environment, measurements] = this.array(node, path);
    const map = this.map(environment, `${path}.environment`);
    if (map === undefined) return undefined;
    const K = KEY.environment;
    this.known(map, [K.class, K.instance, K.group], `${path}.environment`);
    const known = this.map(entryOf(map, K.class), `${path}.environment.class`);
    const instance = entryOf(map, K.instance);
    const isBytes = instance?.kind === "tag" && instance.tag === BigInt(TAG.bytes);
    const id = known === undefined ? undefined : entryOf(known, KEY.class.id);
    const list = this.array(measurements, `${path}.measurements`);
    return {
      path,
      node,
      classId:
        id?.kind === "tag" && id.tag === BigInt(TAG.bytes)
          ? this.taggedBytes(id, `${path}.environment.class.id`)
          : undefined,
      instance: isBytes ? this.taggedBytes(instance, `${path}.environment.instance`) : undefined,
      hasInstance: instance !== undefined,
      others: [
        ...this.others(known, [KEY.class.id], `${path}.environment.class`),
        ...this.others(map, [K.class, K.instance], `${path}.environment`),
      ],
      measurements: list
        .map((item, i) => this.measurement(item, `${path}.measurements[${i}]`))
        .filter((part) => part !== undefined),
    };
  }

  comid(node: CborNode, path: string): ComidPart | undefined {
    if (node.kind !== "tag" || node.tag !== BigInt(TAG.comid)) return undefined;
    if (node.content.kind !== "bytes") {
      return this.#expected("a byte string", node.content, path);
    }
    const root = this.parse(node.content.value, node.content.contentOffset, path);
    const map = this.map(root, path);
    if (root === undefined || map === undefined) return undefined;
    const K = KEY.comid;
    this.known(map, [K.language, K.identity, K.entities, K.linkedTags, K.triples], path);
    const triples = this.map(entryOf(map, K.triples), `${path}.triples`);
    const list = triples === undefined ? undefined : entryOf(triples, KEY.triples.reference);
    return {
      path,
      root,
      triples: this.array(list, `${path}.triples.reference`)
        .map((item, i) => this.triple(item, `${path}.triples.reference[${i}]`))
        .filter((part) => part !== undefined),
    };
  }

  /** Takes off the wrappers of older drafts, and complains about them. */
  unwrap(node: CborNode): CborNode {
    let item = node;
    while (item.kind === "tag" && OLD_TAGS.includes(item.tag)) {
      this.note("old-wrapper", `tag ${item.tag} of an older draft`, item, "corim");
      item = item.content;
    }
    return item;
  }
}
