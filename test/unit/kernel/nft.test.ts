import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEdited, parseNftTable } from '../../../src/kernel/nft.ts';
import { markerOf } from '../../../src/ruleset/marker.ts';

const RULESET = { build: '5aebc43f5f843c96', living: [1, 3] };
const MARKER = markerOf(RULESET);

/** Lines of `nft -j -t list table inet mlb_hooks` of nft 1.0.6. */
const LISTED =
  `{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}
{"table": {"family": "inet", "name": "mlb_hooks", "handle": 1}}
{"counter": {"family": "inet", "name": "out_1", "table": "mlb_hooks", "handle": 3, "packets": 7, "bytes": 9}}
{"ct helper": {"family": "inet", "name": "ftp", "table": "mlb_hooks", "handle": 4, "type": "ftp", "protocol": "tcp", "l3proto": "ip"}}
{"map": {"family": "inet", "name": "arrived", "table": "mlb_hooks", "type": "mark", "handle": 5, "map": "verdict"}}
{"set": {"family": "inet", "name": "domains_mail", "table": "mlb_hooks", "type": "ipv4_addr", "handle": 6}}
{"chain": {"family": "inet", "table": "mlb_hooks", "name": "prerouting", "handle": 1, "type": "filter", "hook": "prerouting", "prio": -150, "policy": "accept"}}
{"chain": {"family": "inet", "table": "mlb_hooks", "name": "fresh", "handle": 2}}
{"rule": {"family": "inet", "table": "mlb_hooks", "chain": "prerouting", "handle": 7, "expr": [{"counter": {"packets": 0, "bytes": 0}}]}}
{"rule": {"family": "inet", "table": "mlb_hooks", "chain": "prerouting", "handle": 8, "expr": [{"accept": null}]}}`
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const counter = (name: string) => ({ counter: { family: 'inet', name, table: 'mlb_hooks', packets: 0 } });

test('a listed table is its objects, with the number of rules of every chain', () => {
  assert.deepEqual(parseNftTable(LISTED), {
    objects: [
      { kind: 'chain', name: 'prerouting', rules: 2 },
      { kind: 'chain', name: 'fresh', rules: 0 },
      { kind: 'set', name: 'domains_mail' },
      { kind: 'map', name: 'arrived' },
      { kind: 'counter', name: 'out_1' },
      { kind: 'ct helper', name: 'ftp' },
    ],
  });
});

test('a counter with the name of a marker says what is loaded', () => {
  assert.deepEqual(parseNftTable([...LISTED, counter(MARKER)]).loaded, RULESET);
});

test('two markers prove nothing, nor does another object of that name', () => {
  const other = counter(markerOf({ build: 'aa', living: [] }));
  assert.equal(parseNftTable([counter(MARKER), other]).loaded, undefined);
  assert.equal(parseNftTable([{ set: { name: MARKER } }]).loaded, undefined);
});

test('a table is edited when a chain has more or fewer rules than it should, or should not be there', () => {
  const { objects = [] } = parseNftTable(LISTED);
  assert.equal(isEdited(objects, new Map([['prerouting', 2]])), false);
  assert.equal(isEdited(objects, new Map(Object.entries({ prerouting: 2, fresh: 0 }))), false);
  assert.equal(isEdited(objects, new Map([['prerouting', 1]])), true);
  assert.equal(isEdited(objects, new Map(Object.entries({ prerouting: 2, fresh: 1 }))), true);
  assert.equal(isEdited(objects, new Map(Object.entries({ prerouting: 2, output: 1 }))), true);
  assert.equal(isEdited(objects, new Map()), true);
});
