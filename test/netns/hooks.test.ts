import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintsOf, lastLine } from './hook-tools.ts';
import { downHook, makeBareRouter, ours, type Router, routerFor, skip, THREE_UPLINKS } from './router.ts';

const bareRouter = async (t: { after: (end: () => void) => unknown }): Promise<Router> => {
  const router = await makeBareRouter(THREE_UPLINKS);
  t.after(router.stop);
  return router;
};

const assertNothingHappened = (
  router: Router,
  { status, stdout, stderr }: ReturnType<Router['hook']>,
): void => {
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  assert.equal(router.sh('ls -d /run/mlb-hooks /var/log/mlb-hooks.log 2>/dev/null || true'), '');
};

const FOREIGN: readonly (readonly [hook: string, args: string, env: string])[] = [
  ['if-up', '', 'IFACE=--all MODE=start'],
  ['if-down', '', 'IFACE=--all MODE=stop'],
  ['if-up', '', 'IFACE=lo METHOD=loopback'],
  ['if-up', '', 'IFACE=tun0 METHOD=manual'],
  ['if-up', '', 'IFACE=w2 METHOD=ppp'],
  ['if-up', '', ''],
  ['ip-up', '', ''],
  ['ip-up', 'ppp7 /dev/pts/1 0 10.0.0.1 10.0.0.2', ''],
  ['ip-down', 'ppp7 /dev/pts/1 0 10.0.0.1 10.0.0.2 w0', 'IFNAME=w0 LINKNAME=w0 PEERNAME=w0'],
];

test('a device that is not ours is passed over in silence, without a file', { skip }, async (t) => {
  const router = await bareRouter(t);
  for (const [hook, args, env] of FOREIGN) assertNothingHappened(router, router.hook(hook, args, env));
});

const HOSTILE = [
  "'../../x'",
  "'-x'",
  "'--help'",
  `'${'w'.repeat(300)}'`,
  "'w0\nw1'",
  "'w0 w1'",
  "'w0/../../x'",
  "'.'",
  "'..'",
  "''",
  `"$(printf 'w0\\033[2J')"`,
];

test('a hostile device name is no device', { skip }, async (t) => {
  const router = await bareRouter(t);
  for (const argument of HOSTILE) {
    assertNothingHappened(router, router.hook('ip-up', `${argument} tty 0 10.0.0.1 10.0.0.2`));
    assertNothingHappened(router, router.hook('if-up', '', `IFACE=${argument} METHOD=static`));
  }
});

test('nothing else that a peer or dialler may choose reaches a command, a path or the log', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  const evil = `"$(printf '1.2.3.4\\033[2J;touch /run/pwned\\n')"`;
  const env = ['IPLOCAL', 'PPPD_PID', 'CONNECT_TIME', 'BYTES_SENT', 'BYTES_RCVD', 'PEERNAME', 'DNS1']
    .map((name) => `${name}=${evil}`)
    .join(' ');
  const { status, stdout, stderr } = router.hook('ip-up', `w0 ${evil} ${evil} ${evil} ${evil} ${evil}`, env);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  assert.equal(ours(router), before);
  assert.equal(router.sh('ls /run/pwned 2>/dev/null || true'), '');
  const { address, pppd, device } = lastLine(router);
  assert.deepEqual({ address, pppd, device }, { address: undefined, pppd: undefined, device: 'w0' });
  const log = router.sh('cat /var/log/mlb-hooks.log /run/mlb-hooks/state.json');
  assert.equal([...log].filter((character) => character < ' ' && character !== '\n').length, 0);
  assert.ok(!log.includes('pwned'));
});

const BROKEN: readonly (readonly [what: string, toml: string, mode: string, says: RegExp])[] = [
  ['a syntax error', '[[uplink]\nid = 1\n', '644', /config\.toml:1:\d+: not valid TOML/],
  ['an unknown key', THREE_UPLINKS.replace('weight = 2', 'wieght = 2'), '644', /config\.toml:\d+:.*"?wieght/],
  ['no uplink left', '', '644', /config\.toml/],
  ['a file that others can write', THREE_UPLINKS, '666', /can be written by others than its owner/],
];

for (const [what, toml, mode, says] of BROKEN)
  test(`a configuration with ${what} leaves the kernel as it was, and the log says why`, {
    skip,
  }, async (t) => {
    const router = await routerFor(t);
    router.sh('ip link del w0');
    const before = ours(router);
    router.configure(toml);
    router.sh(`chmod ${mode} /etc/mlb-hooks/config.toml`);
    const { status, stderr } = downHook(router, 'w0');
    assert.equal(stderr, '');
    assert.notEqual(status, 0, 'the stub must know that the event was not applied');
    assert.equal(ours(router), before);
    assert.match(complaintsOf(router).join('\n'), says);
  });
