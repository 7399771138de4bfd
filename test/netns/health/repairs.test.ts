import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { until, type WatchedLab, watchedLab } from './lab.ts';

/** What somebody does five times a second. */
const fight = (lab: WatchedLab, command: string): void => {
  const child = lab.start(`while sleep 0.2; do ${command}; done`);
  child.stdout?.resume();
  child.stderr?.resume();
};

/** Counts what `ip monitor` says in lines that match. */
const count = (lab: WatchedLab, what: 'rule' | 'route', pattern: RegExp): (() => number) => {
  const child = lab.start(`exec ip -N monitor ${what}`);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text.split('\n').filter((line) => pattern.test(line)).length;
};

const leftAlone = (lab: WatchedLab): Promise<unknown> => lab.monitor.says(/left alone for/);

/** Does it four times, so slowly that each is repaired which will be. */
const takeAway = async (lab: WatchedLab, command: string): Promise<void> => {
  for (let time = 0; time < 4; time++) {
    lab.sh(command);
    await sleep(700);
  }
};

const statusOf = (lab: WatchedLab): string => lab.mlb('status').stdout.replace(/\s+/g, ' ');

describe('a fight over our objects', { concurrency: 3 }, () => {
  test('somebody deletes a rule again and again: three repairs, then it is left and status says so', {
    skip,
  }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const added = count(lab, 'rule', /^20102:/);
    await sleep(500);
    fight(lab, 'ip rule del priority 20102');
    await leftAlone(lab);
    await sleep(1500);
    assert.equal(added(), 3);
    assert.match(statusOf(lab), /rule .*20102.*: somebody undid it 3 times within a minute; left alone for/);
    // Its listeners are asked who may be doing it: ours here.
    assert.match(statusOf(lab), /programs that watch or write routes: .*ip \(\d+\)/);

    // Everything else is looked after as before.
    lab.sh('ip rule del priority 20101; ip route flush table 7703; nft delete table inet mlb_hooks');
    await until(
      'the others repaired',
      () =>
        lab
          .sh('ip rule show priority 20101; ip route show table 7703; nft list tables; echo end')
          .split('\n'),
      (lines) => lines.filter((line) => /oif w0|default via|mlb_hooks/.test(line)).length === 3,
    );
    await sleep(500);
    assert.equal(added(), 3);
    assert.equal(lab.monitor.said.filter(({ text }) => /left alone/.test(text)).length, 1, 'said once');
  });

  test('somebody flushes the ruleset again and again: three times it is loaded, then it is left', {
    skip,
  }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const loaded = (): number =>
      lab.monitor.said.filter(({ text }) => /ruleset loaded .*because: (?!the monitor starts)/.test(text))
        .length;
    fight(lab, 'nft flush ruleset');
    await leftAlone(lab);
    await sleep(1500);
    assert.ok(loaded() <= 3, `loaded ${loaded()} times`);
    assert.match(
      statusOf(lab),
      /nft table inet mlb_hooks: somebody undid it 3 times within a minute; left alone/,
    );
    lab.sh('ip rule del priority 20101');
    await until(
      'the rule',
      () => lab.sh('ip rule show priority 20101').trim(),
      (text) => text !== '',
    );
  });

  test('another program has replaced a route: it is left to it at once, and its protocol is named', {
    skip,
  }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const zebra = /^default via 10\.65\.2\.9 dev w2 proto (11|zebra) metric 1/;
    lab.sh('ip route replace default via 10.65.2.9 dev w2 table 7703 metric 1 proto zebra');
    await lab.monitor.says(/not ours: route default table 7703 protocol 11 .* via 10\.65\.2\.9/);
    await sleep(500);
    assert.match(lab.sh('ip route show table 7703'), zebra);
    assert.match(statusOf(lab), /route default table 7703 protocol 11/);
    lab.sh('ip route del default table 7703 metric 1 proto zebra');
    await until(
      'our own route',
      () => lab.sh('ip -N route show table 7703'),
      (text) => /^default via 10\.65\.2\.1 dev w2 proto 77 metric 1/m.test(text),
    );
  });

  test('that it is settled is said by apply: status is silent then, and the next loss is repaired', {
    skip,
  }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const rule = (): string => lab.sh('ip rule show priority 20102').trim();
    await takeAway(lab, 'ip rule del priority 20102');
    await leftAlone(lab);
    assert.equal(rule(), '');
    assert.equal(lab.mlb('apply').status, 0);
    await until(
      'nothing left alone',
      () => statusOf(lab),
      (text) => !/left alone/.test(text),
    );
    lab.sh('ip rule del priority 20102');
    await until('the rule repaired', rule, (text) => text !== '');
  });

  test('while the ruleset is left, another configuration is loaded all the same', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const tables = (): string => lab.sh('nft list tables').trim();
    await takeAway(lab, 'nft flush ruleset');
    await leftAlone(lab);
    assert.equal(tables(), '');
    lab.reconfigure({ uplinks: THREE, settings: 'balance = "source"' });
    const before = performance.now();
    lab.monitor.signal('SIGHUP');
    await lab.monitor.says(/ruleset loaded .*because: the configuration was read again/, before, 5);
    assert.match(tables(), /mlb_hooks/);
  });
});
