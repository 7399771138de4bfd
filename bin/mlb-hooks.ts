#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import type { Report } from '../src/commands/session.ts';
import { isUserError, messageOf, UserError } from '../src/errors.ts';

declare const MLB_HOOKS_VERSION: string;

/** Prints a report and remembers its exit status; stdout may be a pipe that is closed early. */
const print = ({ lines, errors, exitCode }: Report): void => {
  for (const line of lines) process.stdout.write(`${line}\n`);
  for (const line of errors) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
};

const printLines = (lines: readonly string[], exitCode = 0): void => print({ lines, errors: [], exitCode });

/** Seconds between redraws. */
const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (seconds >= 0.2 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('must be seconds, 0.2..3600');
};

const example = (text: string): string => `\nExample:\n  ${text.replaceAll('\n', '\n  ')}`;

const STATUS_WORDS = `
SHARE     what an uplink should get now of new connections without a policy
REAL      what it got of all new connections since counting began (until flush)
NEW       how many these are; of a policy: how many matched, each attempt of a refused one included
IN / OUT  bytes since the device came to be
`;

const program = new Command('mlb-hooks')
  .description(
    'keeps a Linux router with several uplinks routed: hooks for pppd and ifupdown, and their tools',
  )
  .version(MLB_HOOKS_VERSION)
  .showHelpAfterError('(see "mlb-hooks --help")')
  .addHelpText('after', '\nConfiguration: /etc/mlb-hooks/config.toml   Log: /var/log/mlb-hooks.log');

program
  .command('check')
  .description(
    'validate the configuration: every problem at once, and what of the machine will bite although it is valid',
  )
  .option('--config <file>', 'check this file instead of /etc/mlb-hooks/config.toml')
  .addHelpText('after', example('mlb-hooks check --config ./draft.toml'))
  .action(async ({ config }: { config?: string }) => {
    const { check } = await import('../src/commands/check-kernel.ts');
    print(await check(config));
  });

program
  .command('install')
  .description('copy the program to /usr/local/lib/mlb-hooks and put the hooks in place; again = upgrade')
  .option('--root <dir>', 'install below this directory (for packages); the kernel is not touched')
  .option('--chain', 'keep a foreign ip-up.local or ip-down.local and run it after ours')
  .addHelpText('after', example('sudo node dist/mlb-hooks.cjs install --chain'))
  .action(async (options: { root?: string; chain?: boolean }) => {
    const { installCommand } = await import('../src/commands/install.ts');
    printLines(await installCommand({ ...options, from: import.meta.dirname }));
  });

program
  .command('uninstall')
  .description(
    'remove the hooks, flush, remove the other installed files and persisted words; a kept .local is put back',
  )
  .option('--root <dir>', 'what was installed below this directory; the kernel is not touched')
  .addHelpText('after', example('sudo mlb-hooks uninstall'))
  .action(async (options: { root?: string }) => {
    const { uninstallCommand } = await import('../src/commands/uninstall.ts');
    const { flush } = await import('../src/commands/flush.ts');
    print(await uninstallCommand({ ...options, flush }));
  });

program
  .command('plan')
  .description(
    'what apply would do now, as commands; touches nothing. Exit status 0: nothing, 2: something, 1: not found out',
  )
  .option('--config <file>', 'plan for this file instead of /etc/mlb-hooks/config.toml')
  .option('--json', 'for programs')
  .addHelpText('after', example('mlb-hooks plan --config ./draft.toml'))
  .action(async (options: { config?: string; json?: boolean }) => {
    const { plan } = await import('../src/commands/plan.ts');
    print(await plan(options));
  });

program
  .command('apply')
  .description('make the kernel what the configuration and the links say, and print what was done')
  .option(
    '--no-health',
    'drop what the monitor found, when it has ended: lines that it judged dead come back',
  )
  .addHelpText('after', example('sudo mlb-hooks apply'))
  .action(async (options: { health: boolean }) => {
    const { apply } = await import('../src/commands/apply.ts');
    print(await apply(options));
  });

for (const [phase, what] of [
  ['up', 'end a veto on an uplink and converge, as its hook would when it comes up'],
  ['down', 'take an uplink out of use until "up", a redial or a reboot, as its hook would when it goes'],
] as const)
  program
    .command(`${phase} <name>`)
    .description(`${what}; NAME is the uplink's name or device`)
    .addHelpText('after', example(`sudo mlb-hooks ${phase} dsl1`))
    .action(async (name: string) => {
      const { raiseEvent } = await import('../src/commands/event.ts');
      print(await raiseEvent(phase, name));
    });

const WORDS_END = `
The word holds until "enable" or a reboot; with --persist until "enable". Without it, it stands in front of one that
was persisted before, until the next boot. Redials and "mlb-hooks up" do not end it.
`;

for (const [verb, what, persist] of [
  ['drain', 'no new connections for an uplink; those that it has go on', 'also after a reboot'],
  ['disable', 'take an uplink out of use; its connections begin anew elsewhere', 'also after a reboot'],
  ['enable', 'end "drain" or "disable", a persisted one too', 'accepted, and the same: it ends for good'],
] as const)
  program
    .command(`${verb} <name>`)
    .description(`${what}; NAME is the uplink's name or device`)
    .option('--persist', persist)
    .addHelpText('after', `${verb === 'enable' ? '' : WORDS_END}${example(`sudo mlb-hooks ${verb} dsl1`)}`)
    .action(async (name: string, options: { persist?: boolean }) => {
      const { sayWord } = await import('../src/commands/words.ts');
      print(await sayWord(verb, name, options));
    });

program
  .command('monitor')
  .description(
    'watch lines and kernel until ended: health checks, repairs, notify.d, metrics; see mlb-hooks.service',
  )
  .addHelpText('after', example('sudo systemctl enable --now mlb-hooks'))
  .action(async () => {
    const { monitor } = await import('../src/commands/monitor.ts');
    await monitor(MLB_HOOKS_VERSION);
  });

program
  .command('dnsmasq')
  .description('print what dnsmasq needs to learn the addresses of domains in policies (to-domains)')
  .option('--config <file>', 'print it for this file instead of /etc/mlb-hooks/config.toml')
  .addHelpText('after', example('mlb-hooks dnsmasq | sudo tee /etc/dnsmasq.d/mlb-hooks.conf'))
  .action(async (options: { config?: string }) => {
    const { dnsmasq } = await import('../src/commands/dnsmasq.ts');
    print(await dnsmasq(options));
  });

program
  .command('flush')
  .description('take away everything of ours in the kernel, put back the sysctls we changed, nothing else')
  .addHelpText('after', example('sudo mlb-hooks flush'))
  .action(async () => {
    const { flush } = await import('../src/commands/flush.ts');
    print(await flush());
  });

program
  .command('status')
  .description(
    'every uplink: state and why, since when, configured and real share of new connections, bytes; every policy',
  )
  .option('--json', 'for programs; "version": 1, described in the README')
  .option('--watch [seconds]', 'redraw in place until interrupted (every 1 s)', parseSeconds)
  .addHelpText('after', `${STATUS_WORDS}${example('mlb-hooks status --watch 2')}`)
  .action(async ({ json, watch }: { json?: boolean; watch?: number | true }) => {
    const { status, watchStatus } = await import('../src/commands/status.ts');
    if (json === true && watch !== undefined) throw new UserError('--json and --watch cannot go together');
    if (watch !== undefined && !process.stdout.isTTY)
      throw new UserError('--watch redraws a terminal, and this is none', 'leave it out, or use watch(1)');
    if (watch !== undefined) await watchStatus(watch === true ? 1 : watch);
    else print(await status({ json: json === true }));
  });

/** `mlb-hooks status | head` is no error; a full disk behind `>` is one, in a line. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`the output cannot be written: ${error.message}\n`);
  process.exit(1);
});

program.parseAsync().catch((thrown: unknown) => {
  process.exitCode = 1;
  const bug = isUserError(thrown) || !(thrown instanceof Error) ? '' : `\n${thrown.stack}`;
  process.stderr.write(`${messageOf(thrown)}${bug}\n`);
});
