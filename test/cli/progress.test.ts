import { expect, test } from "vitest";
import { progressOn } from "../../src/cli/progress.ts";

function fake(columns?: number): {
  written: string[];
  at: (ms: number) => void;
  progress: ReturnType<typeof progressOn>;
} {
  const written: string[] = [];
  let time = 1000;
  const terminal = {
    write: (text: string) => written.push(text),
    ...(columns === undefined ? {} : { columns }),
  };
  return {
    written,
    at: (ms) => {
      time = 1000 + ms;
    },
    progress: progressOn(terminal, () => time),
  };
}

test("work of half a second shows nothing and clears nothing", () => {
  const { written, at, progress } = fake();
  for (const ms of [0, 100, 499]) {
    at(ms);
    progress.update(ms, 1000);
  }
  progress.end();
  expect(written).toEqual([]);
});

test("longer work shows granules, share and speed on one line, and clears it", () => {
  const { written, at, progress } = fake();
  at(200);
  progress.update(512, 12800);
  at(500);
  progress.update(1280, 12800);
  at(550);
  progress.update(1300, 12800);
  at(1000);
  progress.update(2560, 12800);
  progress.end();
  progress.end();
  expect(written).toEqual([
    "\r\u001b[Khashing 1280/12800 granules, 10 %, 10 MiB/s",
    "\r\u001b[Khashing 2560/12800 granules, 20 %, 10 MiB/s",
    "\r\u001b[K",
  ]);
});

test("the line is cut to the terminal's width", () => {
  const { written, at, progress } = fake(20);
  at(2000);
  progress.update(1, 2);
  expect(written).toEqual(["\r\u001b[Khashing 1/2 granule"]);
});

test("a terminal of unknown size gets a whole line", () => {
  const { written, at, progress } = fake(0);
  at(2000);
  progress.update(1, 2);
  expect(written).toEqual(["\r\u001b[Khashing 1/2 granules, 50 %, 0 MiB/s"]);
});

test("no granules at all are all of them", () => {
  const { written, at, progress } = fake();
  at(2000);
  progress.update(0, 0);
  expect(written[0]).toContain("0/0 granules, 100 %, 0 MiB/s");
});
