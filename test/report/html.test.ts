import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffHtml } from "../../src/report/html/diff.ts";
import { launchHtml } from "../../src/report/html/launch.ts";
import { escapeHtml, html } from "../../src/report/html/markup.ts";
import { drawnBytes, mapRegions, memoryMap } from "../../src/report/html/memory-map.ts";
import { pageOf, stageOf } from "./pages.ts";
import { readXml, type XmlElement } from "./xml.ts";

const DOCTYPE = "<!doctype html>\n";

/** The document as a tree: what is written is well-formed XML, too. */
function read(text: string): XmlElement {
  expect(text.startsWith(DOCTYPE)).toBe(true);
  return readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text.slice(DOCTYPE.length)}`);
}

function all(root: XmlElement): readonly XmlElement[] {
  return [root, ...root.children.flatMap((child) => (typeof child === "string" ? [] : all(child)))];
}

function textOf({ children }: XmlElement): string {
  return children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

const ANSWER = {
  equal: false,
  a: { name: "sample", rim: "aa", rem: [], hashAlgo: "sha-256" },
  b: { name: "other", rim: "bb", rem: [], hashAlgo: "sha-256" },
  inputs: [
    { change: "changed", path: "realm.numBps", a: "1", b: "2", pointerA: null, pointerB: null },
    { change: "added", path: "name", a: null, b: "other", pointerA: null, pointerB: null },
  ],
  causes: { inputs: [0], smallest: true },
  firstCall: {
    descriptors: 7,
    differs: [],
    a: { n: 4, command: "RMI_DATA_CREATE", args: { ipa: "0x80000000" }, content: null },
    b: null,
  },
  effects: [{ kind: "parameter", field: "numBps", a: "1", b: "2" }],
  counts: null,
} as const;

function diffPage(): string {
  const [realm, ripas] = pageOf().stages;
  const stages =
    realm === undefined || ripas === undefined ? [] : [realm, { ...ripas, top: 0xa000_0000 }];
  return diffHtml({ a: pageOf(), b: pageOf({ name: "other", stages }), answer: ANSWER });
}

describe.each([
  ["a launch", () => launchHtml(pageOf())],
  ["two launches", diffPage],
])("the page of %s", (_, write) => {
  const text = write();
  const root = read(text);
  const elements = all(root);

  test("loads nothing and runs nothing", () => {
    const names = new Set(elements.map(({ name }) => name));
    for (const name of ["script", "link", "img", "iframe", "object", "image", "use"]) {
      expect(names).not.toContain(name);
    }
    for (const { attributes } of elements) {
      expect(Object.keys(attributes).filter((name) => /^(?:on|src)/.test(name))).toEqual([]);
      expect(attributes["href"] ?? "#main").toMatch(/^#[\w-]+$/);
    }
    expect(text).not.toMatch(/url\((?!#)|@import/);
    expect(text).toContain("default-src 'none'");
  });

  test("is the same every time, without dates or hosts", () => {
    expect(write()).toBe(text);
    expect(text).not.toMatch(/\b20\d\d-\d\d|:\d\d:\d\d/);
  });

  test("says what screen readers need", () => {
    const html5 = root.attributes;
    expect(html5["lang"]).toBe("en");
    const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of elements) {
      for (const id of (attributes["aria-labelledby"] ?? "").split(" ").filter(Boolean)) {
        expect(ids).toContain(id);
      }
      if (attributes["href"] !== undefined) expect(ids).toContain(attributes["href"].slice(1));
    }
    const headings = elements.filter(({ name }) => /^h[1-6]$/.test(name));
    expect(headings.filter(({ name }) => name === "h1").length).toBe(1);
    const levels = headings.map(({ name }) => Number(name.slice(1)));
    expect(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1)).toBe(true);
    for (const svg of elements.filter(({ name }) => name === "svg")) {
      expect(svg.attributes["role"]).toBe("img");
      expect(svg.attributes["aria-label"] ?? svg.attributes["aria-labelledby"]).toBeTruthy();
    }
    const tables = elements.filter(({ name }) => name === "table");
    expect(tables.length).toBeGreaterThan(3);
    for (const one of tables) {
      const parts = all(one);
      expect(parts.some(({ name }) => name === "caption")).toBe(true);
      const heads = parts.filter(({ attributes }) => attributes["scope"] === "col");
      expect(heads.every((head) => textOf(head) !== "")).toBe(true);
      for (const row of parts.filter(({ name }) => name === "tr").slice(1)) {
        expect(row.children.length).toBe(heads.length);
      }
    }
  });

  test("regions that scroll can be reached by keyboard", () => {
    const scrolling = elements.filter(({ attributes }) => attributes["class"] === "scroll");
    expect(scrolling.length).toBeGreaterThan(3);
    for (const { attributes } of scrolling) {
      expect(attributes).toMatchObject({ role: "region", tabindex: "0" });
      expect(attributes["aria-label"]).toBeTruthy();
    }
  });
});

test("a launch: everything that a reader looks for", () => {
  const text = textOf(read(launchHtml(pageOf())));
  for (const part of [
    "ab".repeat(32),
    "sha-256",
    "kernel",
    "cd".repeat(32),
    "hpmn0",
    "oracle",
    "assumed",
    "RMI_REALM_CREATE",
    "content not measured",
    "4 to 8",
  ]) {
    expect(text).toContain(part);
  }
});

test("two launches: the cause comes first, other inputs later", () => {
  const text = textOf(read(diffPage()));
  const at = (part: string): number => text.indexOf(part);
  expect(at("This input explains the whole difference.")).toBeGreaterThan(0);
  expect(at("realm.numBps")).toBeLessThan(at("Inputs that differ and do not change the RIM"));
  expect(at("Inputs that differ and do not change the RIM")).toBeLessThan(
    text.lastIndexOf("First different RMI call"),
  );
  expect(text).toContain("Before it, both measure the same 7 times.");
  expect(text).toContain("Realm parameter numBps: 1 -> 2");
});

test("no text can leave its place", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const page = pageOf({
        name: text,
        file: text,
        stages: [stageOf({ label: text, command: text })],
        report: {
          ...pageOf().report,
          inputs: [{ name: text, path: text, sha256: text, size: 1, format: { kind: text } }],
          assumed: [{ field: text, value: text, origin: "default" }],
          refused: [{ pointer: text, message: text }],
        },
      });
      const names = all(read(launchHtml(page))).map(({ name }) => name);
      const usual = new Set(all(read(launchHtml(pageOf()))).map(({ name }) => name));
      expect(names.filter((name) => !usual.has(name) && name !== "i")).toEqual([]);
    }),
  );
});

test("templates escape once", () => {
  const inner = html`<b title="${'"'}">${"<&>"}</b>`;
  expect(html`<p>${inner}${[1, "&"]}</p>`.html).toBe(
    '<p><b title="&quot;">&lt;&amp;&gt;</b>1&amp;</p>',
  );
  expect(escapeHtml("a\u0000\ud800b")).toBe("a\ufffd\ufffdb");
});

test("two launches of one name are called by their files", () => {
  const b = pageOf({ file: "other.yaml" });
  const text = textOf(read(diffHtml({ a: pageOf(), b, answer: ANSWER })));
  expect(text).toContain("boot/guest.yaml and other.yaml");
});

test("two launches: the maps frame what differs, and nothing else", () => {
  const stages = pageOf().stages.map((stage) =>
    stage.label === "kernel" ? { ...stage, chunks: ["ffffffffffffffff"] } : stage,
  );
  const root = read(diffHtml({ a: pageOf(), b: pageOf({ stages }), answer: ANSWER }));
  const svgs = all(root).filter(({ attributes }) => attributes["class"] === "map");
  expect(svgs.length).toBe(2);
  for (const svg of svgs) {
    const frames = all(svg).filter(({ attributes }) => attributes["class"] === "differs");
    expect(frames.map(({ attributes }) => attributes["height"])).toEqual(["269"]);
    const marks = all(svg).filter(({ attributes }) => attributes["class"] === "mark");
    expect(marks.length).toBe(1);
    expect(textOf(svg)).toContain("kernel from 0x80000000 to 0x88000000, differs");
  }
});

describe("many stages", () => {
  const stages = Array.from({ length: 900 }, (_, i) =>
    stageOf({
      label: `piece ${i}`,
      base: i * 8192,
      top: i * 8192 + 4096,
      firstCall: 2 * i + 1,
      lastCall: 2 * i + 2,
      chunks: i % 2 === 0 ? [] : ["00"],
    }),
  );
  const root = read(launchHtml(pageOf({ stages })));

  test("later lines are folded away, none is lost", () => {
    const folded = all(root).filter(({ name }) => name === "details");
    expect(folded.map((one) => textOf(one).includes("860 more lines"))).toEqual([true, true]);
    expect(all(root).filter(({ name }) => name === "tr").length).toBeGreaterThan(1800);
    expect(textOf(root)).toContain("the table has 886 more");
  });

  test("the strip draws small neighbours in one, without a name that would be wrong", () => {
    const strip = all(root).find(({ attributes }) => attributes["class"] === "strip");
    expect(strip?.children.length).toBe(1);
    expect(strip === undefined ? "?" : textOf(strip)).toBe("");
  });
});

describe("the map", () => {
  interface Box {
    readonly y: number;
    readonly height: number;
    readonly fill: string;
  }

  function boxes(stages = pageOf().stages): readonly Box[] {
    const regions = mapRegions(stages);
    const { html: text } = memoryMap(regions, "map", drawnBytes(regions));
    const root = readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
    return all(root)
      .filter(({ name }) => name === "rect")
      .map(({ attributes }) => ({
        y: Number(attributes["y"]),
        height: Number(attributes["height"]),
        fill: attributes["class"] ?? attributes["fill"] ?? "",
      }));
  }

  test("is drawn to scale: half of RAM is half as high", () => {
    const [ram, kernel, log] = boxes();
    expect([ram?.fill, kernel?.fill, log?.fill]).toEqual([
      "fill-ram",
      "fill-data",
      "url(#map-hatch)",
    ]);
    expect((kernel?.height ?? 0) / (ram?.height ?? 1)).toBeCloseTo(0.5, 2);
    expect(kernel?.y).toBe(ram?.y);
    expect(log?.height).toBe(1.5);
  });

  test("a firmware far below RAM: every address has room", () => {
    const regions = mapRegions([
      stageOf({ label: "firmware", base: 0, top: 0x20_0000 }),
      stageOf({ kind: "ripas", label: "", base: 0x4000_0000, top: 0x6000_0000 }),
    ]);
    const { html: text } = memoryMap(regions, "map", drawnBytes(regions));
    const axis = all(readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`))
      .filter(({ attributes }) => attributes["class"] === "small" && attributes["x"] === "106")
      .map((one) => ({ y: Number(one.attributes["y"]), address: textOf(one) }));
    expect(axis.map(({ address }) => address)).toEqual(["0x0", "0x40000000", "0x60000000"]);
    expect(axis.every(({ y }, i) => i === 0 || y - (axis[i - 1]?.y ?? 0) > 12)).toBe(true);
  });

  test("joins what touches, keeps what does not", () => {
    const at = (base: number, top: number, label = "kernel") => stageOf({ base, top, label });
    expect(
      mapRegions([at(0, 4096), at(4096, 8192), at(12288, 16384), at(16384, 20480, "dtb")]),
    ).toEqual([
      { label: "kernel", kind: "measured", base: 0, top: 8192 },
      { label: "kernel", kind: "measured", base: 12288, top: 16384 },
      { label: "dtb", kind: "measured", base: 16384, top: 20480 },
    ]);
  });

  test("cuts out wide gaps, whatever the addresses are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2 ** 36), fc.integer({ min: 1, max: 2 ** 20 })), {
          minLength: 1,
          maxLength: 40,
        }),
        (ranges) => {
          const stages = ranges.map(([page, pages], i) =>
            stageOf({ base: page * 4096, top: (page + pages) * 4096, label: `f${i}` }),
          );
          for (const { y, height } of boxes(stages)) {
            expect(y).toBeGreaterThanOrEqual(0);
            expect(y + height).toBeLessThan(20_000);
          }
        },
      ),
    );
  });
});
