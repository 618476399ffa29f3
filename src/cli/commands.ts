/**
 * The commands, in the order in which help lists them. Each is loaded only when it is needed:
 * its own file when it runs, all of them for help and completion.
 *
 * @module
 */
import type { Command, CommandTable } from "./command.ts";

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  measure: async () => (await import("./commands/measure.ts")).measure,
  trace: async () => (await import("./commands/trace.ts")).trace,
  replay: async () => (await import("./commands/replay.ts")).replay,
  dtb: async () => (await import("./commands/dtb.ts")).dtb,
  import: async () => (await import("./commands/import.ts")).importLine,
  gate: async () => (await import("./commands/gate.ts")).gate,
  export: async () => (await import("./commands/export.ts")).exportValues,
  verify: async () => (await import("./commands/verify.ts")).verify,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  lint: async () => (await import("./commands/lint.ts")).lint,
  matrix: async () => (await import("./commands/matrix.ts")).matrix,
  diff: async () => (await import("./commands/diff.ts")).diff,
  explain: async () => (await import("./commands/explain.ts")).explain,
  report: async () => (await import("./commands/report.ts")).report,
  models: async () => (await import("./commands/models.ts")).models,
  schema: async () => (await import("./commands/schema.ts")).schema,
  completion: async () => (await import("./commands/completion.ts")).completion,
};

/** All commands. */
export const commands: CommandTable = {
  names: Object.keys(LOADERS),
  load: (name) => (Object.hasOwn(LOADERS, name) ? LOADERS[name]?.() : undefined),
  loadAll: () => Promise.all(Object.values(LOADERS).map((load) => load())),
};
