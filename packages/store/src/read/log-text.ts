/** What a text asks of a log record's body, in any letter case; the same in SQL and for records as they arrive. */
import type { Conditions } from "./conditions.ts";

const TERM = /"([^"]+)"|(\S+)/g;
/** A word as the index knows it. Letters beyond ASCII are left to the text itself, since the index has one case of them. */
const PLAIN_WORD = /^[A-Za-z0-9]+$/;
/** A word between ASCII signs. */
const WHOLE_WORD = /(?<=[ -/:-@[-`{-~])[A-Za-z0-9]+(?=[ -/:-@[-`{-~])/g;
const IN_WORDS = "[0-9A-Za-z\\u{80}-\\u{10ffff}]";

interface Term {
  /** A word stands by itself; a part anywhere. */
  readonly isWord: boolean;
  readonly text: string;
}

/** Adds what `text` asks: `word`, `*part of a word*`, `"some words just so"`. All must hold. */
export function addBodyText(conditions: Conditions, text: string): void {
  for (const term of termsOf(text)) {
    if (term.isWord) conditions.add("hasToken(lower(Body), {:String})", term.text.toLowerCase());
    else addPart(conditions, term.text);
  }
}

/** The same for bodies at hand. */
export function bodyTest(text: string): (body: string) => boolean {
  const tests = termsOf(text).map(({ isWord, text: wanted }) => {
    const lower = wanted.toLowerCase();
    if (!isWord) return (body: string) => body.toLowerCase().includes(lower);
    const word = new RegExp(`(?<!${IN_WORDS})${wanted}(?!${IN_WORDS})`, "iu");
    return (body: string) => word.test(body);
  });
  return (body) => tests.every((test) => test(body));
}

/** Whether the index tells where bodies are that may say it. */
export function isLookedUp(text: string): boolean {
  return termsOf(text).some((term) => term.isWord || term.text.search(WHOLE_WORD) >= 0);
}

/** Of `100%` or `user_id` the signs are looked for as well, so it is a part. */
function termsOf(text: string): Term[] {
  return [...text.matchAll(TERM)].flatMap(([, quoted, term = ""]) => {
    if (quoted !== undefined) return [{ isWord: false, text: quoted }];
    if (!term.includes("*")) return [{ isWord: PLAIN_WORD.test(term), text: term }];
    return term.split("*").flatMap((part) => (part === "" ? [] : [{ isWord: false, text: part }]));
  });
}

/** Only words between others are whole for certain, and so can be looked up: the first and the last may be cut off. */
function addPart(conditions: Conditions, part: string): void {
  for (const [word] of part.matchAll(WHOLE_WORD))
    conditions.add("hasToken(lower(Body), {:String})", word.toLowerCase());
  conditions.add("positionCaseInsensitiveUTF8(Body, {:String}) > 0", part);
}
