// A person's browser without a screen: keeps cookies, follows redirects, fills in and sends the forms of pages.

import assert from 'node:assert/strict';
import { send } from '../live/http.mjs';

const NAVIGATION = ['Accept', 'text/html,application/xhtml+xml', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document'];

export class Browser {
  /** Cookies by host name: a browser does not tell ports apart. */
  #jar = new Map();
  /** Every address that it asked for, in order. */
  visited = [];

  /** The page that an address leads to in the end: `{ url, status, text, headers, json }`. */
  async open(url, { method = 'GET', form, from } = {}) {
    let next = { url: new URL(url), method, form };
    for (let hops = 0; hops < 20; hops += 1) {
      const { url: at } = next;
      this.visited.push(at.href);
      const cookies = [...(this.#jar.get(at.hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
      const site = from && from.origin !== at.origin ? 'cross-site' : 'same-origin';
      const headers = [...NAVIGATION, 'Sec-Fetch-Site', from ? site : 'none', ...(cookies ? ['Cookie', cookies] : [])];
      if (next.method === 'POST') headers.push('Origin', from?.origin ?? 'null');
      const answer = await send(at, at.pathname + at.search, { method: next.method, form: next.form, headers });
      this.#keep(at, answer.headers['set-cookie'] ?? []);
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status);
      const location = isRedirect ? answer.headers.location : refreshOf(answer.text);
      if (!location) return { url: at, ...answer };
      const again = [307, 308].includes(answer.status) ? next : { method: 'GET' };
      next = { method: again.method, form: again.form, url: new URL(location, at) };
    }
    return assert.fail(`too many redirects: ${this.visited.slice(-20).join('\n')}`);
  }

  #keep(url, lines) {
    const jar = this.#jar.get(url.hostname) ?? new Map();
    this.#jar.set(url.hostname, jar);
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';');
      const [, name, value] = /^([^=]*)=(.*)$/.exec(pair.trim());
      const gone = attributes.some((one) => /^\s*max-age=(0|-\d+)\s*$/i.test(one) || /^\s*expires=.*\b19[67]\d\b/i.test(one));
      if (gone) jar.delete(name);
      else jar.set(name, value);
    }
  }

  /** Sends the form of a page that has a field or button called `field`, or its first, with `values` typed into it. */
  async submit(page, values = {}, field) {
    const form = formsOf(page.text).find((one) => !field || one.fields.has(field) || one.buttons.some(({ name }) => name === field));
    assert.ok(form, `no form at ${page.url}: ${page.status} ${page.text}`);
    const button = form.buttons.find(({ name, value }) => name && name in values && values[name] === value) ?? form.buttons[0];
    const pressed = button?.name ? [[button.name, button.value]] : [];
    const typed = [...form.fields].map(([name, value]) => [name, values[name] ?? value]);
    const url = new URL(form.action || page.url, page.url);
    const sent = Object.fromEntries([...typed, ...pressed]);
    if (form.method !== 'post') {
      url.search = new URLSearchParams(sent);
      return this.open(url, { from: page.url });
    }
    return this.open(url, { method: 'POST', form: sent, from: page.url });
  }

  /**
   * Goes to an application's address and on, as a person who wants to sign in would: presses its button, signs in at
   * the gateway, allows what is asked for. Answers the page that has no form any more.
   */
  async signIn(url, person) {
    let page = await this.open(url);
    for (let steps = 0; steps < 8; steps += 1) {
      const forms = formsOf(page.text);
      if (page.status >= 400 || forms.length === 0) return page;
      if (forms.some(({ fields }) => fields.has('password'))) {
        page = await this.submit(page, { email: person.email, password: person.password }, 'password');
      } else if (forms.some(({ buttons }) => buttons.some(({ name }) => name === 'decision'))) {
        page = await this.submit(page, { decision: 'allow' }, 'decision');
      } else page = await this.submit(page);
    }
    return page;
  }
}

const UNESCAPED = { amp: '&', lt: '<', gt: '>', quot: '"' };
const unescape = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot));/gi, (_, hex, decimal, name) =>
    name ? UNESCAPED[name] : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)));

function attributesOf(tag) {
  const found = [...tag.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)].slice(1);
  return Object.fromEntries(found.map(([, name, double, single, bare]) => [name.toLowerCase(), unescape(double ?? single ?? bare ?? '')]));
}

/** Where a page says that the browser goes at once. */
function refreshOf(html) {
  const tag = /<meta\b[^>]*http-equiv="refresh"[^>]*>/i.exec(html)?.[0];
  return tag && /^0;\s*url=(.*)$/i.exec(attributesOf(tag).content)?.[1];
}

/** The forms of a page: where they go, their fields with what is in them, their buttons. */
export function formsOf(html) {
  return [...html.matchAll(/(<form\b[^>]*>)([^]*?)<\/form>/gi)].map(([, tag, inner]) => {
    const { action = '', method = 'get' } = attributesOf(tag);
    const inputs = [...inner.matchAll(/<input\b[^>]*>/gi)].map(([one]) => attributesOf(one));
    const isButton = ({ type }) => ['submit', 'button', 'image'].includes(type);
    const named = [...inner.matchAll(/<button\b[^>]*>/gi)].map(([one]) => attributesOf(one));
    return {
      action,
      method: method.toLowerCase(),
      fields: new Map(inputs.filter((one) => one.name && !isButton(one)).map(({ name, value = '' }) => [name, value])),
      buttons: [...named, ...inputs.filter(isButton)].filter(({ formaction }) => !formaction),
    };
  });
}
