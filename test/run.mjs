// The one door to tests, demonstration and benchmark, in a fresh clone too: it imports nothing but Node's own.
// Usage: node test/run.mjs [test|demo] [LEVEL or FILE...], node test/run.mjs bench [PART...]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const LEVELS = ['unit', 'netns', 'vm'];

/** Debian packages that tests and demonstration need on this machine, and a file that shows one is there. */
const PACKAGES = JSON.parse(readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8'));

/** Where files go whose package would start a service if it were installed (`unpack` in packages.json). */
const TOOLS = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mlb-hooks-tools');
process.env.PATH += `:${join(TOOLS, 'usr/bin')}`;

/** It costs Node 20 tens of milliseconds at every start, and the hooks' stubs unset it as well. */
delete process.env.NODE_EXTRA_CA_CERTS;

const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });

const must = (what, command, args, options) => {
  const { status, error } = run(command, args, options);
  if (status === 0) return;
  console.error(`${what} failed: ${error?.message ?? `status ${status}`}`);
  process.exit(1);
};

/** npm writes node_modules/.package-lock.json last: older than the lock file means stale or half done. */
const isStale = () => {
  const stamp = statSync(join(root, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  return stamp === undefined || stamp.mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs;
};

const installNpmPackages = () => {
  if (!isStale()) return;
  console.log('installing npm packages into node_modules (npm ci)');
  must('npm ci', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
};

const installDebianPackages = (needed) => {
  const missing = Object.entries(PACKAGES).filter(
    ([, { for: uses, file }]) =>
      uses.some((use) => needed.includes(use)) && !existsSync(file) && !existsSync(join(TOOLS, file)),
  );
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name).join(' ');
  if (process.getuid() !== 0) {
    console.log(`not root: missing Debian packages are not installed: ${names}`);
    return;
  }
  console.log(`installing Debian packages: ${names}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  must('apt-get update', 'apt-get', ['-q', 'update'], quiet);
  const installed = missing.filter(([, { unpack }]) => !unpack).map(([name]) => name);
  if (installed.length > 0)
    must('apt-get install', 'apt-get', ['-qy', 'install', '--no-install-recommends', ...installed], quiet);
  for (const [name, { file, unpack }] of missing) if (unpack) unpackFile(name, file, quiet);
};

/** Takes one file out of a package, which is not installed. */
const unpackFile = (name, file, options) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlb-hooks-tools-'));
  // apt's own user may not write here, which it would say.
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  must('apt-get download', 'apt-get', [...sandbox, '-q', 'download', name], { ...options, cwd: folder });
  const [archive = ''] = readdirSync(folder);
  must('dpkg-deb', 'dpkg-deb', ['-x', archive, 'content'], { ...options, cwd: folder });
  cpSync(join(folder, 'content', file), join(TOOLS, file), { recursive: true });
  rmSync(folder, { recursive: true });
};

const testFiles = (level) => {
  const folder = join(root, 'test', level);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', level, file))
    .sort();
};

/** A check that is no test file: passed or failed, with its output shown only when it failed. */
const check = (name, command, args) => {
  const started = Date.now();
  const { status, stdout, stderr } = run(command, args, { stdio: 'pipe', encoding: 'utf8' });
  const passed = status === 0;
  console.log(`${passed ? '✔' : '✖'} ${name} (${Date.now() - started} ms)`);
  if (!passed) console.log(`${stdout}\n${stderr}`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
};

const runTests = (files, concurrency) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlb-hooks-test-'));
  const counts = join(folder, 'counts.json');
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(root, 'test/count-reporter.mjs')}`,
    `--test-reporter-destination=${counts}`,
  ];
  const args = ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, ...reporters, ...files];
  const { status } = run(process.execPath, args);
  const result = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  // A file that crashes outside its tests fails the run without failing a test.
  return status !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
};

const CHECKS = [
  ['build', process.execPath, ['scripts/build.mjs']],
  ['types', 'node_modules/.bin/tsc', ['--noEmit']],
  ['format and lint', 'node_modules/.bin/biome', ['check', '--error-on-warnings', '.']],
];

const test = (wanted) => {
  const levels = wanted.length === 0 ? LEVELS : LEVELS.filter((level) => wanted.includes(level));
  const single = wanted.filter((name) => name.endsWith('.test.ts'));
  const unknown = wanted.filter((name) => !LEVELS.includes(name) && !single.includes(name));
  if (unknown.length > 0) {
    console.error(
      `unknown level or file: ${unknown.join(' ')}; there are ${LEVELS.join(', ')} and *.test.ts files`,
    );
    process.exitCode = 2;
    return;
  }
  installNpmPackages();
  installDebianPackages(single.length > 0 ? LEVELS : levels);
  const results = CHECKS.map(([name, command, args]) => check(name, command, args));
  if (single.length > 0) results.push(runTests(single, 1));
  else
    for (const level of levels) {
      const files = testFiles(level);
      if (files.length > 0) results.push(runTests(files, level === 'unit' ? 2 : 1));
    }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
};

/** demo and bench: the same preparations, then one script. */
const script = (file, needed, words = []) => {
  installNpmPackages();
  installDebianPackages(needed);
  must('build', process.execPath, ['scripts/build.mjs']);
  process.exitCode = run(process.execPath, ['--import', 'tsx', file, ...words]).status ?? 1;
};

const [command = 'test', ...rest] = process.argv.slice(2);
if (command === 'test') test(rest);
else if (command === 'demo') script('test/vm/demo.ts', ['vm']);
else if (command === 'bench') script('test/bench/bench.ts', ['netns', 'bench'], rest);
else {
  console.error(`unknown command "${command}": test, demo or bench`);
  process.exitCode = 2;
}
