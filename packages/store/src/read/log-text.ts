import type { Conditions } from "./conditions.ts";

const TERM = /"([^"]+)"|(\S+)/g;
/** A word as the index knows it. Letters beyond ASCII are left to the text itself, since the index has one case of them. */
const PLAIN_WORD = /^[A-Za-z0-9]+$/;
/** A word between ASCII signs. */
const WHOLE_WORD = /(?<=[ -/:-@[-`{-~])[A-Za-z0-9]+(?=[ -/:-@[-`{-~])/g;

/**
 * Adds what a text asks of a record's body, in any letter case: `word` stands there as a word, `*part*` as a part of
 * one, and `"some words"` stands there just so. All must hold.
 */
export function addBodyText(conditions: Conditions, text: string): void {
  for (const [, quoted, term = ""] of text.matchAll(TERM)) {
    if (quoted !== undefined) addPart(conditions, quoted);
    else if (term.includes("*")) for (const part of term.split("*")) addPart(conditions, part);
    else addWord(conditions, term);
  }
}

/** A plain word is found by the index alone; of `100%` or `user_id` the signs are looked for as well. */
function addWord(conditions: Conditions, term: string): void {
  if (PLAIN_WORD.test(term)) conditions.add("hasToken(lower(Body), {:String})", term.toLowerCase());
  else addPart(conditions, term);
}

/** Only words between others are whole for certain, and so can be looked up: the first and the last may be cut off. */
function addPart(conditions: Conditions, part: string): void {
  for (const [word] of part.matchAll(WHOLE_WORD))
    conditions.add("hasToken(lower(Body), {:String})", word.toLowerCase());
  if (part !== "") conditions.add("positionCaseInsensitiveUTF8(Body, {:String}) > 0", part);
}
