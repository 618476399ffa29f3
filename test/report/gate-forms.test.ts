import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VERDICTS, type Verdict, type VerdictKind } from "../../src/gate/judge.ts";
import { type GateReport, gateText, isAcceptable } from "../../src/report/gate.ts";
import { gateMarkdown, githubAnnotations } from "../../src/report/github.ts";
import { junitXml } from "../../src/report/junit.ts";
import { sarifJson } from "../../src/report/sarif.ts";
import { readXml, type XmlElement } from "./xml.ts";

const identity = (text: string): string => text;
const STYLE = { bold: identity, dim: identity, red: identity, green: identity, yellow: identity };

function verdict(kind: VerdictKind, more: Partial<Verdict> = {}): Verdict {
  return {
    kind,
    launch: "boot/guest.yaml",
    message: "it is so",
    where: { file: "boot/guest.yaml", line: 3, column: 5 },
    changes: null,
    accept: "cca-rim gate -u boot/guest.yaml",
    ...more,
  };
}

function report(verdicts: readonly Verdict[]): GateReport {
  return {
    passed: verdicts.every(({ kind }) => kind === "ok"),
    updated: false,
    lock: "cca-rim.lock",
    tool: "1.2.3",
    verdicts,
  };
}

const CHANGED = verdict("changed-value", {
  changes: {
    models: [],
    values: [{ what: "rim", locked: "aa", now: "bb" }],
    inputs: [
      { what: "/host/args/4", locked: "2", now: "3" },
      { what: "input initrd", locked: null, now: "cc, 5 bytes" },
    ],
    first: { text: "calls 4 to 5: ripas", calls: [4, 5], stages: 2 },
    why: { causes: ["~ host.args: -c 2 -> -c 3"], effects: ["~ dtb: 1 of 16", "  + /cpus/cpu@2"] },
  },
});
const OK = verdict("ok", { launch: "ok.yaml", accept: null });
const LOCK = verdict("newer-tool", { launch: null, where: { file: "cca-rim.lock", line: 1 } });

/** Verdicts with any text in them. */
const anyReport: fc.Arbitrary<GateReport> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...(Object.keys(VERDICTS) as VerdictKind[])),
      launch: fc.option(fc.string({ unit: "binary" })),
      message: fc.string({ unit: "binary" }),
      file: fc.string({ unit: "binary", minLength: 1 }),
      what: fc.string({ unit: "binary" }),
    }),
  )
  .map((rows) =>
    report(
      rows.map(({ kind, launch, message, file, what }) =>
        verdict(kind, {
          launch,
          message,
          where: { file, line: 1 },
          changes: {
            models: [{ what, locked: null, now: message }],
            values: [],
            inputs: [],
            first: null,
            why: { causes: [what], effects: [message] },
          },
        }),
      ),
    ),
  );

describe("text", () => {
  test("differences, and the command that accepts them", () => {
    expect(gateText(report([OK, CHANGED]), STYLE)).toBe(
      `ok  ok.yaml  it is so
changed-value  boot/guest.yaml  it is so
    ~ rim: aa -> bb
    ~ /host/args/4: 2 -> 3
    + input initrd: cc, 5 bytes
    because ~ host.args: -c 2 -> -c 3
    measured ~ dtb: 1 of 16
    measured   + /cpus/cpu@2
    first different: calls 4 to 5: ripas (2 stages differ)
    accept: cca-rim gate -u boot/guest.yaml
the gate is closed: 1 verdict against it
`,
    );
  });

  test("all is well", () => {
    expect(gateText(report([OK]), STYLE)).toMatch(/\n1 launch, all as accepted\n$/);
  });

  test("an update says what was accepted and what cannot be", () => {
    const missing = verdict("missing-file", { accept: null });
    const text = gateText({ ...report([CHANGED, missing]), updated: true }, STYLE);
    expect(text).not.toMatch(/accept:/);
    expect(text).toMatch(/written: 1 change accepted; 1 verdict cannot be accepted\n$/);
  });

  test.each<[VerdictKind, boolean]>([
    ["new-launch", true],
    ["removed-launch", true],
    ["changed-input", true],
    ["newer-tool", true],
    ["older-tool", false],
    ["not-measurable", false],
    ["missing-file", false],
    ["no-launch", false],
  ])("%s can be accepted: %s", (kind, expected) => {
    expect(isAcceptable(verdict(kind))).toBe(expected);
  });
});

test("a summary stays below what GitHub takes", () => {
  const many = Array.from({ length: 5000 }, (_, i) => ({ ...CHANGED, launch: `${i}.yaml` }));
  const text = gateMarkdown(report(many));
  expect(text.length).toBeLessThan(2 ** 19);
  expect(text).toMatch(/\n4950 more verdicts are in the log\.\n$/);
  expect(text).toContain("\n4000 more launches are as accepted, or not listed.\n");
});

describe("JUnit", () => {
  /** Attributes that junit-10.xsd of Jenkins' xUnit plugin requires and knows. */
  const KNOWN: Readonly<
    Record<string, readonly [required: string[], optional: string[], children: string[]]>
  > = {
    testsuites: [[], ["name", "time", "tests", "failures", "errors"], ["testsuite"]],
    testsuite: [["name", "tests", "failures", "errors"], ["skipped"], ["testcase"]],
    testcase: [["name"], ["time", "classname", "group"], ["failure"]],
    failure: [[], ["type", "message"], []],
  };

  function check({ name, attributes, children }: XmlElement): void {
    const [required, optional, elements] = KNOWN[name] ?? [[], [], []];
    expect(Object.keys(KNOWN)).toContain(name);
    expect(Object.keys(attributes)).toEqual(expect.arrayContaining(required));
    expect([...required, ...optional]).toEqual(expect.arrayContaining(Object.keys(attributes)));
    for (const child of children) {
      if (typeof child === "string") continue;
      expect(elements).toContain(child.name);
      check(child);
    }
  }

  test("counts, names, and one failure for each verdict that closes the gate", () => {
    const root = readXml(junitXml(report([LOCK, OK, CHANGED])));
    check(root);
    const [suite] = root.children.filter((child) => typeof child !== "string");
    expect(suite?.attributes).toMatchObject({ tests: "3", failures: "2", errors: "0" });
    const cases = suite?.children.filter((child) => typeof child !== "string") ?? [];
    expect(cases.map(({ attributes }) => attributes["name"])).toEqual([
      "lock",
      "ok.yaml",
      "boot/guest.yaml",
    ]);
    expect(cases.map(({ children }) => children.length > 0)).toEqual([true, false, true]);
    expect(JSON.stringify(cases[2])).toContain("~ /host/args/4: 2 -> 3");
  });

  test("any text is well-formed and follows the schema", () => {
    fc.assert(
      fc.property(anyReport, (one) => {
        const root = readXml(junitXml(one));
        check(root);
        expect(root.attributes["tests"]).toBe(String(one.verdicts.length));
      }),
    );
  });
});

describe("SARIF", () => {
  /** What SARIF 2.1.0 says about the properties in use; nothing else may be there. */
  const text = {
    type: "object",
    additionalProperties: false,
    required: ["text"],
    properties: { text: { type: "string" } },
  };
  const SCHEMA = {
    type: "object",
    additionalProperties: false,
    required: ["version", "runs"],
    properties: {
      $schema: { type: "string", format: "uri" },
      version: { const: "2.1.0" },
      runs: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["tool"],
          properties: {
            columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
            tool: {
              type: "object",
              additionalProperties: false,
              required: ["driver"],
              properties: {
                driver: {
                  type: "object",
                  additionalProperties: false,
                  required: ["name"],
                  properties: {
                    name: { type: "string" },
                    version: { type: "string" },
                    semanticVersion: { type: "string" },
                    rules: {
                      type: "array",
                      uniqueItems: true,
                      items: {
                        type: "object",
                        additionalProperties: false,
                        required: ["id"],
                        properties: {
                          id: { type: "string" },
                          shortDescription: text,
                          defaultConfiguration: {
                            type: "object",
                            additionalProperties: false,
                            properties: { level: { enum: ["none", "note", "warning", "error"] } },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
            results: {
              type: "array",
              items: {
                type: "object",
                additionalProperties: false,
                required: ["message"],
                properties: {
                  ruleId: { type: "string" },
                  ruleIndex: { type: "integer", minimum: 0 },
                  level: { const: "error" },
                  message: text,
                  partialFingerprints: { type: "object", additionalProperties: { type: "string" } },
                  locations: {
                    type: "array",
                    items: {
                      type: "object",
                      additionalProperties: false,
                      properties: {
                        logicalLocations: {
                          type: "array",
                          items: {
                            type: "object",
                            additionalProperties: false,
                            properties: { fullyQualifiedName: { type: "string" } },
                          },
                        },
                        physicalLocation: {
                          type: "object",
                          additionalProperties: false,
                          properties: {
                            artifactLocation: {
                              type: "object",
                              additionalProperties: false,
                              properties: {
                                uri: { type: "string" },
                                uriBaseId: { type: "string" },
                              },
                            },
                            region: {
                              type: "object",
                              additionalProperties: false,
                              properties: {
                                startLine: { type: "integer", minimum: 1 },
                                startColumn: { type: "integer", minimum: 1 },
                              },
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
  const validate = new Ajv2020({ formats: { uri: true } }).compile(SCHEMA);

  interface Sarif {
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string };
            readonly region: object;
          };
        }[];
      }[];
    }[];
  }

  function read(one: GateReport): Sarif["runs"][number] {
    const document = JSON.parse(sarifJson(one)) as Sarif;
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    const [run] = document.runs;
    if (run === undefined) throw new Error("there is no run");
    return run;
  }

  test("points at the line of the manifest; rules are known", () => {
    const { results, tool } = read(report([OK, CHANGED]));
    expect(results.length).toBe(1);
    expect(results[0]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "boot/guest.yaml", uriBaseId: "%SRCROOT%" },
      region: { startLine: 3, startColumn: 5 },
    });
    for (const { ruleId, ruleIndex } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    }
  });

  test("any text follows the schema", () => {
    fc.assert(
      fc.property(anyReport, (one) => {
        const { results } = read(one);
        expect(results.length).toBe(one.verdicts.filter(({ kind }) => kind !== "ok").length);
        for (const { locations } of results) {
          expect(locations[0]?.physicalLocation.artifactLocation.uri).toMatch(/^[\w.!~*'()%/-]+$/);
        }
      }),
    );
  });
});

describe("GitHub", () => {
  test("an annotation is one line that a manifest's text cannot leave", () => {
    const nasty = verdict("changed-value", {
      launch: "a,b:c.yaml",
      message: "100 %\r\n::error::no",
      where: { file: "a,b:c.yaml", line: 3 },
    });
    expect(githubAnnotations(report([OK, nasty]))).toBe(
      "::error file=a%2Cb%3Ac.yaml,line=3,title=cca-rim%3A changed-value::a,b:c.yaml: 100 %25%0D%0A::error::no%0Aaccept: cca-rim gate -u boot/guest.yaml\n",
    );
  });

  test("the summary has a row for each verdict and details for the bad ones", () => {
    const text = gateMarkdown(report([OK, CHANGED]));
    expect(text).toContain(
      "| ❌ changed-value | boot/guest.yaml | it is so |\n| ✅ ok | ok.yaml | it is so |",
    );
    expect(text).toContain("- `~ rim: aa -> bb`\n");
    expect(text).toContain("\naccept: `cca-rim gate -u boot/guest.yaml`\n");
  });

  test.each([
    ["plain", "`plain`"],
    ["a `b` c", "``a `b` c``"],
    ["`b`", "`` `b` ``"],
    ["a\nb", "`a b`"],
  ])("%j in the details is %s", (text, span) => {
    const [, line] =
      /\n\naccept: (.*)\n/.exec(gateMarkdown(report([verdict("new-launch", { accept: text })]))) ??
      [];
    expect(line).toBe(span);
  });

  test("the summary leaves no room for markup of names", () => {
    const nasty = verdict("new-launch", { launch: "<b>|`x`*y*\n# z", message: "[a](b)" });
    const [, row] = /\n\| ❌ (.*) \|\n/.exec(gateMarkdown(report([nasty]))) ?? [];
    expect(row).toBe("new-launch | &lt;b>\\|\\`x\\`\\*y\\* \\# z | \\[a\\]\\(b\\)");
  });
});
