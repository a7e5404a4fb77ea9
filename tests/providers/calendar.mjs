// A calendar that people connect, and agents read for them: OAuth 2.0 whose refresh tokens are good once (RFC 9700 §4.14.2),
// and an API that wants the access token and its scope.
import { json } from './oauth.mjs';

/** What the API asks of a token. */
export const SCOPE = 'events:read';

export const shape = {
  name: 'calendar',
  title: 'Calendar',
  iss: () => 'https://calendar.example',
  offline: () => true,
  rotates: true,
  seconds: 600,
  userinfo: ({ email }) => ({ email }),
};

const DAY = 86_400_000;

/** The person's events, from tomorrow on. */
export function events({ person, scope }, response) {
  if (!scope.includes(SCOPE)) return json(response, 403, { error: 'insufficient_scope', scope: SCOPE }) && undefined;
  const on = (index) => new Date(Date.now() + (index + 1) * DAY).toISOString().slice(0, 10);
  return { owner: person.email, events: person.events.map((title, index) => ({ date: on(index), title })) };
}
