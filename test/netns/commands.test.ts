import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRouter, ours, type Router, routerFor, SERVER, skip, THREE_UPLINKS, variant } from './router.ts';
import { DIST } from './sandbox.ts';

/** The ruleset as `plan` prints it; what `apply` has done it says in a line. */
const SCRIPT = /^nft -f - <<'EOF'\n.*?^EOF$/ms;

/** What a terminal understands as green. */
const GREEN = '\x1b[32m';

const reset = (router: Router): void => {
  router.mlb('flush');
};

test('plan: 2 with the commands that apply then runs, 0 with nothing to do, 1 without a usable file', {
  skip,
}, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  const kernel = ours(router);
  const planned = router.mlb('plan');
  assert.equal(planned.status, 2);
  assert.equal(ours(router), kernel, 'plan touches nothing');
  assert.equal(router.try('ls -A /run/mlb-hooks /var/log/mlb-hooks.log').stdout, '', 'not even a file');
  const applied = router.mlb('apply');
  assert.equal(applied.status, 0);
  assert.equal(applied.stdout, planned.stdout.replace(SCRIPT, 'nft table inet mlb_hooks (load)'));
  assert.deepEqual(router.mlb('plan'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  assert.deepEqual(router.mlb('apply'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  const missing = router.mlb('plan --config /etc/no-such-file');
  assert.equal(missing.status, 1);
  assert.equal(missing.stdout, '');
  assert.match(missing.stderr, /^\/etc\/no-such-file: does not exist; start from the example: cp \//);
});

test('the commands that plan prints can be pasted into a shell', { skip }, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  router.sh(router.mlb('plan').stdout);
  assert.deepEqual(router.mlb('plan'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  const pasted = ours(router);
  reset(router);
  router.mlb('apply');
  assert.equal(ours(router), pasted);
});

test('plan --json is for programs, also for another file', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('cat >/etc/draft.toml', variant(['weight = 3', 'weight = 4']));
  const { status, stdout, stderr } = router.mlb('plan --json --config /etc/draft.toml');
  assert.deepEqual([status, stderr], [2, '']);
  const { commands, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { version: 1, conflicts: [], notices: [] });
  assert.match(commands.pop(), SCRIPT);
  assert.deepEqual(commands, [
    'ip -4 route replace default table 7700 protocol 77 metric 10 scope global nexthop via 10.64.0.1 dev w0 weight 1 nexthop via 10.64.0.1 dev w1 weight 2 nexthop via 10.64.2.1 dev w2 weight 4',
    'ip -4 route replace default table 7700 protocol 77 metric 101 scope global nexthop via 10.64.0.1 dev w1 weight 2 nexthop via 10.64.2.1 dev w2 weight 4',
    'ip -4 route replace default table 7700 protocol 77 metric 102 scope global nexthop via 10.64.0.1 dev w0 weight 1 nexthop via 10.64.2.1 dev w2 weight 4',
  ]);
});

test('check says what is wrong with its line, and 0 only for a usable file', { skip }, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  assert.deepEqual(router.mlb('check'), {
    status: 0,
    stdout: '/etc/mlb-hooks/config.toml: valid, 3 uplinks (dsl1, dsl2, cable)\n',
    stderr: '',
  });
  router.configure(variant(['weight = 2', 'weigth = 2'], ['id = 3', 'id = 1']));
  const broken = router.mlb('check');
  assert.equal(broken.status, 1);
  assert.match(broken.stdout, /^\/etc\/mlb-hooks\/config\.toml:[0-9]+.*weigth.*weight/m);
  assert.match(broken.stdout, /not usable, 2 problems\n$/);
  router.configure(THREE_UPLINKS);
  router.sh('ip rule add priority 32764 lookup 51820; chmod 666 /etc/mlb-hooks/config.toml');
  assert.match(
    router.mlb('check').stdout,
    /can be written by others than its owner \(mode 0666\); chmod go-w/,
  );
  router.sh('chmod 644 /etc/mlb-hooks/config.toml');
  const warned = router.mlb('check');
  assert.equal(warned.status, 0);
  assert.match(warned.stdout, /^warning: rule 32764 \(lookup 51820\) is bypassed: .*priority-base = 31865$/m);
});

test('a broken configuration leaves the kernel exactly as it was', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  router.configure('[[uplink]]\nid = 1\nname = "dsl1"\n');
  router.sh('ip route add 172.16.0.0/16 via 192.168.7.10');
  for (const command of ['apply', 'plan', 'up dsl1', 'down dsl1', 'status']) {
    const { status, stderr } = router.mlb(command);
    assert.equal(status, 1, command);
    assert.match(stderr, /device/, command);
    assert.doesNotMatch(stderr, /at .*\.cjs/, `${command}: no stack for an operator's mistake`);
  }
  assert.equal(ours(router), before);
  const flushed = router.mlb('flush');
  assert.match(flushed.stderr, /; flushing what has the default protocol 77\n$/m);
  assert.equal(router.sh('ip route show table all proto 77; ip rule | grep "proto 77" || true'), '');
});

test('up and down take a name or a device, and say which there are', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  const down = router.mlb('down dsl2');
  assert.equal(down.status, 0);
  assert.match(
    down.stdout,
    /^ip -4 route replace default table 7700 .*nexthop via 10\.64\.0\.1 dev w0 weight 1 nexthop via 10\.64\.2\.1 dev w2 weight 3$/m,
  );
  assert.deepEqual(router.mlb('down w1'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  assert.match(router.mlb('status').stdout, /^dsl2 +vetoed /m);
  assert.equal(router.mlb('up w1').status, 0);
  assert.equal(ours(router), before);
  for (const phase of ['up', 'down'])
    assert.deepEqual(router.mlb(`${phase} dsl9`), {
      status: 1,
      stdout: '',
      stderr: 'no uplink "dsl9" in the configuration; there are: dsl1 (w0), dsl2 (w1), cable (w2)\n',
    });
});

test('flush takes everything away, and says so; twice is nothing to do', { skip }, async (t) => {
  const router = await routerFor(t);
  const applied = ours(router);
  const flushed = router.mlb('flush');
  assert.equal(flushed.status, 0);
  assert.match(flushed.stdout, /^sysctl -w net\/ipv4\/conf\/w0\/ignore_routes_with_linkdown=0$/m);
  assert.equal(router.sh('ip route show table all proto 77; ip rule | grep "proto 77" || true'), '');
  assert.deepEqual(router.mlb('flush'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  router.mlb('apply');
  assert.equal(ours(router), applied);
});

test('status is a table for people and JSON for programs', { skip }, async (t) => {
  const router = await routerFor(t);
  await sleep(1200);
  router.mlb('apply');
  router.sh('ip -n isp link set i1 down; ip link set w2 down');
  const { stdout, status } = router.mlb('status');
  assert.equal(status, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0] ?? '', /^balance = "multipath", 0 new connections since counting began$/);
  assert.equal(lines[1], 'no monitor runs: lines that are up but dead are not noticed');
  assert.match(lines[2] ?? '', /^UPLINK +STATE +SINCE +SHARE +REAL +NEW +DEVICE +ADDRESS +GATEWAY$/);
  for (const row of [
    /^dsl1 +up +[0-9]+ s +100 % +- +0 +w0 +10\.64\.0\.10 +10\.64\.0\.1$/m,
    /^dsl2 +no-carrier +- +0 % +- +0 +w1 +10\.64\.0\.11 +10\.64\.0\.1$/m,
    /^ +w1 has no carrier: no cable or no peer$/m,
    /^cable +down +- +0 % +- +0 +w2 /m,
    /^ +w2 is administratively down$/m,
    /^[0-9]+ changes pending: see "mlb-hooks plan"$/m,
  ])
    assert.match(stdout, row);
  assert.ok(
    lines.every((line) => line.length <= 80),
    'no line is longer than 80 columns',
  );
  assert.ok(!stdout.includes('\x1b'), 'no colour without a terminal');

  const json = JSON.parse(router.mlb('status --json').stdout);
  assert.equal(json.version, 1);
  assert.deepEqual(
    json.uplinks.map((uplink: Record<string, unknown>) => [
      uplink.id,
      uplink.state,
      uplink.share,
      uplink.table,
    ]),
    [
      [1, 'up', 1, 7701],
      [2, 'no-carrier', 0, 7702],
      [3, 'down', 0, 7703],
    ],
  );
  assert.deepEqual(json.uplinks[0].addresses, ['10.64.0.10']);
  assert.equal(json.uplinks[0].lastEvent, null);
  assert.ok(json.pending > 0, 'the change of w2 waits for a hook');
});

const POLICIES = `
[[policy]]
name = "mail"
protocol = "tcp"
to-ports = 25
use = "dsl1"
else = "reject"

[[policy]]
name = "bank"
to-domains = ["bank.test", "gov.test"]
use = ["cable", "dsl2"]
`;

test('status counts new connections, by uplink and by policy', { skip }, async (t) => {
  const router = await routerFor(t, THREE_UPLINKS + POLICIES);
  const connect = (port: number): string =>
    `ip netns exec lan timeout 1 bash -c 'exec 3<>/dev/tcp/${SERVER}/${port}' 2>/dev/null || true`;
  router.sh([...Array(6).fill(connect(25)), ...Array(10).fill(connect(80))].join('\n'));
  const { connections, uplinks, policies } = JSON.parse(router.mlb('status --json').stdout);
  assert.equal(connections, 16);
  const each = uplinks.map((uplink: { connections: number }) => uplink.connections);
  assert.equal(
    each.reduce((sum: number, number: number) => sum + number),
    16,
  );
  assert.ok(each[0] >= 6, `${each}`);
  assert.deepEqual(
    uplinks.map((uplink: { realShare: number }) => uplink.realShare),
    each.map((number: number) => number / 16),
  );
  assert.deepEqual(policies, [
    {
      name: 'mail',
      use: [['dsl1']],
      else: 'reject',
      takes: 'uplinks',
      uplinks: ['dsl1'],
      connections: 6,
      share: 0.375,
    },
    {
      name: 'bank',
      use: [['cable'], ['dsl2']],
      else: 'any',
      takes: 'uplinks',
      uplinks: ['cable'],
      connections: 0,
      share: 0,
    },
  ]);
  router.sh('ip link del w0; ip link set w2 down');
  const { stdout } = router.mlb('status');
  assert.match(stdout, /^balance = "multipath", 16 new connections since counting began$/m);
  assert.match(stdout, /^mail +none: refused +6 +38 % +dsl1, else reject$/m);
  assert.match(stdout, /^bank +dsl2 +0 +0 % +cable, then dsl2, else any$/m);
  router.sh('nft delete table inet mlb_hooks');
  const unloaded = router.mlb('status');
  assert.equal(unloaded.status, 0);
  assert.match(unloaded.stdout, /^mail +none: refused +- +- +dsl1/m);
  assert.match(unloaded.stdout, /^no table inet mlb_hooks: .*"mlb-hooks apply" loads it$/m);
});

test('dnsmasq fills the sets of policies from what "mlb-hooks dnsmasq" prints, and check knows', {
  skip,
}, async (t) => {
  const router = await routerFor(t, THREE_UPLINKS + POLICIES);
  assert.match(router.mlb('check').stdout, /^warning: policy "bank": no address of bank\.test and 1 more /m);
  const { stdout } = router.mlb('dnsmasq');
  router.sh('mkdir -p /etc/dnsmasq.d; cat >/etc/dnsmasq.d/mlb-hooks.conf', stdout);
  assert.match(router.mlb('check').stdout, /: valid, 3 uplinks \(dsl1, dsl2, cable\)$/m);
  const dnsmasq =
    'dnsmasq --no-resolv --no-hosts --no-daemon --pid-file= --user=root --listen-address=127.0.0.1 --bind-interfaces';
  const addresses = '--address=/gov.test/192.0.2.7 --address=/other.test/192.0.2.8';
  router.start(`${dnsmasq} --conf-file=/dev/null --port=5300 ${addresses}`);
  router.start(`${dnsmasq} --conf-file=/etc/dnsmasq.d/mlb-hooks.conf --server=127.0.0.1#5300`);
  const ask = `
    const resolver = new (require('node:dns').promises.Resolver)({ timeout: 200, tries: 20 });
    resolver.setServers(['127.0.0.1']);
    (async () => {
      for (const name of ['www.gov.test', 'www.other.test']) console.log(String(await resolver.resolve4(name)));
    })();`;
  assert.equal(router.sh(`${process.execPath} -`, ask), '192.0.2.7\n192.0.2.8\n');
  const set = router.sh('nft list set inet mlb_hooks domains_bank');
  assert.match(set, /192\.0\.2\.7/);
  assert.doesNotMatch(set, /192\.0\.2\.8/);
});

test('dnsmasq: without domains it prints a comment, without a usable file the problem', {
  skip,
}, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  assert.deepEqual(router.mlb('dnsmasq'), {
    status: 0,
    stdout: '# mlb-hooks: no policy has to-domains, so dnsmasq has nothing to do for it\n',
    stderr: '',
  });
  const missing = router.mlb('dnsmasq --config /etc/no-such-file');
  assert.deepEqual([missing.status, missing.stdout], [1, '']);
  assert.match(missing.stderr, /^\/etc\/no-such-file: does not exist; /);
});

test('status --watch redraws on the other screen and gives the terminal back', { skip }, async (t) => {
  const router = await routerFor(t);
  const command = `env -i PATH=/usr/sbin:/usr/bin TERM=xterm ${process.execPath} ${DIST}/mlb-hooks.cjs status --watch 0.2`;
  router.sh('ip link set w2 down');
  // script(1) gives it a terminal; the interrupt comes as from a keyboard.
  const { stdout } = router.try(
    `{ sleep 1.5; printf '\\003'; sleep 0.5; } | script -qec '${command}' /dev/null`,
  );
  assert.ok(
    stdout.startsWith('^C') || stdout.includes('\x1b[?1049h\x1b[?25l'),
    JSON.stringify(stdout.slice(0, 80)),
  );
  const redraws = stdout.split('\x1b[H').length - 1;
  assert.ok(redraws >= 2, `${redraws} redraws`);
  assert.ok(stdout.trimEnd().endsWith('\x1b[?25h\x1b[?1049l'), JSON.stringify(stdout.slice(-80)));
  assert.ok(stdout.includes(GREEN), 'colour on a terminal');
  const plain = router.try(
    `{ sleep 1; printf '\\003'; sleep 0.5; } | script -qec '${command.replace('TERM=', 'NO_COLOR=1 TERM=')}' /dev/null`,
  ).stdout;
  assert.ok(plain.includes('dsl1') && !plain.includes(GREEN), 'no colour with NO_COLOR');
});

/** What was typed, and what must be said about it. */
const USAGE: Readonly<Record<string, RegExp>> = {
  frobnicate: /unknown command 'frobnicate'/,
  'status --frobnicate': /unknown option '--frobnicate'/,
  up: /missing required argument 'name'/,
  'up dsl1 dsl2': /too many arguments/,
  'plan --config': /option '--config <file>' argument missing/,
  'status --watch soon': /must be seconds, 0\.2\.\.3600/,
  'status --json --watch': /^--json and --watch cannot go together$/m,
};

test('usage errors go to stderr with status 1 and change nothing', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  for (const [words, message] of Object.entries(USAGE)) {
    const { status, stdout, stderr } = router.mlb(words);
    assert.deepEqual([status, stdout], [1, ''], words);
    assert.match(stderr, message, words);
    assert.doesNotMatch(stderr, /^\s+at /m, words);
  }
  assert.equal(ours(router), before);
  const { status, stdout } = router.mlb('up --help');
  assert.equal(status, 0);
  assert.match(stdout, /Example:\n {2}sudo mlb-hooks up dsl1/);
});

test('without root, what looks works and says what it could not see, what changes refuses', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  // The tree of a developer may be closed to others.
  router.sh(`mkdir /run/program; cp ${DIST}/*.cjs /run/program; chmod -R a+rX /run/program`);
  const user = 'setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all';
  const asUser = (words: string) =>
    router.try(
      `env -i PATH=/usr/sbin:/usr/bin ${user} ${process.execPath} /run/program/mlb-hooks.cjs ${words}`,
    );
  const before = ours(router);

  for (const words of ['apply', 'up dsl1', 'down dsl1', 'drain dsl1', 'disable dsl1', 'enable dsl1', 'flush'])
    assert.deepEqual(asUser(words), {
      status: 1,
      stdout: '',
      stderr: `mlb-hooks ${words}: needs root; try: sudo mlb-hooks ${words}\n`,
    });
  assert.equal(ours(router), before);

  assert.equal(asUser('check').status, 0);
  const status = asUser('status');
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stdout, /^dsl1 +up .* w0 +10\.64\.0\.10 /m);
  assert.match(status.stdout + status.stderr, /\/run\/mlb-hooks\/state\.json: may be read by root only/);
  const plan = asUser('plan');
  assert.equal(plan.status, 0, plan.stderr);
  assert.equal(plan.stdout, 'nothing to do, as far as could be seen\n');
  assert.match(plan.stderr, /\/run\/mlb-hooks\/state\.json: may be read by root only/);

  router.sh('chmod 600 /etc/mlb-hooks/config.toml');
  assert.deepEqual(asUser('status'), {
    status: 1,
    stdout: '',
    stderr: '/etc/mlb-hooks/config.toml: may not be read by this user; run it as root\n',
  });
});
