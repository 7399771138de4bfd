import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installedFiles } from '../../src/install/files.ts';
import { plant } from '../unit/install/program-folder.ts';
import { cannotRun, installedMachine, runOn, seenBy, textOf } from './installed-machine.ts';

const skip = cannotRun();

/** As Debian's /etc/ppp/ip-up: variables of its own, then the .local script in its place. */
const wrapper = (name: string) => `#!/bin/sh
PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin; export PATH
PPP_IFACE="$1" PPP_TTY="$2" PPP_SPEED="$3" PPP_LOCAL="$4" PPP_REMOTE="$5" PPP_IPPARAM="$6"
export PPP_IFACE PPP_TTY PPP_SPEED PPP_LOCAL PPP_REMOTE PPP_IPPARAM
PPP_TTYNAME=$(/usr/bin/basename "$2"); export PPP_TTYNAME
exec /etc/ppp/${name}.local "$@"
`;

/** A packaged script below ip-up.d or ip-down.d that writes down how it was called. */
const packaged = `#!/bin/sh
{ for each; do printf '[%s]' "$each"; done; echo; env; umask; } >/run/packaged
echo packaged >>/run/order
`;

const pppMachine = (options: Parameters<typeof installedMachine>[0] = {}): string => {
  const root = installedMachine(options);
  for (const name of ['ip-up', 'ip-down']) {
    plant(root, `/etc/ppp/${name}`, wrapper(name));
    plant(root, `/etc/ppp/${name}.d/zz-packaged`, packaged);
  }
  return root;
};

/** Calls ip-up as pppd does, with these variables and arguments, written for the shell. */
const dial = (root: string, { name = 'ip-up', env = '', args = 'ppp0 eth1 0 192.0.2.7 192.0.2.1' } = {}) =>
  runOn(root, `exec /usr/bin/env -i ${env} /etc/ppp/${name} ${args} >/dev/null 2>/run/stderr`);

for (const name of ['ip-up', 'ip-down']) {
  test(`${name} runs the hook, then what Debian would have run, with six arguments and PPP_*`, {
    skip,
  }, () => {
    const root = pppMachine();
    dial(root, {
      name,
      env: 'PPPD_PID=4711 IPLOCAL=192.0.2.7 IFNAME=ppp0',
      args: `ppp0 'a b' 0 192.0.2.7 192.0.2.1`,
    });
    const [args, ...rest] = textOf(root, 'run/packaged').split('\n');
    assert.equal(args, '[ppp0][a b][0][192.0.2.7][192.0.2.1][]');
    for (const line of [
      'PPP_IFACE=ppp0',
      'PPP_TTY=a b',
      'PPP_IPPARAM=',
      'PPPD_PID=4711',
      'IFNAME=ppp0',
      '0022',
    ]) {
      assert.ok(rest.includes(line), `${line} is not in ${rest.join(' ')}`);
    }
    assert.deepEqual(seenBy(root)?.argv.slice(1), ['ppp0', 'a b', '0', '192.0.2.7', '192.0.2.1']);
    assert.match(String(seenBy(root)?.argv[0]), new RegExp(`/${name}\\.cjs$`));
    assert.equal(textOf(root, 'run/order'), 'hook\npackaged\n');
    assert.equal(textOf(root, 'run/stderr') + textOf(root, 'var/log/mlb-hooks.log'), '');
  });
}

test('no variable but the few that the hook reads reaches Node', { skip }, () => {
  const root = pppMachine();
  plant(root, '/etc/evil.cjs', "require('node:fs').writeFileSync('/run/evil', '');");
  const hostile =
    'NODE_OPTIONS=--require=/etc/evil.cjs OPENSSL_CONF=/etc/evil NODE_V8_COVERAGE=/run/coverage ' +
    'NODE_EXTRA_CA_CERTS=/etc/evil NODE_PATH=/etc LD_BIND_NOW=1 PEERNAME=evil LC_ALL=evil';
  dial(root, {
    env: `${hostile} IPLOCAL='192.0.2.7 X=1' PPPD_PID= IPREMOTE=192.0.2.1 BYTES_SENT=1 BYTES_RCVD=2 CONNECT_TIME=3`,
  });
  assert.deepEqual(seenBy(root)?.env, {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    IPLOCAL: '192.0.2.7 X=1',
    PPPD_PID: '',
    BYTES_SENT: '1',
    BYTES_RCVD: '2',
    CONNECT_TIME: '3',
  });
  assert.ok(!existsSync(join(root, 'run/evil')) && !existsSync(join(root, 'run/coverage')));
  // The packaged scripts get what they got before.
  assert.match(textOf(root, 'run/packaged'), /^PEERNAME=evil$/m);
});

test('a stub that no wrapper called, without PATH or any variable, works and invents nothing else', {
  skip,
}, () => {
  for (const path of ['', 'PATH=']) {
    const root = pppMachine();
    runOn(root, `exec /usr/bin/env -i ${path} /etc/ppp/ip-up.local ppp0 eth1 0 192.0.2.7 192.0.2.1 office`);
    assert.equal(textOf(root, 'run/order'), 'hook\npackaged\n');
    assert.match(textOf(root, 'run/packaged'), /^\[ppp0\].*\[office\]$/m);
    assert.match(textOf(root, 'run/packaged'), /^PATH=.*\/usr\/sbin:/m);
    assert.doesNotMatch(textOf(root, 'run/packaged'), /^PPP_/m);
  }
});

test('a stub whose $0 says nothing works', { skip }, () => {
  const root = pppMachine();
  runOn(
    root,
    'exec 3</etc/ppp/ip-up.local; exec /usr/bin/env -i /bin/sh /dev/fd/3 ppp0 eth1 0 192.0.2.7 192.0.2.1',
  );
  assert.equal(textOf(root, 'run/order'), 'hook\npackaged\n');
});

for (const [what, device, status] of [
  ['crashed', 'crash', 1],
  ['was killed', 'killed', 137],
] as const) {
  test(`a hook that ${what} is in the log, and ip-up.d runs`, { skip }, () => {
    const root = pppMachine();
    dial(root, { args: `${device} eth1 0 192.0.2.7 192.0.2.1` });
    assert.match(textOf(root, 'run/packaged'), new RegExp(`^\\[${device}\\]`));
    const { level, time, hook, msg } = JSON.parse(textOf(root, 'var/log/mlb-hooks.log'));
    assert.equal(level, 'error');
    assert.equal(hook, 'ip-up');
    assert.equal(
      msg,
      `the hook failed (status ${status}), routing may not follow this event; run: mlb-hooks apply`,
    );
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  });
}

test('a hook that has said itself why it failed is not in the log a second time', { skip }, () => {
  const root = pppMachine();
  dial(root, { args: 'said eth1 0 192.0.2.7 192.0.2.1' });
  runOn(root, 'exec /usr/bin/env -i IFACE=said /etc/network/if-down.d/mlb-hooks');
  assert.equal(textOf(root, 'run/order'), 'packaged\n');
  assert.equal(textOf(root, 'var/log/mlb-hooks.log'), '');
});

test('a Node binary that has gone is in the log, and ip-up.d runs', { skip }, () => {
  const root = pppMachine({ node: '/usr/bin/node-that-has-gone' });
  dial(root);
  assert.equal(textOf(root, 'run/order'), 'packaged\n');
  assert.match(textOf(root, 'var/log/mlb-hooks.log'), /"the hook failed \(status 127\)/);
});

test('a program that was removed leaves ip-up.d running, quietly', { skip }, () => {
  const root = pppMachine();
  rmSync(join(root, 'usr/local/lib/mlb-hooks'), { recursive: true });
  dial(root);
  assert.equal(textOf(root, 'run/order'), 'packaged\n');
  assert.equal(textOf(root, 'run/stderr') + textOf(root, 'var/log/mlb-hooks.log'), '');
});

for (const name of ['ip-up', 'ip-down']) {
  test(`TERM to the ${name} stub while the hook works ends neither the hook nor what follows`, {
    skip,
  }, () => {
    const root = pppMachine();
    runOn(
      root,
      `/usr/bin/env -i /etc/ppp/${name} slow eth1 0 192.0.2.7 192.0.2.1 & pid=$!
       until [ -s /run/seen.json ]; do sleep 0.05; done
       [ -e /run/order ] && echo too late >>/run/order
       kill -TERM $pid; sleep 0.1; kill -TERM $pid; wait $pid; wait $pid`,
    );
    assert.equal(textOf(root, 'run/order'), 'hook\npackaged\n');
  });
}

test('`pon quick` ends pppd after ip-up.d, and only then', { skip }, () => {
  const root = pppMachine();
  writeFileSync(join(root, 'run/ppp-quick'), '');
  const pppd = 'sh -c \'trap "echo ended >>/run/order; exit" TERM; while :; do sleep 0.05; done\'';
  const dialQuick = '/usr/bin/env -i PPPD_PID=$pid /etc/ppp/ip-up ppp0 eth1 0 192.0.2.7 192.0.2.1';
  runOn(root, `${pppd} & pid=$!; sleep 0.2; ${dialQuick}; wait $pid`);
  assert.equal(textOf(root, 'run/order'), 'hook\npackaged\nended\n');
  assert.ok(!existsSync(join(root, 'run/ppp-quick')));
});

test('ip-down leaves `pon quick` alone', { skip }, () => {
  const root = pppMachine();
  writeFileSync(join(root, 'run/ppp-quick'), '');
  dial(root, { name: 'ip-down' });
  assert.ok(existsSync(join(root, 'run/ppp-quick')));
});

test('with --chain the script that was there runs in place of ip-up.d, called as before', { skip }, () => {
  const root = pppMachine();
  plant(root, '/etc/ppp/ip-up.local', packaged.replace('echo packaged', 'echo kept'));
  installedMachine({ root, chain: true });
  dial(root, { env: 'PPPD_PID=4711', args: `crash 'a b' 0 192.0.2.7 192.0.2.1 ''` });
  assert.equal(textOf(root, 'run/order'), 'kept\n');
  assert.match(textOf(root, 'run/packaged'), /^\[crash\]\[a b\]\[0\]\[192\.0\.2\.7\]\[192\.0\.2\.1\]\[\]$/m);
  assert.match(textOf(root, 'run/packaged'), /^PPP_TTY=a b$/m);
  dial(root, { name: 'ip-down' });
  assert.equal(textOf(root, 'run/order'), 'kept\nhook\npackaged\n', 'only ip-up.local was somebody’s');
});

for (const name of ['if-up', 'if-down']) {
  const stub = `/etc/network/${name}.d/mlb-hooks`;
  const read = 'IFACE=eth1 ADDRFAM=inet METHOD=static IF_ADDRESS=192.0.2.7 IF_GATEWAY=192.0.2.1';
  const real = `${read} LOGICAL=eth1 MODE=start PHASE=post-up`;

  test(`${name} hands over what the hook reads and nothing else, from a folder that is gone`, {
    skip,
  }, () => {
    const root = installedMachine();
    const { status, output } = runOn(
      root,
      `mkdir /run/gone; cd /run/gone; rmdir /run/gone
       exec /usr/bin/env -i NODE_OPTIONS=--evil VERBOSITY=1 IF_MTU=1400 ${real} ${stub}`,
    );
    assert.equal(status, 0);
    // dash's own complaint, before the stub's first line.
    assert.equal(output.replace(/^sh: 0: getcwd.*\n/, ''), '');
    assert.deepEqual(seenBy(root)?.env, {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      ...Object.fromEntries(read.split(' ').map((each) => each.split('='))),
    });
    assert.equal(seenBy(root)?.cwd, '/');
  });

  for (const call of [
    'IFACE=--all',
    'IFACE=',
    '',
    'IFACE=lo',
    'IFACE=dsl METHOD=ppp',
    'IFACE=umts METHOD=wvdial',
  ]) {
    test(`${name} does not even start Node for ${call || 'no IFACE'}`, { skip }, () => {
      const root = installedMachine();
      const { status, output } = runOn(root, `exec /usr/bin/env -i MODE=start METHOD=static ${call} ${stub}`);
      assert.deepEqual({ status, output }, { status: 0, output: '' });
      assert.equal(seenBy(root), undefined);
    });
  }

  test(`${name} succeeds in silence when the hook crashes, is killed, or has no Node`, { skip }, () => {
    const root = installedMachine();
    for (const device of ['crash', 'killed']) {
      const { status, output } = runOn(root, `exec /usr/bin/env -i IFACE=${device} ${stub}`);
      assert.deepEqual({ status, output }, { status: 0, output: '' });
    }
    assert.equal(textOf(root, 'var/log/mlb-hooks.log').trim().split('\n').length, 2);
    const without = installedMachine({ node: '/usr/bin/node-that-has-gone' });
    const { status, output } = runOn(without, `exec /usr/bin/env -i IFACE=eth1 ${stub}`);
    assert.deepEqual({ status, output }, { status: 0, output: '' });
  });
}

test('a log that cannot be written changes nothing for ifup', { skip }, () => {
  const root = installedMachine();
  rmSync(join(root, 'var/log'), { recursive: true });
  plant(root, '/var/log/mlb-hooks.log/is-a-folder', '');
  const { status, output } = runOn(root, 'exec /usr/bin/env -i IFACE=crash /etc/network/if-up.d/mlb-hooks');
  assert.deepEqual({ status, output }, { status: 0, output: '' });
});

/** Programs that a stub might look up, for a folder that root should never look into. */
const plantEvil = (root: string): void => {
  for (const name of ['run-parts', 'date', 'rm', 'kill', 'env', 'node'])
    plant(root, `/etc/evil/${name}`, `#!/bin/sh\necho ${name} >>/run/evil\n`);
};

for (const path of ['/etc/evil', '/etc/evil:/usr/sbin:/usr/bin:/sbin:/bin']) {
  test(`root runs nothing from the PATH that a pppd user has set to ${path}`, { skip }, () => {
    for (const name of ['ip-up', 'ip-down']) {
      const root = pppMachine();
      plantEvil(root);
      writeFileSync(join(root, 'run/ppp-quick'), '');
      // Without Debian's wrapper, which sets it too. A crash has the stub look up more.
      runOn(
        root,
        `exec /usr/bin/env -i PATH=${path} /etc/ppp/${name}.local crash eth1 0 192.0.2.7 192.0.2.1`,
      );
      assert.equal(textOf(root, 'run/evil'), '');
      assert.equal(textOf(root, 'run/order'), 'packaged\n');
      assert.match(
        textOf(root, 'run/packaged'),
        /^PATH=\/usr\/local\/sbin:\/usr\/sbin:\/sbin:\/usr\/local\/bin:\/usr\/bin:\/bin$/m,
      );
      assert.equal(existsSync(join(root, 'run/ppp-quick')), name === 'ip-down');
    }
  });

  test(`root runs nothing from the PATH ${path} that ifup was called with`, { skip }, () => {
    const root = installedMachine();
    plantEvil(root);
    for (const name of ['if-up', 'if-down'])
      runOn(root, `exec /usr/bin/env -i PATH=${path} IFACE=crash /etc/network/${name}.d/mlb-hooks`);
    assert.equal(textOf(root, 'run/evil'), '');
    assert.equal(textOf(root, 'var/log/mlb-hooks.log').trim().split('\n').length, 2);
  });
}

const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** What is installed, and one of them by the end of its path. */
const stubs = installedFiles(fileURLToPath(new URL('../../templates', import.meta.url)), '/usr/bin/node');
const stubOf = (end: string): string => {
  const stub = stubs.find(({ path }) => path.endsWith(end));
  assert.ok(stub !== undefined, end);
  return stub.content;
};

for (const [parser, ends] of [
  ['src/events/pppd.ts', ['/ip-up.local', '/ip-down.local']],
  ['src/events/ifupdown.ts', ['/if-up.d/mlb-hooks', '/if-down.d/mlb-hooks']],
] as const) {
  test(`the stubs pass exactly the variables that ${parser} reads`, () => {
    const read = [...source(parser).matchAll(/\benv\.([A-Z_]+)/g)].map(([, name]) => name);
    for (const end of ends) {
      const passed = [...stubOf(end).matchAll(/ (?:\$\{[A-Z_]+\+")?([A-Z_]+)="?\$\1"/g)].map(
        ([, name]) => name,
      );
      assert.deepEqual(passed.toSorted(), [...new Set(read)].toSorted(), end);
    }
  });
}

test('every stub is plain sh, and nothing of its template is left in it', () => {
  for (const end of [
    '/ip-up.local',
    '/ip-down.local',
    '/if-up.d/mlb-hooks',
    '/if-down.d/mlb-hooks',
    '/sbin/mlb-hooks',
  ]) {
    const text = stubOf(end);
    assert.match(text, /^#!\/bin\/sh\n/);
    assert.doesNotMatch(text, /\$0|\[\[|\bset -e|\bfunction\b|@[A-Z]|#@|\n\n\n/, end);
  }
});

test('each of two hooks made from one template names itself alone', () => {
  const other = { up: 'down', down: 'up' } as const;
  for (const phase of ['up', 'down'] as const) {
    for (const stub of [stubOf(`/ip-${phase}.local`), stubOf(`/if-${phase}.d/mlb-hooks`)])
      assert.doesNotMatch(stub, new RegExp(`(ip|if)-${other[phase]}`));
  }
  assert.match(stubOf('/if-up.d/mlb-hooks'), /make ifup itself fail.*\nexit 0\n$/);
  assert.match(stubOf('/if-down.d/mlb-hooks'), /^# ifdown would report.*\nexit 0\n$/m);
});
