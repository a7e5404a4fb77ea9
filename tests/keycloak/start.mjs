// A real Keycloak on loopback, as the identity provider of a company: `startKeycloak()` for the tests, and
// `node tests/keycloak/start.mjs` to look at. Its distribution comes from Maven, once, into .tools/.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from '../../scripts/lib/log.mjs';
import { tools } from '../../scripts/lib/paths.mjs';
import { probe, run } from '../../scripts/lib/run.mjs';

const VERSION = '26.7.3';
const ADMIN = { username: 'admin', password: 'an-admin-of-the-tests' };

/** The people of realm.json. */
export const PASSWORD = 'analytical engine';
export const OIDC_CLIENT = { clientId: 'portcullis', clientSecret: 'a-secret-of-the-tests' };

/** What this machine lacks for Keycloak, in words; undefined if it lacks nothing. */
export function lacking() {
  const java = probe('java', ['-version']).stderr.match(/version "(\d+)/)?.[1];
  if (!java) return 'Java is not installed';
  if (Number(java) < 17) return `Java 17 is needed, and this is ${java}`;
  if (!existsSync(home()) && !probe('mvn', ['-v']).ok) return 'Maven is not installed';
  return undefined;
}

const home = () => join(tools, 'keycloak', `keycloak-${VERSION}`);

async function fetchKeycloak() {
  if (existsSync(join(home(), 'bin', 'kc.sh'))) return;
  const into = join(tools, 'keycloak');
  mkdirSync(into, { recursive: true });
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  await step(`Keycloak ${VERSION} from Maven (once)`, () =>
    run('mvn', ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${into}`], { cwd: into }));
}

/**
 * Starts Keycloak with the realm `acme` of realm.json. `oidc.redirectUris` are those of its client `portcullis`;
 * `saml: { entityId, acs, slo }` is our service provider; `change(realm)` may change the realm before it is made.
 * Answers `{ url, realm, issuer, samlMetadata, admin, stop }`, with `admin(path, options)` for its admin API below the realm.
 */
export async function startKeycloak({ oidc = {}, saml, change } = {}) {
  await fetchKeycloak();
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'keycloak-'));
  mkdirSync(join(tools, 'log'), { recursive: true });
  const log = createWriteStream(join(tools, 'log', 'keycloak.log'));
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m', KC_CACHE: 'local', KC_DB: 'dev-mem', KC_HEALTH_ENABLED: 'false', KC_LOG_LEVEL: 'warn,org.keycloak.events:debug',
  };
  const args = [join(home(), 'bin', 'kc.sh'), 'start-dev', '--http-host=127.0.0.1', `--http-port=${port}`, `--hostname=${url}`];
  const child = spawn('bash', args, { env, cwd: data, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    // kc.sh runs Java as its child: both are in the group of their own.
    if (child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
    log.end();
    rmSync(data, { recursive: true, force: true });
  };
  const kill = () => {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  try {
    await step('Keycloak', () => answers(`${url}/realms/master`, child));
    const realm = JSON.parse(readFileSync(fileURLToPath(new URL('realm.json', import.meta.url)), 'utf8'));
    fill(realm, oidc, saml);
    change?.(realm);
    await asAdmin(url, '', { method: 'POST', body: JSON.stringify(realm) });
    const issuer = `${url}/realms/${realm.realm}`;
    const admin = (path, options) => asAdmin(url, `/${realm.realm}${path}`, options);
    return {
      url, realm: realm.realm, issuer, samlMetadata: `${issuer}/protocol/saml/descriptor`, admin,
      async stop() {
        process.removeListener('exit', kill);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Our addresses into the clients of the realm; a client without any is left out. */
function fill(realm, oidc, saml) {
  const [ours, theirs] = realm.clients;
  ours.redirectUris = oidc.redirectUris ?? [];
  if (oidc.postLogoutRedirectUris) ours.attributes['post.logout.redirect.uris'] = oidc.postLogoutRedirectUris.join('##');
  if (!saml) {
    realm.clients.pop();
    return;
  }
  theirs.clientId = saml.entityId;
  theirs.redirectUris = [saml.acs];
  theirs.attributes.saml_assertion_consumer_url_post = saml.acs;
  if (saml.slo) {
    theirs.attributes.saml_single_logout_service_url_post = saml.slo;
    theirs.attributes.saml_single_logout_service_url_redirect = saml.slo;
  }
}

async function asAdmin(url, path, options = {}) {
  const login = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...ADMIN }),
  });
  const { access_token: token } = await login.json();
  const answer = await fetch(`${url}/admin/realms${path}`, {
    ...options, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Keycloak's admin API answered ${answer.status} to ${options.method ?? 'GET'} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function answers(url, child) {
  const until = Date.now() + 180_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error('Keycloak ended: see .tools/log/keycloak.log');
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('Keycloak does not answer: see .tools/log/keycloak.log');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = await startKeycloak();
  console.log(`Keycloak: ${started.url} (${ADMIN.username}, ${ADMIN.password})`);
  process.once('SIGINT', () => started.stop());
}
