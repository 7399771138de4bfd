/** Devices and addresses as Linux keeps them, with what each change does to the routes (net/ipv4/fib_frontend.c). */
import type { Address, Link } from '../../src/model.ts';
import { connect, disconnect, syncDown, syncUp } from './fake-routes.ts';
import type { FakeState } from './fake-state.ts';

/** What a new device is like; it starts down, without an address. */
export interface NewLink {
  readonly device: string;
  readonly noArp?: boolean;
  /** What rp_filter starts with, as net.ipv4.conf.default says. */
  readonly rpFilter?: number;
}

/** `ip link add`; a device of that name must not be there. */
export const createLink = (state: FakeState, { device, noArp = false, rpFilter = 0 }: NewLink): void => {
  if (state.links.has(device)) return;
  state.lastIndex += 1;
  const shape = { index: state.lastIndex, device, noArp, mtu: 1500, addresses: [] };
  state.links.set(device, { ...shape, up: false, carrier: true });
  for (const [key, value] of [['ignore_routes_with_linkdown', 0] as const, ['rp_filter', rpFilter] as const])
    state.sysctls.set(`${device} ${key}`, { device, key, value });
};

/** `ip link delete`, or the end of a pppd. */
export const destroyLink = (state: FakeState, device: string): void => {
  const link = state.links.get(device);
  if (link === undefined) return;
  for (const address of link.addresses) disconnect(state, link, address);
  syncDown(state, device, 'destroyed');
  state.links.delete(device);
  state.qdiscs = state.qdiscs.filter((qdisc) => qdisc.device !== device);
  for (const key of ['ignore_routes_with_linkdown', 'rp_filter']) state.sysctls.delete(`${device} ${key}`);
};

/** `ip link set up`: connected routes come back and dead members revive; nothing else does. */
export const setUp = (state: FakeState, device: string): void => {
  const link = change(state, device, (found) => (found.up ? undefined : { ...found, up: true }));
  if (link === undefined) return;
  for (const address of link.addresses) connect(state, link, address);
  syncUp(state, device);
};

/** `ip link set down`: the addresses stay, the routes go. */
export const setDown = (state: FakeState, device: string): void => {
  const link = change(state, device, (found) => (found.up ? { ...found, up: false } : undefined));
  if (link !== undefined) syncDown(state, device, 'down');
};

/** A cable is pulled or put in: no route goes, and what is dead by carrier alone is not marked so. */
export const setCarrier = (state: FakeState, device: string, carrier: boolean): void => {
  change(state, device, (found) => ({ ...found, carrier }));
};

/** `ip address add`; dead members of the device revive. */
export const addAddress = (state: FakeState, device: string, address: Address): void => {
  const link = change(state, device, (found) =>
    found.addresses.some((other) => sameAddress(other, address))
      ? undefined
      : { ...found, addresses: [...found.addresses, address] },
  );
  if (link?.up !== true) return;
  connect(state, link, address);
  syncUp(state, device);
};

/** `ip address delete`; the last one takes all the device's routes with it. */
export const deleteAddress = (state: FakeState, device: string, address: Address): void => {
  const link = change(state, device, (found) => {
    const rest = found.addresses.filter((other) => !sameAddress(other, address));
    return rest.length === found.addresses.length ? undefined : { ...found, addresses: rest };
  });
  if (link === undefined) return;
  disconnect(state, link, address);
  if (link.addresses.length === 0) syncDown(state, device, 'down');
};

/** Undefined from `next` or no such device: nothing changes, nothing follows. */
const change = (
  state: FakeState,
  device: string,
  next: (link: Link) => Link | undefined,
): Link | undefined => {
  const link = state.links.get(device);
  const changed = link && next(link);
  if (changed !== undefined) state.links.set(device, changed);
  return changed;
};

const sameAddress = (a: Address, b: Address): boolean =>
  a.address === b.address && a.peer === b.peer && a.prefixLength === b.prefixLength;
