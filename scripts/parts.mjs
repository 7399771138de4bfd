// An esbuild plugin that leaves a module which is loaded by import() out of the bundle: it becomes a file of its own
// beside it. What a hook does not need on a device that is not ours costs nothing then, not even its code cache.
// A part has its own copy of what it imports, so no class may pass between it and the bundle.

/** Parts by the names of their files: `import('…/log.ts')` becomes `require('./log.cjs')`. */
export const parts = {
  // Only a broken configuration needs its parser.
  positions: 'src/config/positions.ts',
  // What a hook does for one of our devices: most events of a busy VPN server are about others.
  'apply-event': 'src/apply-event.ts',
  // The text of the ruleset: most events change nothing of it.
  ruleset: 'src/ruleset/fill.ts',
  // pino: only a run that has something to say.
  log: 'src/system/log.ts',
};

export const separateParts = {
  name: 'separate-parts',
  setup(build) {
    build.onResolve({ filter: /\.ts$/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === separateParts) return undefined;
      const resolved = await build.resolve(path, { kind, resolveDir, pluginData: separateParts });
      const name = Object.keys(parts).find((each) => resolved.path.endsWith(`/${parts[each]}`));
      return name === undefined ? undefined : { path: `./${name}.cjs`, external: true };
    });
  },
};
