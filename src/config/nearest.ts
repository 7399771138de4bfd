import { closestMatch } from 'leven';

/** The known word that was probably meant: at least half of the letters are right. */
export const nearest = (word: string, known: readonly string[]): string | undefined =>
  closestMatch(word.toLowerCase(), known, { maxDistance: Math.floor(word.length / 2) });
