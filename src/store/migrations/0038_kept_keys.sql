-- Keys of a tenant that outlive the deployment's key which they were derived from, sealed under the one of now: what was
-- hashed with them, as backup codes, cannot be hashed anew.
CREATE TABLE kept_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- The id of the deployment's key of before.
  key_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (tenant_id, key_id)
);
