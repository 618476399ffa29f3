/**
 * HTML as text that was escaped exactly once. What is written is well-formed XML, too.
 *
 * @module
 */

/** A piece of HTML. */
export interface Html {
  readonly html: string;
}

/** What can stand in a template: text is escaped, HTML is not, lists are joined. */
export type HtmlPart = Html | string | number | readonly HtmlPart[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Escapes a text for element content and attribute values; what HTML cannot hold becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

function textOf(part: HtmlPart): string {
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(textOf).join("");
}

/** A template whose values are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return {
    html: strings
      .map((text, i) => {
        const part = parts[i];
        return part === undefined ? text : text + textOf(part);
      })
      .join(""),
  };
}

/** Nothing. */
export const NOTHING: Html = { html: "" };

/** A long hexadecimal value that may break anywhere. */
export function hash(value: string): Html {
  return html`<code class="hash">${value}</code>`;
}

/** A section with a heading that links and outlines name. */
export function section(id: string, title: string, body: HtmlPart): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

/** A table of names and values needs no names of columns on a phone. */
const PAIRS: Html = { html: ' class="pairs"' };

function cellOf(cell: HtmlPart, i: number, head: readonly string[]): Html {
  // The wrapper keeps a cell in one piece where its column's name stands beside it.
  if (i === 0) return html`<th scope="row"><div>${cell}</div></th>`;
  const name = head[i] ?? "";
  return cell === ""
    ? html`<td class="empty"></td>`
    : html`<td data-label="${name}"><div>${cell}</div></td>`;
}

/**
 * A table that scrolls by itself where it is too wide, also by keyboard; on a phone each row
 * becomes a card, headed by its first cell.
 *
 * @param head names of the columns, none of them empty: screen readers say them.
 */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly HtmlPart[])[],
): Html {
  const body = rows.map(
    (cells) => html`<tr>${cells.map((cell, i) => cellOf(cell, i, head))}</tr>\n`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table${head.length === 2 ? PAIRS : NOTHING}>
<caption>${caption}</caption>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`;
}

/** Lines of a table that everybody sees. */
const SHOWN = 40;
/** More lines than this make a page that no browser likes. */
const MOST = 2000;

/** A table whose later lines are folded away, where there are many. */
export function longTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly HtmlPart[])[],
): Html {
  if (rows.length <= SHOWN) return table(caption, head, rows);
  const rest = rows.slice(SHOWN, MOST);
  const lost = rows.length - MOST;
  return html`${table(caption, head, rows.slice(0, SHOWN))}<details><summary>${rest.length} more lines</summary>
${table(`${caption}, continued`, head, rest)}</details>
${lost > 0 ? html`<p>${lost} more lines are left out.</p>\n` : NOTHING}`;
}
