/**
 * Patterns of paths: `*` and `?` within a folder, `**` across folders, `!` in front takes away.
 *
 * @module
 */

const SPECIAL: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};

function expression(pattern: string): RegExp {
  const body = pattern.replaceAll(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (found) => {
    return Object.hasOwn(SPECIAL, found) ? (SPECIAL[found] ?? "") : `\\${found}`;
  });
  return new RegExp(`^${body}$`);
}

/**
 * Makes a test for paths with forward slashes: the last pattern that matches decides.
 *
 * @example matcher(["launches/*.yaml", "!launches/old.yaml"])
 */
export function matcher(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.map((pattern) => {
    const takes = !pattern.startsWith("!");
    return { takes, expression: expression(takes ? pattern : pattern.slice(1)) };
  });
  return (path) => rules.findLast((rule) => rule.expression.test(path))?.takes === true;
}
