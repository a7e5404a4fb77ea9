-- A logout that a client is to be told of outlives the user that it speaks of: a deleted user's clients hear of it, too.
CREATE TABLE logouts_to_tell (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  -- The grant's session, which is the `sid` of its tokens.
  session_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);
INSERT INTO logouts_to_tell (id, tenant_id, client_id, user_id, session_id, attempts, next_at, created_at)
SELECT id, tenant_id, client_id, user_id, session_id, attempts, next_at, created_at FROM logout_deliveries;
DROP TABLE logout_deliveries;
ALTER TABLE logouts_to_tell RENAME TO logout_deliveries;
CREATE INDEX logout_deliveries_by_turn ON logout_deliveries (next_at);
CREATE INDEX logout_deliveries_by_client ON logout_deliveries (client_id);
CREATE INDEX logout_deliveries_by_user ON logout_deliveries (user_id);

-- When a grant to a client was last used, as far as its sessions told before they were removed. Of clients that
-- registered themselves, those that nobody uses go.
ALTER TABLE clients ADD COLUMN used_at INTEGER;
CREATE INDEX clients_that_registered ON clients (created_at) WHERE registration_hash IS NOT NULL;
