import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTarget, readTargets } from '../../../src/config/targets.ts';

test('what stands alone is pinged: an address, a name, the gateway', () => {
  const ping = (text: string, host = text) => ({ text, kind: 'ping', host });
  assert.deepEqual(parseTarget('192.0.2.1'), ping('192.0.2.1'));
  assert.deepEqual(parseTarget('Example.org'), ping('Example.org', 'example.org'));
  assert.deepEqual(parseTarget('gateway'), ping('gateway'));
  assert.deepEqual(parseTarget('ping:example.org'), ping('ping:example.org', 'example.org'));
});

test('tcp has a port, and dns a name and a port that may be left out', () => {
  assert.deepEqual(parseTarget('tcp:example.org:65535'), {
    text: 'tcp:example.org:65535',
    kind: 'tcp',
    host: 'example.org',
    port: 65535,
  });
  assert.deepEqual(parseTarget('tcp:gateway:53'), {
    text: 'tcp:gateway:53',
    kind: 'tcp',
    host: 'gateway',
    port: 53,
  });
  const dns = { kind: 'dns', host: '192.0.2.53', question: 'example.org' };
  assert.deepEqual(parseTarget('dns:192.0.2.53/Example.org'), {
    text: 'dns:192.0.2.53/Example.org',
    port: 53,
    ...dns,
  });
  assert.deepEqual(parseTarget('dns:192.0.2.53:5353/example.org'), {
    text: 'dns:192.0.2.53:5353/example.org',
    port: 5353,
    ...dns,
  });
  assert.deepEqual(parseTarget('dns:gateway/org'), {
    text: 'dns:gateway/org',
    kind: 'dns',
    host: 'gateway',
    port: 53,
    question: 'org',
  });
});

test('a web address has the port of its scheme, and behind a space the only status that counts', () => {
  assert.deepEqual(parseTarget('http://example.org'), {
    text: 'http://example.org',
    kind: 'http',
    host: 'example.org',
    port: 80,
    url: 'http://example.org/',
  });
  assert.deepEqual(parseTarget('https://Example.org/a?b=c 204'), {
    text: 'https://Example.org/a?b=c 204',
    kind: 'http',
    host: 'example.org',
    port: 443,
    url: 'https://example.org/a?b=c',
    status: 204,
  });
  assert.deepEqual(parseTarget('http://192.0.2.1:8080/'), {
    text: 'http://192.0.2.1:8080/',
    kind: 'http',
    host: '192.0.2.1',
    port: 8080,
    url: 'http://192.0.2.1:8080/',
  });
});

const reasonOf = (text: string): string => {
  const target = parseTarget(text);
  return 'reason' in target ? `${target.reason}; ${target.remedy}` : assert.fail(`${text} was accepted`);
};

test('IPv6 is refused as such, in every place', () => {
  const texts = [
    '::1',
    '2001:db8::1',
    'fe80::1%eth0',
    'dead:beef::1',
    'tcp:[2001:db8::1]:80',
    'tcp:2001:db8::1:80',
    'dns:[2001:db8::53]/example.org',
    'dns:2001:db8::53/example.org',
    'http://[2001:db8::1]/',
  ];
  for (const text of texts) assert.match(reasonOf(text), /^is IPv6, and only IPv4 is supported yet; /, text);
});

test('a host that is none is refused, and a gateway misspelled is recognized', () => {
  for (const text of ['', 'localhost', 'tcp::80', 'dns:/example.org', 'ping:'])
    assert.match(reasonOf(text), /^has no host: an IPv4 address, a name with a dot, or gateway; write/, text);
  assert.match(reasonOf('gatway'), /; did you mean "gateway"\?$/);
  for (const text of ['192.0.2', '192.0.2.256', 'tcp:192.0.2.01:80', 'example.1'])
    assert.match(reasonOf(text), /^has no valid IPv4 address; /, text);
  for (const text of ['a..b', '-a.b', '*.example.org', '10.0.0.0/8', 'a_b.example', `${'a'.repeat(64)}.org`])
    assert.match(reasonOf(text), /^has no valid name; /, text);
  for (const text of ['0.0.0.0', '127.0.0.1', '224.0.0.1', 'http://255.255.255.255/'])
    assert.match(reasonOf(text), /^is not an address that a line leads to; /, text);
  assert.equal(
    reasonOf('bücher.example'),
    'has letters other than a-z; write it in punycode, "xn--bcher-kva.example"',
  );
});

test('a port is needed by tcp, unknown to ping, and 1 to 65535', () => {
  assert.equal(reasonOf('tcp:192.0.2.1'), 'names no port; write for example "tcp:192.0.2.1:443"');
  assert.equal(reasonOf('example.org:80'), 'has a port, and a ping goes to none; write "tcp:example.org:80"');
  const texts = [
    'tcp:a.org:0',
    'tcp:a.org:65536',
    'tcp:a.org:',
    'tcp:a.org:http',
    'dns:a.org:0/b',
    'dns:a.org:/b',
  ];
  for (const text of [...texts, 'http://a.org:0/'])
    assert.match(reasonOf(text), /^has no valid port, 1\.\.65535; /, text);
});

test('dns needs a name to ask for', () => {
  for (const text of ['dns:192.0.2.53', 'dns:192.0.2.53/'])
    assert.match(
      reasonOf(text),
      /^asks for no name; write for example "dns:192\.0\.2\.53\/example\.org"$/,
      text,
    );
  assert.match(reasonOf('dns:192.0.2.53/a/b'), /^has no valid name; write for example "dns:/);
});

test('a web address must be one, of a host that can be asked, without a password', () => {
  for (const text of ['http:', 'http:example.org', 'https://', 'http://exa mple.org/', 'http://a.org:x/'])
    assert.match(reasonOf(text), /^is not a web address; |^must end with the address/, text);
  for (const text of [
    'https://a.org/ 99',
    'https://a.org/ 600',
    'https://a.org/ ok',
    'https://a.org/ 200 204',
  ])
    assert.match(reasonOf(text), /^must end with the address, or with a space and a status; /, text);
  assert.match(reasonOf('https://me:secret@a.org/'), /^has a user or a password, .*; leave it out$/);
  for (const text of ['https://me@a.org/', 'https://:secret@a.org/'])
    assert.match(reasonOf(text), /^has a user or a password/, text);
  assert.match(reasonOf('http://gateway/'), /^the gateway .*; write "tcp:gateway:80"$/);
  assert.equal(
    reasonOf('http://192.2/'),
    'is 192.0.0.2 to the web; write "http://192.0.0.2/" if that is meant',
  );
});

test('another kind and control characters are refused', () => {
  assert.match(reasonOf('icmp:192.0.2.1'), /^"icmp" is no way to ask a target; write "gateway", /);
  assert.match(reasonOf('constructor:192.0.2.1'), /^"constructor" is no way to ask a target/);
  for (const text of ['192.0.2.1\n', 'http://a.org/\u001b[2J', 'http://a.org/\t'])
    assert.match(reasonOf(text), /^has a control character; /, text);
});

test('targets keep their order, and one that means the same as an earlier one is named', () => {
  const { values, findings } = readTargets([
    'gateway',
    '192.0.2.1',
    'ping:gateway',
    'tcp:gateway:80',
    'nowhere',
  ]);
  assert.deepEqual(
    values.map(({ text }) => text),
    ['gateway', '192.0.2.1', 'ping:gateway', 'tcp:gateway:80'],
  );
  assert.deepEqual(
    findings.map(({ index, reason }) => [index, reason.split(':')[0]]),
    [
      [2, 'is the same as "gateway"'],
      [4, 'has no host'],
    ],
  );
});
