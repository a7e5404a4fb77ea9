// The pages of the mock providers. Each says what it is.
import { FAULTS } from './faults.mjs';

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const page = (name, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>Mock ${escape(name)}</title>
<style>body{font:1rem/1.5 system-ui;max-width:36rem;margin:2rem auto;padding:0 1rem}.mock{background:#fff3cd;border:2px solid #8a6d00;padding:.5rem 1rem}
button{display:block;width:100%;margin:.4rem 0;padding:.6rem;text-align:left;font:inherit}</style>
<p class="mock" role="note"><strong>This is a mock of ${escape(name)}</strong>, for trying things out on this machine. It is not ${escape(name)}: it knows no real account and asks for no password.</p>
${body}</html>`;

/** The page on which one picks who signs in, and what goes wrong. */
export function picker(name, clientId, people, query) {
  const kept = [...query].filter(([key]) => key !== 'person' && key !== 'fault');
  const hidden = kept.map(([key, value]) => `<input type="hidden" name="${escape(key)}" value="${escape(value)}">`).join('');
  const buttons = people.map(([key, label]) => `<button name="person" value="${escape(key)}">${escape(label)}</button>`).join('\n');
  const options = Object.keys(FAULTS).map((fault) => `<option>${escape(fault)}</option>`).join('');
  const scopes = (query.get('scope') ?? '').split(/[ ,]+/).filter(Boolean).map((scope) => `<code>${escape(scope)}</code>`).join(' ');
  return page(name, `<h1>Who signs in to ${escape(clientId)}?</h1>
${scopes && `<p>It asks for ${scopes}.</p>`}
<form>${hidden}${buttons}
<label>What goes wrong there: <select name="fault"><option value="">nothing</option>${options}</select></label></form>`);
}

export const refusal = (name, why) => page(name, `<h1>Refused</h1><p>${escape(why)}</p>`);

export const signedOut = (name, next) =>
  page(name, `<h1>Signed out of the mock of ${escape(name)}</h1>${next ? `<p><a href="${escape(next)}">Go on</a></p>` : ''}`);

export const index = (names) =>
  page('identity providers', `<h1>Mock identity providers</h1><ul>${names.map((name) => `<li>${escape(name)}</li>`).join('')}</ul>`);
