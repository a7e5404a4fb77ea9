-- Passkeys (Web Authentication Level 3) and the ceremonies that are under way.

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The credential id, base64url.
  credential_id TEXT NOT NULL UNIQUE,
  -- The domain that it is scoped to.
  rp_id TEXT NOT NULL,
  -- A COSE_Key (RFC 9052), base64url.
  public_key TEXT NOT NULL,
  sign_count INTEGER NOT NULL,
  -- Whether it is synced between devices.
  backed_up INTEGER NOT NULL,
  -- How browsers reach it, a list.
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

CREATE TABLE passkey_challenges (
  -- Of the challenge.
  hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- Whose passkey it is to be; none for a sign-in that does not know its user yet.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  -- 'register', 'sign-in' or 'second-factor'.
  purpose TEXT NOT NULL,
  -- What it belongs to: a session, a browser's cookie or a waiting sign-in.
  bound_to TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);
