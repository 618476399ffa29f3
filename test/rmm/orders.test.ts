import { expect, test } from "vitest";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { answerText } from "./conditions/index.ts";
import { ORDERS, ordersOf, tryOrder } from "./orders.ts";

const orders = rmmSpecs.flatMap((spec) =>
  ordersOf(spec).map(
    (order) => [spec.id, order.command, order.first, order.later, spec, order] as const,
  ),
);

test.each(orders)("RMM %s %s decides %s before %s", (_, __, first, ___, spec, order) => {
  const { result, answer } = tryOrder(spec, order);
  expect([answerText(result), result.failed]).toEqual([answer, first]);
});

test("every order is one of some version", () => {
  const known = new Set(orders.map(([, , , , , order]) => order));
  expect(ORDERS.filter((order) => !known.has(order))).toEqual([]);
});
