// D1 migrations for the local database, recorded in `d1_migrations` as wrangler records them.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Stop } from './log.mjs';

const RECORD = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Applies every migration in `folder` that `db` has not had, in order, each one whole or not at all. */
export async function migrate(db, folder) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sql')).sort() : [];
  await db.prepare(RECORD).run();
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all();
  const applied = new Set(results.map((row) => row.name));
  for (const name of names.filter((name) => !applied.has(name))) {
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
    try {
      await db.batch([db.prepare(readFileSync(join(folder, name), 'utf8')), record]);
    } catch (error) {
      throw new Stop(`migration ${name}: ${error.message}`);
    }
  }
}
