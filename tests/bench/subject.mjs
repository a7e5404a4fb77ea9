// Portcullis as it is measured: a gateway with people, routes and credentials.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { Gateway, PASSWORD, SETUP_TOKEN, SYSTEM_SECRET } from '../live/harness.mjs';

/** A gateway with an administrator and one person, and `users` more people in its database. */
export async function startSubject(users = 0) {
  const dataDir = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const worker = await startWorker({ dataDir, vars: { SETUP_TOKEN, SYSTEM_SECRET } });
  const gateway = new Gateway(worker, dataDir);
  await gateway.setUp();
  const person = await gateway.person({ email: 'person@example.com' });
  const db = await worker.mf.getD1Database('DB');
  if (users) await multiply(db, person, users);
  return { gateway, person, db, url: worker.url, issuer: `${worker.vars.ORIGIN}/tenant/home`, host: new URL(worker.vars.ORIGIN).host };
}

/** Copies the person's row: person1@… to person{count}@…, all with the same password. */
async function multiply(db, person, count) {
  const { results } = await db.prepare("SELECT name FROM pragma_table_info('users')").all();
  const columns = results.map((row) => row.name);
  const copied = columns.map((name) => {
    if (name === 'id') return "u.id || '-' || n.i";
    if (name === 'email' || name === 'email_key') return `replace(u.${name}, 'person@', 'person' || n.i || '@')`;
    return `u.${name}`;
  });
  for (let from = 1; from <= count; from += 10_000) {
    const to = Math.min(count, from + 9_999);
    await db
      .prepare(`WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
        INSERT INTO users (${columns.join(', ')}) SELECT ${copied.join(', ')} FROM n, users u WHERE u.id = ?`)
      .bind(person.id)
      .run();
  }
}

/** Logs somebody in over the session API; `number` picks one of the copied people. */
export function login({ gateway }, number) {
  const email = number ? `person${number}@example.com` : 'person@example.com';
  return gateway.login({ email, password: PASSWORD });
}

/** Trades a refresh token for its successor. */
export async function refresh({ gateway }, token) {
  const answer = await gateway.send('/auth/refresh', { method: 'POST', json: { refresh_token: token } });
  if (answer.status !== 200) throw new Error(`refresh: ${answer.status} ${answer.text}`);
  return answer.json.refresh_token;
}
