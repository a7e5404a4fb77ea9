// Signing keys rotate under load, and no origin ever fails to verify who called.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startGateway } from "./harness.mjs";
import { startOrigin } from "./origins.mjs";

const DAY = 86_400_000;
// jose asks for a key set again 30 s after it last did, at the earliest.
const JOSE_COOLDOWN = 30_000;

const kidOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).kid;

describe("key rotation", () => {
  let gateway;
  let python;
  let person;
  let key;

  before(async () => {
    gateway = await startGateway();
    python = await startOrigin({ portcullis: gateway.url, flavour: "python" });
    await gateway.route({ name: "jose", path: "/jose/" });
    await gateway.route({ name: "pyjwt", path: "/pyjwt/", origin: python.url });
    person = await gateway.person();
    key = await gateway.apiKey(person);
  });
  after(async () => {
    await python?.stop();
    await gateway?.stop();
  });

  const published = async () => {
    const { json, headers } = await gateway.send("/tenant/home/.well-known/jwks.json");
    assert.equal(headers["cache-control"], "public, max-age=300");
    return json.keys;
  };
  const rotate = () => gateway.admin("POST", "/tenant/home/v2/Keys/rotate", {});
  const signingKid = async () => kidOf((await gateway.login(person)).accessToken);

  test("requests never fail to verify while keys rotate by call and by cron", { timeout: 120_000 }, async () => {
    let over = false;
    const failures = [];
    const kids = new Set();
    let passed = 0;
    const tokens = [person.accessToken];
    const load = async (path, credential) => {
      while (!over) {
        const answer = await gateway.send(path, credential());
        if (answer.status === 200 && answer.json.claims?.sub === person.id) {
          passed += 1;
          const name = Object.keys(answer.json.headers).find((each) => /^x-portcullis-assertion$/i.test(each));
          kids.add(kidOf(answer.json.headers[name]));
        } else failures.push(`${path}: ${answer.status} ${answer.text}`);
        await delay(10);
      }
    };
    // Every token ever given goes on being used, and an ever new one.
    const bearer = () => ({ token: tokens[passed % tokens.length] });
    const byKey = () => ({ headers: { "X-API-Key": key.apiKey } });
    const loads = Promise.all([
      load("/jose/x", bearer),
      load("/jose/x", byKey),
      load("/pyjwt/x", bearer),
      load("/pyjwt/x", byKey),
    ]);
    const settle = async (ms) => {
      tokens.push((await gateway.login(person)).accessToken);
      await delay(ms);
    };

    const start = Date.now();
    await settle(1_000);
    const first = await signingKid();
    await rotate();
    const second = await signingKid();
    assert.notEqual(second, first, "a rotation changes the key that signs");
    await settle(2_000);
    await gateway.runCron();
    assert.equal(await signingKid(), second, "a fresh key is not rotated by the cron");
    await settle(Math.max(0, start + JOSE_COOLDOWN + 3_000 - Date.now()));
    await rotate();
    const third = await signingKid();
    assert.ok(![first, second].includes(third));
    await settle(3_000);
    over = true;
    await loads;

    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${passed + failures.length} failed`);
    assert.ok(passed > 500, `${passed} passed`);
    assert.ok(kids.size >= 3, `assertions were signed by ${[...kids]}`);
  });

  test("the next key is published before it signs, and retiring ones after", async () => {
    const before = (await published()).map(({ kid }) => kid);
    const signing = await signingKid();
    assert.ok(before.includes(signing));
    await rotate();
    const now = await signingKid();
    assert.ok(before.includes(now), "the key that signs now was published before");
    const kids = (await published()).map(({ kid }) => kid);
    assert.ok(kids.includes(signing), "the key that signed until now is still published");
    assert.ok(kids.some((kid) => !before.includes(kid)), "a new next key is published");
  });

  test("the cron rotates a key that is older than 42 days", async () => {
    const before = await signingKid();
    await gateway.runCron(Date.now() + 43 * DAY);
    const now = await signingKid();
    assert.notEqual(now, before);
    const old = await gateway.send("/jose/x", { token: person.accessToken });
    assert.equal(old.status, 200, old.text);
  });

  test("the key set is public, has a validator, and shows nothing private", async () => {
    const answer = await gateway.send("/tenant/home/.well-known/jwks.json");
    assert.match(answer.headers["content-type"], /^application\/(jwk-set\+)?json/);
    const again = await gateway.send("/tenant/home/.well-known/jwks.json", {
      headers: { "If-None-Match": answer.headers.etag },
    });
    assert.equal(again.status, 304);
    for (const each of answer.json.keys) {
      assert.deepEqual([each.kty, each.crv, each.alg, each.use], ["EC", "P-256", "ES256", "sig"]);
      assert.equal(each.d, undefined);
    }
    const root = await gateway.send("/.well-known/jwks.json");
    assert.deepEqual(root.json, answer.json);
  });

  test("only an administrator rotates keys", async () => {
    for (const token of [undefined, person.accessToken]) {
      const answer = await gateway.send("/tenant/home/v2/Keys/rotate", { method: "POST", token, json: {} });
      assert.equal(answer.status, token === undefined ? 401 : 403, answer.text);
    }
  });
});
