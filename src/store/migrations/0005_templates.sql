-- Pages in a tenant's own HTML. One that is not here is the default.
CREATE TABLE templates (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- 'login', 'reset' or 'mfa'.
  name TEXT NOT NULL,
  html TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
