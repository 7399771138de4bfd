// An esbuild plugin that leaves out what the packages load and this program never runs: each millisecond of a
// hook's start counts. It also gives proper-lockfile and execa one signal-exit: with two, the exit handler of
// proper-lockfile's is lost when execa's unloads, and a lock stays behind.

/** What stands in for a module: by who asks for it (a part of the path) and what is asked for. */
const replacements = [
  {
    by: /node_modules\/proper-lockfile\//,
    module: /^graceful-fs$/,
    text: "module.exports = require('node:fs');",
  },
  {
    by: /node_modules\/proper-lockfile\//,
    module: /^signal-exit$/,
    text: "module.exports = require('signal-exit').onExit;",
  },
  {
    // pino's worker threads: the log is written synchronously by the process that logs.
    by: /node_modules\/pino\//,
    module: /^\.\/(lib\/)?transport$/,
    text: "module.exports = () => { throw new Error('pino transports are left out of this bundle'); };",
  },
  {
    // One check of an argument, for which node:assert would be loaded.
    by: /node_modules\/sonic-boom\//,
    module: /^(node:)?assert$/,
    text: 'module.exports = (value, message) => { if (!value) throw new Error(message); };',
  },
  {
    by: /node_modules\/pino\//,
    module: /^(node:)?worker_threads$/,
    text: 'module.exports = { isMainThread: true };',
  },
];

const filter = new RegExp(replacements.map(({ module }) => module.source).join('|'));

export const lightDependencies = {
  name: 'light-dependencies',
  setup(build) {
    build.onResolve({ filter }, ({ path, importer }) => {
      const index = replacements.findIndex(({ by, module }) => by.test(importer) && module.test(path));
      return index < 0 ? undefined : { path: `${path}#${index}`, namespace: 'replaced', pluginData: index };
    });
    build.onLoad({ filter: /.*/, namespace: 'replaced' }, ({ pluginData }) => ({
      contents: replacements[pluginData].text,
      resolveDir: build.initialOptions.absWorkingDir,
    }));
  },
};
