-- Tokens that are to be given back to a provider. They outlive the connection, its person, its provider and its tenant,
-- until the provider took them; so nothing here refers to those.
CREATE TABLE vault_revocations (
  -- That of the connection, with its version: what a reconnection gave is apart from what it replaced.
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  -- What the tokens were sealed for beside the connection: it says nothing about whose it was.
  binding TEXT NOT NULL,
  sealed_access TEXT,
  sealed_refresh TEXT,
  -- The provider as it was.
  spec TEXT NOT NULL,
  sealed_secret TEXT,
  next_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
CREATE INDEX vault_revocations_by_turn ON vault_revocations (next_at);
