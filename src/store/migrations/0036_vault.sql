-- The connection vault: which services can be connected, and what a person's connections to them hold.

-- Providers of a tenant: entries of the catalogue that it set up, and providers of its own.
CREATE TABLE vault_providers (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  -- What an administrator says of it, JSON without its secret.
  spec TEXT NOT NULL,
  -- Our client secret there; NULL where it gave none.
  sealed_secret TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- Connections of persons: tokens, or a key that they stored.
CREATE TABLE vault_connections (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  -- What its values are sealed for besides its id: a hash of tenant, person and provider.
  binding TEXT NOT NULL,
  -- What tells several connections of one provider apart.
  label TEXT NOT NULL DEFAULT '',
  -- 'oauth' or 'api_key'.
  kind TEXT NOT NULL,
  -- 'active', 'needs_reauthorization' or 'revoked'.
  status TEXT NOT NULL,
  -- Who the person is there, to be shown.
  account TEXT,
  -- What was granted, separated by spaces.
  scopes TEXT NOT NULL DEFAULT '',
  sealed_access TEXT,
  sealed_refresh TEXT,
  sealed_key TEXT,
  -- When the access token ends.
  expires_at INTEGER,
  -- Each write of tokens is conditional on it and raises it.
  version INTEGER NOT NULL DEFAULT 1,
  -- Before then a refresh that failed is not tried again.
  retry_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER,
  UNIQUE (tenant_id, user_id, provider_id, label)
);
CREATE INDEX vault_connections_by_provider ON vault_connections (tenant_id, provider_id);
CREATE INDEX vault_connections_by_user ON vault_connections (user_id);

-- Connections that are being made at a provider. Each is good once.
CREATE TABLE vault_attempts (
  -- The hash of the state that was sent.
  state_hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  label TEXT NOT NULL DEFAULT '',
  -- The PKCE verifier.
  sealed TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  -- The app that the browser is sent back to; empty for none.
  origin TEXT NOT NULL DEFAULT '',
  scopes TEXT NOT NULL DEFAULT '',
  expires_at INTEGER NOT NULL
);
CREATE INDEX vault_attempts_by_end ON vault_attempts (expires_at);
CREATE INDEX vault_attempts_by_user ON vault_attempts (user_id);

-- The Google Search configuration that a tenant's people may read.
CREATE TABLE vault_search_keys (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  search_engine_id TEXT NOT NULL,
  sealed_key TEXT NOT NULL,
  updated_at INTEGER NOT NULL
);
