import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import type { Policy } from '../../../src/config/schema.ts';
import { userIds, userIdsOrNobody } from '../../../src/config/users.ts';
import { samplePolicy } from '../../helpers/samples.ts';
import { SECOND, UPLINK } from './refusal.ts';

const UPLINKS = `${UPLINK}${SECOND}[[uplink]]\nid = 9\nname = "lte"\ndevice = "wwan0"\n`;

/** The one policy of a configuration, from its lines below the name. */
const policyOf = async (lines: string, more = ''): Promise<Policy> => {
  const text = `${UPLINKS}${more}[[policy]]\nname = "mail"\n${lines}\n`;
  const { policies } = await parseConfig(text, 'F', (name) => (name === 'proxy' ? 13 : undefined));
  assert.equal(policies.length, 1);
  return policies[0] as Policy;
};

const use = async (written: string) => (await policyOf(`use = ${written}`)).use;

const list = async (key: keyof Policy, line: string, more?: string) =>
  (await policyOf(`use = "main"\n${line}`, more))[key];

test('a policy of two lines takes everything', async () => {
  assert.deepEqual(await policyOf('use = "dsl1"'), samplePolicy({ use: [[1]] }));
});

test('every key reaches the program, lists in ascending order', async () => {
  const policy = await policyOf(
    'from = ["192.168.1.10", "10.0.0.0/8"]\nto = "198.51.100.0/24"\nto-domains = ["Gov.BR", "edu.br"]\n' +
      'protocol = ["UDP", "tcp", 132]\nfrom-ports = "1024-65535"\nto-ports = [587, "465", 25]\n' +
      'in-device = ["eth2", "br-lan"]\ndscp = ["ef", 10]\nuse = ["dsl1"]\nelse = "reject"\nlog = true',
  );
  assert.deepEqual(policy, {
    name: 'mail',
    from: ['10.0.0.0/8', '192.168.1.10'],
    to: ['198.51.100.0/24'],
    toDomains: ['edu.br', 'gov.br'],
    protocols: [6, 17, 132],
    fromPorts: [[1024, 65535]],
    toPorts: [
      [25, 25],
      [465, 465],
      [587, 587],
    ],
    inDevices: ['br-lan', 'eth2'],
    users: [],
    dscp: [10, 46],
    use: [[1]],
    else: 'reject',
    log: true,
  });
});

test('uplinks come in groups, best first, and the order within a group means nothing', async () => {
  assert.deepEqual(await use('"lte"'), [[9]]);
  assert.deepEqual(await use('["lte", "dsl1"]'), [[9], [1]]);
  assert.deepEqual(await use('[["lte", "dsl1"], "dsl2"]'), [[1, 9], [2]]);
  assert.equal(await use('"main"'), 'main');
  assert.equal(await use('"balance"'), 'balance');
});

test('names of code points and protocols are their numbers', async () => {
  const names = '["cs0", "cs7", "af11", "af43", "ef", "va", "le"]';
  assert.deepEqual(await list('dscp', `dscp = ${names}`), [0, 1, 10, 38, 44, 46, 56]);
  const protocols = '["icmp", "gre", "esp", "ah", "ipip", "sctp", "dccp", "udplite"]';
  assert.deepEqual(await list('protocols', `protocol = ${protocols}`), [1, 4, 33, 47, 50, 51, 132, 136]);
});

test('neighbouring ports are one range', async () => {
  assert.deepEqual(await list('toPorts', 'protocol = "tcp"\nto-ports = [26, "27-30", 25, 32]'), [
    [25, 30],
    [32, 32],
  ]);
});

test('a set stands for its prefixes, and sets may overlap', async () => {
  const sets = '[sets]\nlan = ["10.0.0.0/8", "192.168.1.0/24"]\npc = "10.1.2.3"\n';
  assert.deepEqual(await list('from', 'from = "@lan"', sets), ['10.0.0.0/8', '192.168.1.0/24']);
  assert.deepEqual(await list('to', 'to = ["@pc", "@lan", "172.16.0.1", "192.168.1.9"]', sets), [
    '10.0.0.0/8',
    '172.16.0.1',
    '192.168.1.0/24',
  ]);
  const nested = '[sets]\nfloor = "10.0.0.0/16"\nhouse = "10.0.0.0/8"\n';
  assert.deepEqual(await list('from', 'from = ["@floor", "@house"]', nested), ['10.0.0.0/8']);
});

test('users are ids, and names that this machine knows', async () => {
  assert.deepEqual(await list('users', 'user = ["proxy", 0, 4294967294]'), [0, 13, 0xfffffffe]);
});

test('the names of users come from a file like /etc/passwd, and nobody from one that is missing', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-users-'));
  const file = join(directory, 'passwd');
  writeFileSync(file, 'root:x:0:0:root:/root:/bin/sh\nproxy:x:13:13::/bin:/usr/sbin/nologin\n+nis\n\n');
  const uidOf = userIds(file);
  assert.deepEqual([uidOf('root'), uidOf('proxy'), uidOf('+nis'), uidOf('')], [0, 13, undefined, undefined]);
  assert.equal(userIds(join(directory, 'none'))('root'), undefined);
  // A hook goes on without a user who has been removed: no process has this id.
  assert.equal(userIdsOrNobody(file)('removed'), 0xfffffffe);
  rmSync(directory, { recursive: true });
});
