interface EntryJson {
  readonly counter?: { readonly name?: string; readonly packets?: number };
}

/**
 * Reads the list in `nft -j list counters` (libnftables-json(5)): packets by the name of the counter. Ours count the
 * first packets of connections only.
 */
export const parseCounters = (json: readonly unknown[]): Map<string, number> =>
  new Map(
    (json as readonly EntryJson[]).flatMap(({ counter: { name, packets } = {} }) =>
      name === undefined || packets === undefined ? [] : [[name, packets]],
    ),
  );
