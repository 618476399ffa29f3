/**
 * Emphasis in texts, without knowing how it is made.
 *
 * @module
 */

/** Text effects; each returns its input unchanged where there is no colour. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const unchanged = (text: string): string => text;

/** No effects at all. */
export const PLAIN: Style = {
  bold: unchanged,
  dim: unchanged,
  red: unchanged,
  green: unchanged,
  yellow: unchanged,
};
