/**
 * Triples that put environments into relation: dependency and membership.
 *
 * @module
 */
import { at, ENVIRONMENT, type Environment, environmentProblem } from "./comid-triples.ts";
import { arrayStruct, field } from "./go-struct.ts";
import { type GoType, slice } from "./go-types.ts";

/** A domain and the environments that it trusts, or that belong to it. */
export interface DomainTriple {
  readonly domain: Environment;
  readonly others: readonly Environment[] | null;
}

/** comid.DomainDependencyTriple and comid.DomainMembershipTriple, which look the same. */
export const DOMAIN_TRIPLE: GoType<DomainTriple> = arrayStruct("comid.DomainTriple", {
  domain: field(0, ENVIRONMENT),
  others: field(1, slice(ENVIRONMENT)),
});

/** Environments are compared by everything in them, as reflect.DeepEqual does. */
function identity(environment: Environment): string {
  return JSON.stringify(environment, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array ? [...value] : value;
  });
}

function tripleProblem(
  { domain, others }: DomainTriple,
  isDependency: boolean,
): string | undefined {
  const problem = at("domain-id", environmentProblem(domain));
  if (problem !== undefined) return problem;
  const members = others ?? [];
  const name = isDependency ? "trustees" : "member";
  if (members.length === 0) {
    return isDependency ? "at least one trustee required" : "must have at least one member";
  }
  const seen = new Set<string>();
  for (const [i, member] of members.entries()) {
    const bad = environmentProblem(member);
    if (bad !== undefined) return `${name}[${i}]: ${bad}`;
    const key = identity(member);
    if (isDependency && key === identity(domain)) {
      return `trustees[${i}]: domain-id must not appear in trustees (acyclic constraint)`;
    }
    if (isDependency && seen.has(key)) return `trustees[${i}]: duplicate`;
    seen.add(key);
  }
  return undefined;
}

/** Whether following the relation leads back to where it began. */
function hasCycle(edges: ReadonlyMap<string, readonly string[]>): boolean {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const path: { readonly node: string; next: number }[] = [{ node: start, next: 0 }];
    const open = new Set([start]);
    while (path.length > 0) {
      const top = path.at(-1);
      if (top === undefined) break;
      const neighbour = done.has(top.node) ? undefined : edges.get(top.node)?.[top.next];
      top.next += 1;
      if (neighbour === undefined) {
        done.add(top.node);
        open.delete(top.node);
        path.pop();
      } else if (open.has(neighbour)) {
        return true;
      } else {
        open.add(neighbour);
        path.push({ node: neighbour, next: 0 });
      }
    }
  }
  return false;
}

/** What is wrong with a list of such triples. */
export function domainsProblem(
  triples: readonly DomainTriple[],
  kind: "dependency" | "membership",
): string | undefined {
  if (kind === "membership" && triples.length === 0) return "must not be empty";
  const edges = new Map<string, string[]>();
  for (const [i, triple] of triples.entries()) {
    const problem = tripleProblem(triple, kind === "dependency");
    if (problem !== undefined) return `${kind} triple [${i}]: ${problem}`;
    const from = identity(triple.domain);
    edges.set(from, [...(edges.get(from) ?? []), ...(triple.others ?? []).map(identity)]);
  }
  return hasCycle(edges) ? `${kind}-triples contain a cycle` : undefined;
}
