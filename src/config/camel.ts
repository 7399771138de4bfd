/** Keys are kebab-case in the file and camelCase in the program. */

type Camel<K extends string> = K extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : K;
/** The keys of the file as the program calls them. */
export type CamelKeys<T> = { readonly [K in keyof T as Camel<K & string>]: T[K] };

/** The same object with camelCase keys. Values stay as they are: no value of the schema is a table. */
export const camelKeys = <T extends object>(toml: T): CamelKeys<T> =>
  Object.fromEntries(
    Object.entries(toml).map(([key, value]) => [
      key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  ) as CamelKeys<T>;
