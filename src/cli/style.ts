/**
 * Colour, and when to use it. Colour never carries a meaning that the words do not.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Style } from "../report/style.ts";

/** Values of `--color`. */
export const COLOR_MODES: readonly ColorMode[] = ["auto", "always", "never"];

/** When to colour: decided by the stream and the environment, or by the user. */
export type ColorMode = "auto" | "always" | "never";

function effect(enabled: boolean, format: keyof Style): (text: string) => string {
  return enabled ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
}

/** Effects that are all on or all off. */
export function styleOf(enabled: boolean): Style {
  return {
    bold: effect(enabled, "bold"),
    dim: effect(enabled, "dim"),
    red: effect(enabled, "red"),
    green: effect(enabled, "green"),
    yellow: effect(enabled, "yellow"),
  };
}

/**
 * Whether to colour a stream: `--color` wins, then FORCE_COLOR, then NO_COLOR; otherwise a
 * terminal that is not dumb gets colour.
 */
export function wantsColor(
  mode: ColorMode,
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (mode !== "auto") return mode === "always";
  const force = environment["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  return isTerminal && environment["TERM"] !== "dumb";
}
