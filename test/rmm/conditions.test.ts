import { describe, expect, test } from "vitest";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { answerText, caseOf, conditionsOf, isNever, tryGood, tryRow } from "./conditions/index.ts";

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (_, spec) => {
  const commands = Object.values(spec.commands).map(({ name }) => name);

  test.each(commands.filter((name) => name !== "RMI_OP_CANCEL"))("%s: a good call", (command) => {
    expect(answerText(tryGood(spec, command))).toMatch(/^(SUCCESS|INCOMPLETE)$/);
  });

  test.each(conditionsOf(spec).map(({ command, id }) => [command, id] as const))(
    "%s: %s",
    (command, id) => {
      const row = caseOf(command).rows[id];
      if (row === undefined) throw new Error("a condition without a row");
      if (isNever(row)) {
        expect(row.never).toMatch(/\w/);
        return;
      }
      const result = tryRow(spec, command, row);
      expect([answerText(result), result.failed]).toEqual([row.answer, id]);
    },
  );
});

test("every row is about a condition of some version", () => {
  const known = new Set(
    rmmSpecs.flatMap(conditionsOf).map(({ command, id }) => `${command} ${id}`),
  );
  const commands = new Set(rmmSpecs.flatMap(conditionsOf).map(({ command }) => command));
  const rows = [...commands].flatMap((command) =>
    Object.keys(caseOf(command).rows).map((id) => `${command} ${id}`),
  );
  // Rows are shared between commands of one family; what one of them lacks, another has.
  const shared = new Set([
    "RMI_DATA_CREATE tfrmm_data_rd",
    "RMI_GRANULE_RANGE_UNDELEGATE gran_gpt",
    "RMI_GRANULE_UNDELEGATE gran_gpt",
  ]);
  expect(rows.filter((row) => !known.has(row) && !shared.has(row))).toEqual([]);
});
