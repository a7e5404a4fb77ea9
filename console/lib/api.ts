// Calls of the documented API, and nothing else. A refusal that more proof would change asks the person for it and calls again.
import type { Api } from '../api';
import { origin, tenant } from './place';
import { type Proof, forget, signIn, token } from './session';

export type Operation = keyof Api;
export interface Input<K extends Operation> {
  path?: Record<string, string>;
  query?: { [N in keyof Api[K]['query']]?: string | number | undefined };
  body?: Api[K]['body'];
}

/** What the API refuses, in its words; status 0 where it cannot be reached. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: Record<string, string> = {},
    readonly retryAfter?: number,
  ) {
    super(detail);
  }
}

/** Asks the person to confirm who they are; set by the window that can show a question. */
let askToConfirm: (proof: Proof) => Promise<void> = async () => {};
export const onConfirm = (ask: typeof askToConfirm) => {
  askToConfirm = ask;
};

export function urlOf<K extends Operation>(operation: K, { path = {}, query = {} }: Input<K>): { method: string; url: string } {
  const [method = 'GET', template = '/'] = operation.split(' ');
  const url = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(name === 'tenant' ? tenant : (path[name] ?? '')));
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return { method, url: text ? `${url}?${text}` : url };
}

export async function call<K extends Operation>(operation: K, input: Input<K> = {}): Promise<Api[K]['answer']> {
  for (let tries = 0; ; tries++) {
    const { method, url } = urlOf(operation, input);
    const access = await token().catch((error) => {
      throw error instanceof TypeError ? new Refused(0, 'OFFLINE', '') : error;
    });
    const answer = access ? await send(method, url, access, input.body) : undefined;
    if (answer?.ok) return (answer.status === 204 ? undefined : await answer.json()) as Api[K]['answer'];
    const refused = answer ? await read(answer) : new Refused(401, 'UNAUTHORIZED', '');
    const proof = refused.status === 401 && tries < 2 ? proofFor(refused, answer) : undefined;
    if (!proof) throw refused;
    // What was only looked at begins again; what was typed stays where it is.
    if (proof === 'session') forget();
    if (proof === 'session' && method === 'GET') await signIn();
    await askToConfirm(proof === 'session' ? {} : proof);
  }
}

async function send(method: string, url: string, access: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${access}`, 'X-Tenant-Id': tenant };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store' });
  } catch {
    throw new Refused(0, 'OFFLINE', '');
  }
}

async function read(answer: Response): Promise<Refused> {
  const problem = await answer.json().catch(() => ({}));
  const fields = Object.fromEntries((problem.errors ?? []).map((one: { field: string; detail: string }) => [one.field, one.detail]));
  const after = Number(answer.headers.get('retry-after'));
  return new Refused(answer.status, problem.code ?? '', problem.detail ?? problem.error ?? '', fields, after || undefined);
}

function proofFor(refused: Refused, answer: Response | undefined): Proof | 'session' {
  if (refused.code === 'REAUTHENTICATION_REQUIRED') {
    const said = /max_age="(\d+)"/.exec(answer?.headers.get('www-authenticate') ?? '')?.[1];
    return { maxAge: said ? Number(said) : 60 };
  }
  return refused.code === 'MFA_REQUIRED' ? { secondFactor: true } : 'session';
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same call for a terminal. What is secret in it is left out. */
export function curlOf<K extends Operation>(operation: K, input: Input<K>): string {
  const { method, url } = urlOf(operation, input);
  const hidden = (name: string, value: unknown) => (/password|secret/i.test(name) && typeof value === 'string' ? '…' : value);
  const lines = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} ${quote(origin + url)}`,
    `-H "Authorization: Bearer $ACCESS_TOKEN"`,
    ...(input.body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(input.body, hidden))}`]),
  ];
  return lines.join(' \\\n  ');
}
