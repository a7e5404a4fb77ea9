// What the console says, in each language; one that lacks a sentence does not compile.
import { DE } from './words.de';
import { EN } from './words.en';

export type Words = { [K in keyof typeof EN]: string };

export const lang = document.documentElement.lang === 'de' ? 'de' : 'en';
export const w: Words = lang === 'de' ? DE : EN;

/** A sentence with what is to stand at its `{names}`. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60]];

/** How long ago or until an instant is, as people say it. */
export function relative(text: string): string {
  const seconds = (Date.parse(text) - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
  return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

export const exact = (text: string) => new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text));

/** A number of seconds, as people say it. */
export function duration(seconds: number): string {
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(seconds / size));
}
