import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanced, complaintsOf, hideTools, lastLine, logOf } from './hook-tools.ts';
import { ADDRESS, downHook, type Router, routerFor, SERVER, skip, THREE_UPLINKS, upHook } from './router.ts';

/** A mode in which the ruleset chooses the uplink, so that link events change it. */
const RANDOM = `[settings]\nbalance = "random"\n${THREE_UPLINKS}`;

/** The markers in our table, without what they are a fingerprint of: the working uplinks as a bit mask. */
const markersOf = (router: Router): string[] =>
  [...router.sh('nft list counters').matchAll(/counter loaded_[0-9a-f]+_([0-9a-f]+)/g)].map(
    ([, living = '']) => living,
  );

/** Our table without its markers and counters: what a load makes of it. */
const chainsOf = (router: Router): string =>
  router.sh("nft -s list table inet mlb_hooks | sed '/counter loaded_/,/}/d'");

test('apply loads the ruleset once, and what plan prints does the same', { skip }, async (t) => {
  const router = await routerFor(t, RANDOM);
  assert.deepEqual(markersOf(router), ['e']);
  assert.match(String(lastLine(router).msg), /rules added, ruleset loaded$/);
  assert.equal(router.mlb('apply').stdout, 'nothing to do\n');
  const loaded = chainsOf(router);
  router.sh('nft delete table inet mlb_hooks');
  const { stdout, status } = router.mlb('plan');
  assert.equal(status, 2);
  assert.match(stdout, /^nft -f - <<'EOF'\nadd table inet mlb_hooks\n/);
  router.sh(stdout);
  assert.equal(chainsOf(router), loaded);
  assert.equal(router.mlb('plan').stdout, 'nothing to do\n');
});

test('a link event changes the shares and leaves everything else of the ruleset alone', {
  skip,
}, async (t) => {
  const router = await routerFor(t, RANDOM);
  const rules = (): string => router.sh('nft -a -t list table inet mlb_hooks | grep -v loaded_');
  const before = rules();
  router.sh('ip link del w0');
  assert.equal(downHook(router, 'w0').status, 0);
  assert.deepEqual(markersOf(router), ['c']);
  assert.equal(rules(), before);
  assert.match(String(lastLine(router).msg), /, shares updated$/);
  assert.equal(router.mlb('apply').stdout, 'nothing to do\n', 'nobody has edited it');
  downHook(router, 'w2');
  upHook(router, 'w2');
  assert.deepEqual(markersOf(router), ['c']);
  assert.deepEqual(complaintsOf(router), []);
});

test('at debug level the log has every line of a transaction', { skip }, async (t) => {
  const router = await routerFor(t, RANDOM.replace('[settings]\n', '[settings]\nlog = "debug"\n'));
  downHook(router, 'w2');
  const update = logOf(router).find(({ msg }) => msg === 'nft table inet mlb_hooks (update)');
  const lines = (update?.lines ?? []) as string[];
  assert.match(lines[0] ?? '', /^delete counter inet mlb_hooks loaded_[0-9a-f]+_e$/);
  assert.match(lines.at(-1) ?? '', /^add counter inet mlb_hooks loaded_[0-9a-f]+_6$/);
});

test('in multipath mode link events leave the ruleset alone', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = router.sh('nft -a list table inet mlb_hooks');
  router.sh('ip link del w0');
  downHook(router, 'w0');
  assert.doesNotMatch(String(lastLine(router).msg), /shares|ruleset/);
  assert.equal(router.sh('nft -a list table inet mlb_hooks'), before);
});

test('a table that somebody has flushed is loaded again by the next hook, whatever it is about', {
  skip,
}, async (t) => {
  const router = await routerFor(t, RANDOM);
  router.sh('nft flush ruleset');
  upHook(router, 'w1');
  assert.deepEqual(markersOf(router), ['e']);
  const said = 'nft table inet mlb_hooks: somebody has changed or deleted it; it is loaded again';
  assert.deepEqual(complaintsOf(router), [said]);
  upHook(router, 'w1');
  assert.deepEqual(complaintsOf(router), [said], 'it is said once');
  router.sh('nft delete table inet mlb_hooks');
  router.sh('ip link del w0');
  downHook(router, 'w0');
  assert.deepEqual(markersOf(router), ['c']);
});

test('rules that somebody has added or taken away are put right by apply', { skip }, async (t) => {
  const router = await routerFor(t, RANDOM);
  const loaded = chainsOf(router);
  for (const edit of [
    'nft flush table inet mlb_hooks',
    'nft add rule inet mlb_hooks prerouting drop',
    'nft add chain inet mlb_hooks other; nft add rule inet mlb_hooks other drop',
  ]) {
    router.sh(edit);
    assert.equal(router.mlb('plan').status, 2, edit);
    assert.equal(router.mlb('apply').status, 0);
    assert.equal(chainsOf(router), loaded, edit);
    assert.equal(router.mlb('apply').stdout, 'nothing to do\n');
  }
});

test('without nft everything is routed, the log says what to install, and flush works', {
  skip,
}, async (t) => {
  const router = await routerFor(t, RANDOM);
  const { hide, show } = hideTools('nft');
  router.sh(hide);
  router.sh('ip link del w0');
  const { status, stderr } = downHook(router, 'w0');
  router.sh(show);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.deepEqual(balanced(router), ['w1', 'w2']);
  assert.match(
    complaintsOf(router).join('\n'),
    /^nft .*: not found \(.*\); install the Debian package nftables/m,
  );
  upHook(router, 'w1');
  assert.deepEqual(markersOf(router), ['c'], 'as soon as it is back');
  router.mlb('flush');
  router.sh(hide);
  assert.equal(router.mlb('apply').status, 1);
  const flushed = router.mlb('flush');
  router.sh(show);
  assert.equal(flushed.status, 0, flushed.stderr);
});

test('a ruleset that the kernel refuses leaves the one before in force, and the routes are done', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const before = chainsOf(router);
  const [marker] = markersOf(router);
  router.configure(RANDOM);
  // A map of another kind under a name that the new ruleset needs.
  const map = /^add map inet mlb_hooks (balance_\w+)/m.exec(router.mlb('plan').stdout)?.[1];
  router.sh(`nft add map inet mlb_hooks ${map} '{ type ipv4_addr : mark; }'`);
  router.sh('ip link del w0');
  assert.equal(downHook(router, 'w0').status, 0);
  assert.deepEqual(balanced(router), ['w1', 'w2']);
  assert.match(
    complaintsOf(router).join('\n'),
    /^nft table inet mlb_hooks \(\w+\): .*; the ruleset stays as it was$/m,
  );
  assert.deepEqual(markersOf(router), [marker]);
  router.sh(`nft delete map inet mlb_hooks ${map}`);
  assert.equal(chainsOf(router), before);
  upHook(router, 'w1');
  assert.deepEqual(markersOf(router), ['c']);
});

const entry = (port: number, id: number): string =>
  `conntrack -I -p tcp -s 192.168.7.10 -d ${SERVER} --sport ${port} --dport 80 --state ESTABLISHED -t 300 -m 0x0${id}000000 2>/dev/null`;

/** Source ports of the connections that the kernel knows. */
const portsOf = (router: Router): string[] =>
  [...router.sh('conntrack -L -p tcp --dport 80 2>/dev/null').matchAll(/ sport=(\d+) dport=80 /g)]
    .map(([, port = '']) => port)
    .sort();

test('connections of an uplink that is dead or gone are forgotten, and no others', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh([1, 2, 3].map((id) => entry(5000 + id, id)).join('\n'));
  router.sh('ip link del w0');
  downHook(router, 'w0');
  assert.deepEqual(portsOf(router), ['5002', '5003']);
  router.mlb('down cable');
  assert.deepEqual(portsOf(router), ['5002']);
  router.sh(entry(5004, 3));
  upHook(router, 'w2');
  assert.deepEqual(portsOf(router), ['5002', '5004'], 'one that returns keeps what it has');
  assert.deepEqual(complaintsOf(router), []);
});

test('connections that began without a ruleset get the uplink that has their address', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  router.sh('nft delete table inet mlb_hooks');
  const towards = (port: number, own: string): string =>
    `conntrack -I -p tcp -s 192.168.7.10 -d ${SERVER} --sport ${port} --dport 80 -r ${SERVER} -q ${own} \
      --reply-port-src 80 --reply-port-dst ${port} --state ESTABLISHED -t 300 -m 0x5 2>/dev/null`;
  const inbound = `conntrack -I -p tcp -s ${SERVER} -d ${ADDRESS.w1} --sport 5003 --dport 80 \
    --state ESTABLISHED -t 300 2>/dev/null`;
  router.sh(
    `${towards(5001, ADDRESS.w0)}\n${towards(5002, ADDRESS.w2)}\n${towards(5004, '192.168.7.10')}\n${inbound}`,
  );
  upHook(router, 'w2');
  const marks = [
    ...router
      .sh('conntrack -L -p tcp --dport 80 2>/dev/null')
      .matchAll(/ sport=(\d+) dport=80 .* mark=(\d+)/g),
  ].map(([, port = '', mark]) => [port, Number(mark).toString(16)]);
  assert.deepEqual(Object.fromEntries(marks), {
    5001: '1000005',
    5002: '3000005',
    5003: '2000000',
    5004: '5',
  });
});

test('an uplink with a new address keeps the connections that it has with it', { skip }, async (t) => {
  const router = await routerFor(t);
  const address = ADDRESS.w2;
  const via = (port: number, own: string): string =>
    `conntrack -I -p tcp -s 192.168.7.10 -d ${SERVER} --sport ${port} --dport 80 -r ${SERVER} -q ${own} \
      --reply-port-src 80 --reply-port-dst ${port} --state ESTABLISHED -t 300 -m 0x03000000 2>/dev/null`;
  router.sh(`${via(5001, address)}\n${via(5002, '10.64.2.77')}`);
  router.sh(`ip addr del ${address}/24 dev w2; ip addr add 10.64.2.77/24 dev w2`);
  upHook(router, 'w2');
  assert.deepEqual(portsOf(router), ['5002']);
});

test('without conntrack that is said once, until apply', { skip }, async (t) => {
  const router = await routerFor(t);
  // Without any connection none is looked for.
  router.sh(entry(5001, 2));
  const { hide, show } = hideTools('conntrack');
  router.sh(hide);
  const said = (): number =>
    complaintsOf(router).filter((text) => /^conntrack .* not found/.test(text)).length;
  router.mlb('down dsl1');
  router.mlb('down dsl2');
  assert.equal(said(), 1);
  router.mlb('up dsl2');
  router.mlb('apply');
  router.mlb('down dsl2');
  router.sh(show);
  assert.equal(said(), 2);
});

test('flush takes our table away and leaves everybody elses', { skip }, async (t) => {
  const router = await routerFor(t, RANDOM);
  const others = router.sh('nft list table ip test_nat');
  assert.match(router.mlb('flush').stdout, /^nft table inet mlb_hooks \(delete\)$/m);
  assert.equal(router.sh('nft list tables'), 'table ip test_nat\n');
  assert.equal(router.sh('nft list table ip test_nat'), others);
  assert.equal(router.mlb('flush').stdout, 'nothing to do\n');
  router.mlb('apply');
  assert.deepEqual(markersOf(router), ['e']);
});

test('plan says that it is blind when nft fails, and does not say that all is well', { skip }, async (t) => {
  const router = await routerFor(t);
  const { hide, show } = hideTools('nft');
  router.sh(hide);
  const { status, stdout, stderr } = router.mlb('plan');
  assert.equal(status, 1);
  assert.equal(stdout, 'nothing to do, as far as could be seen\n');
  assert.match(stderr, /^nft .*: not found .*; install the Debian package nftables$/m);
  router.sh(show);
  assert.equal(router.mlb('plan').status, 0);
});

test('what the kernel refuses leaves the old ruleset whole, and the log names the policy', {
  skip,
}, async (t) => {
  const router = await routerFor(t, RANDOM);
  // A set of the policy's name but of another type: the kernel cannot have both.
  router.sh('nft add set inet mlb_hooks domains_bank "{ type inet_service; }"');
  const before = chainsOf(router);
  const [marker] = markersOf(router);
  const bank = '[[policy]]\nname = "bank"\nto-domains = "bank.example"\nuse = "cable"\n';
  router.configure(`${RANDOM}${bank}`);
  const { status, stderr } = router.mlb('apply');
  assert.equal(status, 1);
  assert.match(stderr, /^policy "bank": nft: .*; the ruleset stays as it was$/m);
  assert.match(complaintsOf(router).join('\n'), /policy "bank": /);
  assert.equal(chainsOf(router), before);
  assert.deepEqual(markersOf(router), [marker]);
  router.sh('nft delete set inet mlb_hooks domains_bank');
  assert.equal(router.mlb('apply').status, 0);
  assert.match(chainsOf(router), /set domains_bank/);
});
