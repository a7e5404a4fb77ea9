-- A key stands for a user or, without one, for itself within its tenant, with roles of its own.
CREATE TABLE api_keys_anew (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  roles TEXT NOT NULL DEFAULT '[]',
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at INTEGER,
  revoked_at INTEGER
);
INSERT INTO api_keys_anew (id, tenant_id, user_id, name, prefix, hash, scopes, created_at, last_used_at, expires_at,
                           revoked_at)
  SELECT id, tenant_id, user_id, name, prefix, hash, scopes, created_at, last_used_at, expires_at, revoked_at
  FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE api_keys_anew RENAME TO api_keys;
CREATE INDEX api_keys_by_user ON api_keys (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

-- Who signed in or refreshed in a month (UTC, as 2026-05), until it is over.
CREATE TABLE active_users (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  month TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, month, user_id)
);
CREATE INDEX active_users_by_user ON active_users (user_id);
CREATE INDEX active_users_by_month ON active_users (month);

-- How many more there were: of months that are over, and of users who were deleted.
CREATE TABLE counted_users (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  month TEXT NOT NULL,
  users INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, month)
);

CREATE INDEX tenant_hosts_by_tenant ON tenant_hosts (tenant_id);

-- Lists go by tenant and id.
CREATE INDEX routes_by_tenant ON routes (tenant_id, id);
