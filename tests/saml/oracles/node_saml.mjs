// What @node-saml/node-saml says of each message of the corpus: JSON lines as those of python3_saml.py.
import { readFileSync } from 'node:fs';
import { parse } from 'node:querystring';
import { SAML } from '@node-saml/node-saml';

// Its clock is the message's.
const RealDate = Date;
let now = 0;
globalThis.Date = class extends RealDate {
  constructor(...of) {
    super(...(of.length ? of : [now]));
  }
  static now() {
    return now;
  }
};
console.warn = () => {};

function serviceProvider(line) {
  const asked = line.inResponseTo;
  const { wantAuthnResponseSigned, wantAssertionsSigned } = line.demands;
  return new SAML({
    callbackUrl: line.sp.acs, logoutCallbackUrl: line.sp.slo, entryPoint: 'https://idp.example/sso', logoutUrl: 'https://idp.example/slo', issuer: line.sp.entityId, audience: line.sp.entityId,
    idpCert: line.idp.certificates, idpIssuer: line.idp.entityId, acceptedClockSkewMs: 60_000, wantAuthnResponseSigned, wantAssertionsSigned,
    validateInResponseTo: line.options.idpInitiated && asked === null ? 'ifPresent' : 'always', requestIdExpirationPeriodMs: 3_600_000,
    cacheProvider: {
      saveAsync: async (key, value) => ({ createdAt: now, value }),
      getAsync: async (key) => (key === asked ? new RealDate(now - 1000).toISOString() : null),
      removeAsync: async (key) => key,
    },
  });
}

async function ask(line) {
  now = RealDate.parse(line.now);
  if (line.binding === 'redirect') {
    const query = { ...parse(line.message) };
    const expected = line.kind === 'logoutRequest' ? 'SAMLRequest' : 'SAMLResponse';
    if (!(expected in query)) return { accepted: false, why: `no ${expected}` };
    const { profile } = await serviceProvider({ ...line, demands: {} }).validateRedirectAsync(query, line.message);
    return { accepted: true, nameId: profile?.nameID };
  }
  const body = Buffer.from(line.message).toString('base64');
  if (line.kind === 'logoutRequest') {
    const { profile } = await serviceProvider({ ...line, demands: {} }).validatePostRequestAsync({ SAMLRequest: body });
    return { accepted: true, nameId: profile.nameID };
  }
  // A signature of either is enough for us. It can demand one of the two or both: one that it takes in either way counts.
  let failed;
  for (const demands of [{ wantAuthnResponseSigned: false, wantAssertionsSigned: true }, { wantAuthnResponseSigned: true, wantAssertionsSigned: false }]) {
    try {
      const { profile, loggedOut } = await serviceProvider({ ...line, demands }).validatePostResponseAsync({ SAMLResponse: body });
      if (line.kind === 'logoutResponse') return { accepted: loggedOut === true };
      if (!profile?.nameID) return { accepted: false, why: 'no profile' };
      return { accepted: true, nameId: profile.nameID, attributes: profile.attributes };
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}

for (const text of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const line = JSON.parse(text);
  const answer = await ask(line).catch((error) => ({ accepted: false, why: error.message }));
  process.stdout.write(`${JSON.stringify({ name: line.name, ...answer })}\n`);
}
