-- Times are milliseconds since the epoch, flags 0 or 1, lists and settings JSON text.
-- Secrets stand as hashes, private keys sealed.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- Whose e-mail namespace its users are in: 'home', or the tenant's own id.
  directory TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  status TEXT NOT NULL DEFAULT 'active',
  created_at INTEGER NOT NULL
);
INSERT INTO tenants (id, name, directory, created_at) VALUES ('home', 'Home', 'home', 0);

CREATE TABLE tenant_hosts (
  host TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE roles (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  rank INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
INSERT INTO roles (tenant_id, name, rank) VALUES ('home', 'ADMIN', 300), ('home', 'MANAGER', 200), ('home', 'TECHNICIAN', 100);

CREATE TABLE plans (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  rank INTEGER NOT NULL,
  features TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (tenant_id, name)
);

-- A tenant's signing keys in the order of their turn. The primary key is what makes the first use by
-- many at once write one key.
CREATE TABLE signing_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  turn INTEGER NOT NULL,
  kid TEXT NOT NULL UNIQUE,
  public_jwk TEXT NOT NULL,
  sealed_private TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- From when it signs.
  active_at INTEGER NOT NULL,
  -- Until when it is published and accepted; NULL while its successor is not due.
  gone_at INTEGER,
  PRIMARY KEY (tenant_id, turn)
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  directory TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  email_verified INTEGER NOT NULL DEFAULT 0,
  name TEXT,
  password_hash TEXT,
  roles TEXT NOT NULL DEFAULT '[]',
  plan TEXT,
  mfa TEXT NOT NULL DEFAULT 'none',
  status TEXT NOT NULL DEFAULT 'active',
  operator INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_login_at INTEGER,
  UNIQUE (directory, email_key)
);
CREATE INDEX users_by_tenant ON users (tenant_id, id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Hash of the cookie's value, for sessions of a browser.
  cookie_hash TEXT UNIQUE,
  amr TEXT NOT NULL,
  auth_time INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  -- Without use for so long it ends; NULL where the refresh token's life decides.
  idle_seconds INTEGER,
  idle_until INTEGER,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- One family a session. A spent token stays until the family's end, so that its reuse is seen.
CREATE TABLE refresh_tokens (
  hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  -- Who spent it: a retry from there within the grace window is no reuse.
  used_by TEXT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at INTEGER,
  revoked_at INTEGER
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

-- Links that were mailed: one purpose, one use.
CREATE TABLE mail_links (
  hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  email_key TEXT NOT NULL,
  -- The password and name that the registration behind the link asked for.
  password_hash TEXT,
  name TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX mail_links_by_user ON mail_links (user_id, purpose);
CREATE INDEX mail_links_by_end ON mail_links (expires_at);

CREATE TABLE routes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, name)
);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  outcome TEXT NOT NULL,
  -- Who did it: a user's id, 'system', or what an unknown caller said they are.
  actor TEXT,
  -- On whom or what.
  subject TEXT,
  address TEXT,
  detail TEXT
);
CREATE INDEX audit_by_tenant ON audit (tenant_id, id);
CREATE INDEX audit_by_time ON audit (at);

-- Mail of local and testing deployments.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  recipient TEXT NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX outbox_by_recipient ON outbox (recipient, id);
