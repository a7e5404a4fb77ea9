// What tests/clients needs: the packages of each client, from its own lockfile, and programs compiled, once; and what
// this machine lacks, in words.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { info, step, Stop } from './log.mjs';
import { npmPackages } from './npm.mjs';
import { at, tools } from './paths.mjs';
import { python } from './python.mjs';
import { code, probe, run } from './run.mjs';

/** A machine without what a client is written in. */
class Lacking extends Error {}

/** Programs of the documents that a client's folder tests, and that lie elsewhere. */
const ELSEWHERE = { 'go-jose': at('tests', 'origin', 'verify', 'go'), nimbus: at('tests', 'origin', 'verify', 'java') };

/** The kinds of clients, by the file that locks what they need: each answers the command that its program starts with. */
const KINDS = { 'package-lock.json': npm, 'requirements.txt': pip, 'go.sum': go, 'pom.xml': maven, 'app.rb': ruby };

/** Runs the tests of all clients, or of the files named, at one gateway: an exit code. */
export async function testClients(only, env) {
  const names = only.length ? [...new Set(only.map((file) => file.split(/[/\\]/)[2]))] : folders();
  const { commands, lacking } = await prepareClients(names);
  const { SETUP_TOKEN, startGateway } = await import('../../tests/live/harness.mjs');
  const { demo } = await import('./demo.mjs');
  const gateway = await startGateway({ vars: { RESOLVER_URL: RESOLVER }, miniflare: { outboundService: agentsSite } });
  process.env.DEMO_PORT ??= '0';
  const { stop } = await demo(gateway.url, SETUP_TOKEN);
  try {
    const own = { GATEWAY: gateway.url, ADMIN_TOKEN: gateway.adminToken, CLIENT_COMMANDS: JSON.stringify(commands) };
    const files = names.filter((name) => name in commands).map((name) => join('tests', 'clients', name, 'client.test.mjs'));
    // The slowest first.
    files.sort((a, b) => b.includes('spring') - a.includes('spring'));
    const test = ['--test', '--test-concurrency=2', '--test-timeout=300000', '--test-reporter=spec', ...files];
    return files.length ? await code(process.execPath, test, { env: { ...env, ...own } }) : 0;
  } finally {
    for (const [name, why] of Object.entries(lacking)) info(`not run: ${name}, as ${why}`);
    await stop();
    await gateway.stop();
  }
}

/** The address of the agents' Client ID Metadata Document, and of who says where its name leads. */
const AGENT = 'https://agent.example.com/client.json';
const RESOLVER = 'https://resolver.example.com/dns-query';

/**
 * What the gateway asks of others: the agents' document is at a public name, as the guard wants it, that exists for the
 * tests alone; everything else is asked as it is.
 */
async function agentsSite(request) {
  const { fetch, Response } = await import('miniflare');
  const url = new URL(request.url);
  const json = (value, type = 'application/json') => new Response(JSON.stringify(value), { headers: { 'content-type': type } });
  if (url.href === AGENT) {
    return json({
      client_id: AGENT, client_name: 'Notes agent', redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none',
    });
  }
  if (request.url.startsWith(RESOLVER)) {
    const known = url.searchParams.get('name') === new URL(AGENT).host && url.searchParams.get('type') === 'A';
    return json({ Status: 0, Answer: known ? [{ type: 1, data: '93.184.215.14' }] : [] }, 'application/dns-json');
  }
  return fetch(request, { redirect: 'manual' });
}

/**
 * Makes the clients of those folders ready, all that there are by default: `{ commands, lacking }`, the command of each
 * program and the reason of each that is not run.
 */
export async function prepareClients(names = folders()) {
  const commands = {};
  const lacking = {};
  const prepare = async (name) => {
    const folder = ELSEWHERE[name] ?? at('tests', 'clients', name);
    const file = Object.keys(KINDS).find((one) => existsSync(join(folder, one)));
    if (!file) throw new Stop(`tests/clients/${name} has none of ${Object.keys(KINDS).join(', ')}`);
    try {
      commands[name] = await KINDS[file](name, folder, join(folder, file));
    } catch (error) {
      if (!(error instanceof Lacking)) throw error;
      lacking[name] = error.message;
    }
  };
  // Half of the time is waiting for registries.
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) await prepare(name);
  };
  await Promise.all([work(), work(), work()]);
  return { commands, lacking };
}

export const folders = () =>
  readdirSync(at('tests', 'clients')).filter((name) => existsSync(at('tests', 'clients', name, 'client.test.mjs')));

/** Does `work` unless it was done for exactly these files. */
async function once(stamp, files, name, work) {
  const hash = createHash('sha256').update(stamp);
  for (const file of files) hash.update(readFileSync(file));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step(`${name} (once)`, work);
  writeFileSync(stamp, wanted);
}

async function npm(name, folder) {
  await npmPackages(name, folder);
  return [process.execPath];
}

async function pip(name, _, requirements) {
  return [await python(`venv-${name}`, requirements)];
}

async function go(name, folder) {
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  const has = probe('go', ['env', 'GOVERSION'], { env });
  if (!has.ok) throw new Lacking('Go is not installed');
  const [, needed] = /^go (\S+)$/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8'));
  const numbers = (version) => version.replace('go', '').split('.').map(Number);
  const [[major, minor], [ownMajor, ownMinor]] = [numbers(needed), numbers(has.stdout)];
  if (ownMajor < major || (ownMajor === major && ownMinor < minor)) throw new Lacking(`Go ${needed} is needed, and this is ${has.stdout}`);
  const program = join(tools, 'clients', name);
  const sources = readdirSync(folder).filter((one) => /\.go$|^go\.(mod|sum)$/.test(one)).map((one) => join(folder, one));
  mkdirSync(join(tools, 'clients'), { recursive: true });
  await once(`${program}.stamp`, sources, `${name}, compiled`, () => run('go', ['build', '-o', program, '.'], { cwd: folder, env }));
  return [program];
}

async function maven(name, folder, pom) {
  const java = probe('java', ['-version']).stderr.match(/version "(\d+)/)?.[1];
  if (!java || !probe('mvn', ['-v']).ok) throw new Lacking('Java with Maven is not installed');
  if (Number(java) < 17) throw new Lacking(`Java 17 is needed, and this is ${java}`);
  const target = join(folder, 'target');
  const classpath = join(target, 'classpath');
  const sources = readdirSync(folder, { recursive: true }).filter((one) => one.endsWith('.java')).map((one) => join(folder, one));
  mkdirSync(target, { recursive: true });
  await once(join(target, '.stamp'), [pom, ...sources], `${name}, compiled`, () =>
    run('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`], { cwd: folder }));
  return ['java', '-cp', [join(target, 'classes'), readFileSync(classpath, 'utf8').trim()].join(delimiter)];
}

async function ruby() {
  if (!probe('ruby', ['-v']).ok) throw new Lacking('Ruby is not installed');
  const gems = ['omniauth_openid_connect', 'webrick'];
  const missing = gems.filter((gem) => !probe('ruby', ['-e', `require '${gem}'`]).ok);
  if (missing.length) throw new Lacking(`Ruby is here without ${missing.join(', ')} (Debian: ruby-omniauth-openid-connect, ruby-webrick)`);
  return ['ruby'];
}
