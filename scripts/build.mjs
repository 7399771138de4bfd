// Bundles the program into dist/: one CommonJS file for each hook and one for the command, the parts that they load
// only when needed, the starter, and the files that `install` puts in place. What is in dist/ runs without this tree.
// Usage: node scripts/build.mjs [OUTDIR]
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { lightDependencies } from './light-dependencies.mjs';
import { parts, separateParts } from './parts.mjs';

const root = join(import.meta.dirname, '..');
const outdir = process.argv[2] ?? join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entryPoints = {
  'ip-up': 'hooks/ip-up.ts',
  'ip-down': 'hooks/ip-down.ts',
  'if-up': 'hooks/if-up.ts',
  'if-down': 'hooks/if-down.ts',
  'mlb-hooks': 'bin/mlb-hooks.ts',
};

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.entries({ ...entryPoints, ...parts }).map(([out, file]) => ({ in: file, out })),
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  splitting: false,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // A minified bundle starts no sooner, and a crash prints a line of 100 kB.
  minify: false,
  legalComments: 'none',
  metafile: true,
  // The starter runs bundles with vm.Script, where import() of a built-in would fail: make it require().
  supported: { 'dynamic-import': false },
  define: { 'import.meta.dirname': '__dirname', MLB_HOOKS_VERSION: JSON.stringify(version) },
  plugins: [lightDependencies, separateParts],
  logLevel: 'warning',
});

// The starter reads bundles as latin1.
for (const name of readdirSync(outdir)) {
  const foreign = readFileSync(join(outdir, name)).findIndex((byte) => byte > 127);
  if (foreign >= 0) throw new Error(`${name}: byte ${foreign} is not ASCII`);
}

writeFileSync(join(outdir, 'meta.json'), JSON.stringify(metafile, null, 1));
writeFileSync(join(outdir, 'VERSION'), `${version}\n`);
cpSync(join(root, 'templates'), join(outdir, 'templates'), { recursive: true });
renameSync(join(outdir, 'templates/start.cjs'), join(outdir, 'start.cjs'));
