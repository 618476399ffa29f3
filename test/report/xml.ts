/** One element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (XmlElement | string)[];
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};
const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w-]*="[^"<]*")*)\s*(\/?)>/y;

function decoded(text: string): string {
  const allowed = (code: number): boolean =>
    code >= 0x20 ? code !== 0xfffe && code !== 0xffff : [0x9, 0xa, 0xd].includes(code);
  if (!Array.from(text).every((character) => allowed(character.codePointAt(0) ?? 0))) {
    throw new Error("a character that XML cannot hold");
  }
  return text.replaceAll(/&([^;]*;?)/g, (_, name: string) => {
    const [, code] = /^#(\d+);$/.exec(name) ?? [];
    const value =
      code === undefined ? ENTITIES[name.replace(/;$/, "")] : String.fromCodePoint(Number(code));
    if (value === undefined || !name.endsWith(";")) throw new Error(`unknown entity &${name}`);
    return value;
  });
}

/** Reads the XML that this program writes; throws where it is not well-formed. */
export function readXml(text: string): XmlElement {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(head)) throw new Error("the declaration is missing");
  const root: XmlElement = { name: "", attributes: {}, children: [] };
  const open = [root];
  for (let at = head.length; at < text.length; ) {
    const parent = open.at(-1);
    if (parent === undefined) throw new Error("an end without a start");
    if (text[at] !== "<") {
      const next = text.indexOf("<", at);
      const end = next < 0 ? text.length : next;
      const content = decoded(text.slice(at, end));
      if (content.trim() !== "") parent.children.push(content);
      at = end;
      continue;
    }
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    if (tag === null) throw new Error(`no tag at ${at}`);
    at = TAG.lastIndex;
    const [, close, name = "", list = "", empty] = tag;
    if (close === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> ends another element`);
      continue;
    }
    const pairs = [...list.matchAll(/([\w-]+)="([^"]*)"/g)];
    const attributes = Object.fromEntries(
      pairs.map(([, key = "", value = ""]) => [key, decoded(value)]),
    );
    if (Object.keys(attributes).length !== pairs.length) throw new Error("an attribute twice");
    const element: XmlElement = { name, attributes, children: [] };
    parent.children.push(element);
    if (empty !== "/") open.push(element);
  }
  const [only] = root.children;
  if (open.length !== 1 || typeof only !== "object") throw new Error("no single root");
  return only;
}
