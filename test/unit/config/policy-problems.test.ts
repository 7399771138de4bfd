import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { only, problemsOf, SECOND, UPLINK } from './refusal.ts';

/** A policy that starts at line 9, so that what is added stands at 12 and below. */
const POLICY = `${UPLINK}${SECOND}[[policy]]\nname = "mail"\nuse = "dsl1"\n`;

const refused = (lines: string): Promise<string> => only(`${POLICY}${lines}\n`);

/** Lines of a refusal and what each must be. */
const sayings = async (cases: readonly (readonly [lines: string, said: string])[]): Promise<void> => {
  for (const [lines, said] of cases) assert.equal(await refused(lines), `12: policy "mail": ${said}`);
};

test('a missing name or use is asked for at the header', async () => {
  assert.deepEqual(await problemsOf(`${UPLINK}[[policy]]\n`), [
    '5: [[policy]] number 1: name is missing; write for example name = "mail"',
    '5: [[policy]] number 1: use is missing; write for example use = "dsl1"',
  ]);
  assert.equal((await problemsOf(`${UPLINK}${'[[policy]]\nuse = "dsl1"\n'.repeat(2)}`)).length, 2);
});

test('values of another kind and empty lists are refused with an example', async () => {
  await sayings([
    [
      'from = 10',
      'from = 10: must be text in quotes, or a list of such; ' +
        'write for example from = "192.168.1.0/24", or leave it out',
    ],
    [
      'protocol = "tcp"\nto-ports = true'.split('\n').reverse().join('\n'),
      'to-ports = true: must be a number or text in quotes, or a list of such; ' +
        'write for example to-ports = [25, 465], or leave it out',
    ],
    ['to = []', 'to = []: is an empty list; write for example to = "198.51.100.0/24", or leave it out'],
    [
      'else = "drop"',
      'else = "drop": must be "any" or "reject"; ' +
        'leave it out for the default, else = "any", or choose another value',
    ],
    [
      'log = "yes"',
      'log = "yes": must be true or false; ' +
        'leave it out for the default, log = false, or choose another value',
    ],
  ]);
});

test('a prefix is a network or an address, of IPv4, and not everything', async () => {
  const example = 'write for example "192.168.1.0/24", or "192.168.1.10" for one address';
  await sayings([
    [
      'from = "192.168.1.5/24"',
      'from = "192.168.1.5/24": is an address inside 192.168.1.0/24, not a network; ' +
        'write "192.168.1.0/24" for all of it, or "192.168.1.5" for one address',
    ],
    ['to = "192.168.1"', `to = "192.168.1": is not an IPv4 address or prefix; ${example}`],
    ['to = "10.0.0.0/33"', `to = "10.0.0.0/33": is not an IPv4 address or prefix; ${example}`],
    ['to = "10.0.0.0/08"', `to = "10.0.0.0/08": is not an IPv4 address or prefix; ${example}`],
    ['to = "10.0.0.0/8/8"', `to = "10.0.0.0/8/8": is not an IPv4 address or prefix; ${example}`],
    ['to = "10.0.0.0/-1"', `to = "10.0.0.0/-1": is not an IPv4 address or prefix; ${example}`],
    ['to = "2001:db8::/32"', `to = "2001:db8::/32": is IPv6, and only IPv4 is supported yet; ${example}`],
    ['to = "0.0.0.0/0"', 'to = "0.0.0.0/0": is every address; leave it out'],
  ]);
});

test('entries of a list that overlap are named at their own line', async () => {
  assert.equal(
    await refused('from = [\n  "10.0.0.0/8",\n  "10.1.0.0/16",\n]'),
    '14: policy "mail": from = "10.1.0.0/16": lies inside "10.0.0.0/8"; remove one of the two',
  );
  const tcp = 'protocol = "tcp"';
  await sayings([
    [
      'from = ["10.1.0.0/16", "10.0.0.0/8"]',
      'from = "10.0.0.0/8": covers "10.1.0.0/16"; remove one of the two',
    ],
    [`to-ports = [80, "80"]\n${tcp}`, 'to-ports = "80": is the same as 80; remove one of the two'],
    [`to-ports = ["1-10", "5-20"]\n${tcp}`, 'to-ports = "5-20": overlaps "1-10"; join them into one'],
    ['protocol = ["tcp", 6]', 'protocol = 6: is the same as "tcp"; remove one of the two'],
    ['user = [0, "root"]', 'user = "root": is the same as 0; remove one of the two'],
    ['in-device = ["eth2", "eth2"]', 'in-device = "eth2": is written twice; remove one of the two'],
    [
      'to-domains = ["br", "GOV.br"]',
      'to-domains = "GOV.br": lies inside another domain of the list; remove it',
    ],
    ['to-domains = ["br", "br"]', 'to-domains = "br": is written twice; remove one of the two'],
  ]);
  assert.match(
    await refused('to-domains = ["gov.br", "a.GOV.br"]'),
    /"a\.GOV\.br": lies inside another domain/,
  );
  assert.equal((await problemsOf(`${POLICY}to-ports = ["1-5", "3-10", "7-8"]\n${tcp}\n`)).length, 2);
  await parseConfig(`${POLICY}to-domains = ["ov.br", "gov.br"]\n`);
});

test('ports, protocols, code points, users and devices are what they can be', async () => {
  const ports = (key: string, value: string) => `${key} = ${value}\nprotocol = "tcp"`;
  const range = 'is not a port or a range of ports, 1..65535; write for example 25 or "1000-2000"';
  await sayings([
    [ports('to-ports', '0'), `to-ports = 0: ${range}`],
    [ports('to-ports', '[65536]'), `to-ports = 65536: ${range}`],
    [ports('from-ports', '1.5'), `from-ports = 1.5: ${range}`],
    [ports('to-ports', '"http"'), `to-ports = "http": ${range}`],
    [ports('to-ports', '"10-"'), `to-ports = "10-": ${range}`],
    [ports('to-ports', '"20-10"'), 'to-ports = "20-10": ends before it starts; write "10-20"'],
    [
      'protocol = "igmp"',
      'protocol = "igmp": is not a known protocol; write one of icmp, ipip, tcp, udp, dccp, ' +
        'gre, esp, ah, sctp, udplite, or a number, 1..255',
    ],
    [
      'protocol = 0',
      'protocol = 0: is not a known protocol; write one of icmp, ipip, tcp, udp, dccp, ' +
        'gre, esp, ah, sctp, udplite, or a number, 1..255',
    ],
    [
      'dscp = "af14"',
      'dscp = "af14": is not a code point; ' +
        'write one of cs0..cs7, af11..af43, be, le, va, ef, or a number, 0..63',
    ],
    [
      'dscp = 64',
      'dscp = 64: is not a code point; ' +
        'write one of cs0..cs7, af11..af43, be, le, va, ef, or a number, 0..63',
    ],
    [
      'user = "no-such-user"',
      'user = "no-such-user": is not a user of this machine; create it or give the uid',
    ],
    [
      'user = 4294967295',
      'user = 4294967295: is not a user id; ' + "write the user's name, or its id, 0..4294967294",
    ],
    [
      'in-device = "a b"',
      'in-device = "a b": must be a device name of letters, digits and _ . : @ -, ' +
        'not starting with "-"; write for example "eth0"',
    ],
  ]);
});

test('half a number is none', async () => {
  assert.match(await refused('protocol = 6.5'), /6\.5: is not a known protocol/);
  assert.match(await refused('dscp = 1.5'), /1\.5: is not a code point/);
});

test('a domain is one that dnsmasq takes', async () => {
  await sayings([
    [
      'to-domains = "*.gov.br"',
      'to-domains = "*.gov.br": has a "*" or a dot too many: ' +
        'a domain includes all that is below it; write "gov.br"',
    ],
    [
      'to-domains = ".gov.br"',
      'to-domains = ".gov.br": has a "*" or a dot too many: ' +
        'a domain includes all that is below it; write "gov.br"',
    ],
    [
      'to-domains = "münchen.de"',
      'to-domains = "münchen.de": has letters other than a-z; ' + 'write it in punycode, "xn--mnchen-3ya.de"',
    ],
    ['to-domains = "gov_br/x"', 'to-domains = "gov_br/x": is not a domain; write for example "gov.br"'],
    ['to-domains = "-a.br"', 'to-domains = "-a.br": is not a domain; write for example "gov.br"'],
    ['to-domains = "."', 'to-domains = ".": is not a domain; write for example "gov.br"'],
    ['to-domains = ""', 'to-domains = "": is not a domain; write for example "gov.br"'],
  ]);
  assert.match(await refused(`to-domains = "${'a'.repeat(64)}.br"`), /is not a domain/);
  assert.match(await refused(`to-domains = "${'abc.'.repeat(63)}br"`), /is not a domain/);
  await parseConfig(`${POLICY}to-domains = ["br", "xn--mnchen-3ya.de", "a-1.example"]\n`);
});

test('a set that is not there is named with the one that was meant', async () => {
  assert.equal(
    await refused('from = "@lann"\n[sets]\nlan = "10.0.0.0/8"'),
    '12: policy "mail": from = "@lann": is not one of [sets]; did you mean "@lan"?',
  );
  assert.equal(
    await refused('from = "@lan"'),
    '12: policy "mail": from = "@lan": is not one of [sets]; add a line lan = […] below [sets]',
  );
});

test('sets contain prefixes, and what is wrong with one is said once', async () => {
  const sets = (lines: string) => refused(`from = "@lan"\n[sets]\n${lines}`);
  const example = 'write for example lan = ["192.168.1.10", "10.0.0.0/8"]';
  assert.equal(await sets('lan = 10'), `14: [sets]: lan = 10: must be a list of IPv4 prefixes; ${example}`);
  assert.match(
    await refused('[sets]\nweight = 2'),
    /^13: \[sets\]: weight = 2: belongs to an uplink and stands inside/,
  );
  assert.equal(await sets('lan = []'), `14: [sets]: lan = []: is an empty list; ${example}`);
  assert.match(
    await sets('lan = ["10.0.0.1/8"]'),
    /^14: \[sets\]: lan = "10\.0\.0\.1\/8": is an address inside/,
  );
  assert.match(
    await sets('lan = "10.0.0.1"\nb = "@lan"'),
    /^15: \[sets\]: b = "@lan": is not an IPv4 address/,
  );
  assert.match(
    await sets('lan = ["10.0.0.0/8", "10.0.0.1"]'),
    /^14: \[sets\]: lan = "10\.0\.0\.1": lies inside "10\.0\.0\.0\/8"; remove one/,
  );
  assert.equal(
    await sets('lan = "10.0.0.1"\nLAN = "10.0.0.2"'),
    `15: [sets]: LAN: a set's name must be 1 to 31 of a-z, 0-9, "_" and "-", the first a letter; ${example}`,
  );
});

test('use names uplinks, each once, or a word alone', async () => {
  const use = (written: string) => only(POLICY.replace('use = "dsl1"', `use = ${written}`));
  const said = (text: string) => `11: policy "mail": ${text}`;
  const cases = [
    ['"dls1"', 'use = "dls1": is not the name of an uplink; did you mean "dsl1"?'],
    [
      '["dsl1", ["xyzzyx"]]',
      'use = "xyzzyx": is not the name of an uplink; ' + 'known here: dsl1, dsl2, main, balance',
    ],
    ['"ppp1"', 'use = "ppp1": is the device of uplink "dsl2"; write "dsl2"'],
    ['["dsl1", "dsl1"]', 'use = "dsl1": is named twice; name each uplink once'],
    ['[["dsl1", "dsl2"], "dsl2"]', 'use = "dsl2": is named twice; name each uplink once'],
    ['["dsl1", "main"]', 'use = "main": stands alone; write use = "main", or uplinks only'],
    ['[]', 'use = []: is an empty list; write for example use = "dsl1"'],
    ['["dsl1", []]', 'use = []: is an empty list; remove it'],
    [
      '1',
      'use = 1: must be an uplink\'s name, "main", "balance", or a list of names and lists of names; ' +
        'write for example use = "dsl1"',
    ],
  ] as const;
  for (const [written, text] of cases) assert.equal(await use(written), said(text));
  assert.match(
    await use('[\n  "dsl1",\n  [\n    "dsl2",\n    "dls3",\n  ],\n]'),
    /^15: policy "mail": use = "dls3"/,
  );
});

test('an uplink that has a problem of its own makes none in the policies that name it', async () => {
  assert.match(await only(POLICY.replace('id = 1\n', 'id = 99\n')), /^2: .*id = 99/);
});

test('names of policies are not used twice', async () => {
  assert.equal(
    await refused('from = "10.0.0.1"\n[[policy]]\nname = "mail"\nuse = "dsl2"'),
    '14: policy "mail": name = "mail": is already the name of another policy; give each its own name',
  );
});

test('ports need a protocol that has them', async () => {
  await sayings([
    [
      'to-ports = 25',
      'to-ports = 25: needs a protocol that has ports; ' +
        'add protocol = "tcp", or ["tcp", "udp"], sctp, dccp, udplite',
    ],
    [
      'from-ports = [25, 26]\nprotocol = ["tcp", "icmp"]',
      'from-ports = [25, 26]: protocol = ["tcp", "icmp"] ' +
        'is not only protocols that have ports (number 1 has none); ' +
        'keep tcp, udp, sctp, dccp and udplite only, or leave the ports out',
    ],
  ]);
  await parseConfig(`${POLICY}to-ports = 25\nprotocol = ["tcp", "udp", "sctp", "dccp", "udplite"]\n`);
});

test('conditions and answers that cannot be are refused', async () => {
  await sayings([
    [
      'user = 0\nin-device = "eth2"',
      'user = 0: can never match together with in-device: ' +
        'what a user of the router sends came in by no device; leave one of the two out',
    ],
    [
      'in-device = ["eth2", "ppp1"]',
      'in-device = ["eth2", "ppp1"]: ' +
        'what comes in by ppp1 is answered by uplink "dsl2", whatever policies say; name the devices of the LAN only',
    ],
  ]);
  for (const word of ['main', 'balance'])
    assert.equal(
      await only(POLICY.replace('use = "dsl1"', `else = "reject"\nuse = "${word}"`)),
      `11: policy "mail": else = "reject": means nothing with use = "${word}", ` +
        'which names no uplink that could fail; leave else out, or name uplinks in use',
    );
});

test('a policy for destinations that stay in main is refused, unless main is what it asks for', async () => {
  await sayings([
    [
      'to = ["224.0.0.0/24", "169.254.1.1"]',
      'to = ["224.0.0.0/24", "169.254.1.1"]: can never leave by an uplink: main-destinations keeps all of it in ' +
        'table main; take it out of main-destinations, or remove the policy',
    ],
  ]);
  await parseConfig(`${POLICY}to = ["224.0.0.0/24", "198.51.100.1"]\n`);
  await parseConfig(`${POLICY}to = "224.0.0.0/24"\nto-domains = "gov.br"\n`);
  await parseConfig(`${POLICY.replace('use = "dsl1"', 'use = "main"')}to = "224.0.0.0/24"\n`);
  await parseConfig(`[settings]\nmain-destinations = []\n${POLICY}to = "224.0.0.0/24"\n`);
});
