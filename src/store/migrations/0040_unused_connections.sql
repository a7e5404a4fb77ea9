-- A time before which a connection was certainly used: its last use is never before it. What was not used for long is found by
-- it, and uses do not write the index.
ALTER TABLE vault_connections ADD COLUMN idle_from INTEGER NOT NULL DEFAULT 0;
UPDATE vault_connections SET idle_from = coalesce(last_used_at, created_at);
CREATE INDEX vault_connections_by_idle ON vault_connections (tenant_id, idle_from);

-- Tenants whose unused connections end.
CREATE INDEX tenants_by_connection_idle ON tenants (id) WHERE json_extract(settings, '$.connectionIdleDays') > 0;

-- Who is told when a token could not be given back; NULL once that person is deleted.
ALTER TABLE vault_revocations ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX vault_revocations_by_user ON vault_revocations (user_id);
