import { dirname, join } from "node:path";

const PREFIX = "lazy-module:";

/**
 * A plugin for rolldown that leaves modules to be loaded when one of their functions is called for
 * the first time, by a caller who cannot wait for `import()`.
 *
 * Each such module has to be an entry of the build, which writes CommonJS into one folder.
 *
 * @param modules names of the entries, with the path of the module and the functions it exports.
 */
export function lazyModules(modules) {
  return {
    name: "lazy-modules",
    resolveId(source, importer) {
      if (importer === undefined) return undefined;
      // What a stand-in asks for is the file that lies beside it then.
      if (importer.startsWith(PREFIX)) return { id: source, external: true };
      const path = join(dirname(importer), source);
      const [name] = Object.entries(modules).find(([, module]) => module.path === path) ?? [];
      return name && PREFIX + name;
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return undefined;
      const name = id.slice(PREFIX.length);
      const file = JSON.stringify(`./${name}.js`);
      const standIns = modules[name].functions.map(
        (own) => `export const ${own} = (...args) => require(${file}).${own}(...args);`,
      );
      return { code: standIns.join("\n"), moduleType: "js" };
    },
  };
}
