/**
 * An error that a person reads: what, why and what to do about it. Anything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(remedy === undefined ? message : `${message}; ${remedy}`);
    this.name = 'UserError';
    this.remedy = remedy;
  }
}

/**
 * Whether something thrown is a UserError. By its shape, not its class: parts of a hook are bundles of their own,
 * each with its own copy of the class.
 */
export const isUserError = (thrown: unknown): thrown is UserError =>
  thrown instanceof Error && 'remedy' in thrown;

/** Text of anything thrown: one line, but for a list of several problems. */
export const messageOf = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return (isUserError(thrown) ? text : text.replace(/\s+/g, ' ')).trim();
};
