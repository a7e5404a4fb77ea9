// The JavaScript side of relay.rs: what comes back from a provider's API to which a person's token or key was sent.

const REDIRECTS = [301, 302, 303, 307, 308];

// Of a redirect nothing but what is ours is kept.
const OURS = /^(access-control-|ratelimit-)/;

/**
 * The answer of a provider's API. It sets no cookies, which would be ours, is kept by nobody, and does not lead a caller on:
 * where a provider sends on may be in the address, as a signed link.
 *
 * @param {Promise<Response>} sent
 * @param {string} redirected JSON for 502
 * @param {string} badGateway JSON for 502
 */
export async function guard(sent, redirected, badGateway) {
  const response = await sent;
  // None is asked for, so that none comes.
  if (response.webSocket) return refused(response, badGateway);
  if (REDIRECTS.includes(response.status)) {
    await response.body?.cancel();
    return refused(response, redirected);
  }
  const own = new Response(response.body, response);
  own.headers.delete("set-cookie");
  own.headers.set("cache-control", "private, no-store");
  return own;
}

function refused(response, json) {
  const headers = new Headers([...response.headers].filter(([name]) => OURS.test(name)));
  headers.set("content-type", "application/json");
  headers.set("cache-control", "no-store");
  return new Response(json, { status: 502, headers });
}
