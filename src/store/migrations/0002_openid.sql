-- OAuth 2 and OpenID Connect. Secrets, codes and request ids stand as hashes.

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- RFC 7591's metadata and ours.
  metadata TEXT NOT NULL,
  -- None for public clients and those that sign.
  secret_hash TEXT,
  -- Of the token that manages it, for one that registered itself (RFC 7592).
  registration_hash TEXT,
  created_at INTEGER NOT NULL
);
CREATE INDEX clients_by_tenant ON clients (tenant_id, id);

-- A grant to a client is a session of its own: it began in the browser's session that is its parent, and
-- ends with it unless it was granted offline access.
ALTER TABLE sessions ADD COLUMN client_id TEXT REFERENCES clients (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN parent_id TEXT REFERENCES sessions (id) ON DELETE SET NULL;
ALTER TABLE sessions ADD COLUMN scope TEXT;
-- What else than the issuer its tokens are for (RFC 8707), a list.
ALTER TABLE sessions ADD COLUMN resources TEXT;
CREATE INDEX sessions_by_parent ON sessions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX sessions_by_client ON sessions (client_id) WHERE client_id IS NOT NULL;

-- Authorization requests that wait: pushed by their client (RFC 9126), or for their user to sign in or agree.
CREATE TABLE authorization_requests (
  hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  -- 'pushed' or 'waiting'.
  kind TEXT NOT NULL,
  parameters TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX authorization_requests_by_client ON authorization_requests (client_id);
CREATE INDEX authorization_requests_by_end ON authorization_requests (expires_at);

CREATE TABLE authorization_codes (
  hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The browser's session that it was given in.
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- What its exchange is held to: redirect URI, challenge, nonce, scope, resources.
  terms TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  -- The session that its exchange began, which ends if it is exchanged again.
  grant_id TEXT
);
CREATE INDEX authorization_codes_by_session ON authorization_codes (session_id);
CREATE INDEX authorization_codes_by_user ON authorization_codes (user_id);
CREATE INDEX authorization_codes_by_client ON authorization_codes (client_id);
CREATE INDEX authorization_codes_by_end ON authorization_codes (expires_at);

-- What a user let a client do.
CREATE TABLE consents (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_by_client ON consents (client_id);

-- Device authorization (RFC 8628).
CREATE TABLE device_codes (
  hash TEXT PRIMARY KEY,
  user_code_hash TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  resources TEXT,
  -- 'pending', 'approved' or 'denied'.
  status TEXT NOT NULL DEFAULT 'pending',
  -- Who decided, and in which session.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
  -- Seconds that the client must wait between polls; grows when it does not.
  interval_seconds INTEGER NOT NULL,
  polled_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX device_codes_by_client ON device_codes (client_id);
CREATE INDEX device_codes_by_user ON device_codes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX device_codes_by_end ON device_codes (expires_at);

-- Logout tokens that clients have not taken yet (OpenID Connect Back-Channel Logout 1.0).
CREATE TABLE logout_deliveries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The grant's session, which is the `sid` of its tokens.
  session_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX logout_deliveries_by_turn ON logout_deliveries (next_at);
CREATE INDEX logout_deliveries_by_client ON logout_deliveries (client_id);
CREATE INDEX logout_deliveries_by_user ON logout_deliveries (user_id);
