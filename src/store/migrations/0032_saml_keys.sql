-- Keys that messages to a SAML provider are signed with, each with its certificate: one that signs, and beside it the next
-- one while an administrator has the provider learn it.
CREATE TABLE saml_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  -- Its place in the order of the provider's keys.
  turn INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  -- Base64 of DER.
  certificate TEXT NOT NULL,
  sealed_private TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- When the certificate ends.
  ends_at INTEGER NOT NULL,
  -- Since when it signs; NULL for the next one.
  active_at INTEGER,
  PRIMARY KEY (tenant_id, provider_id, turn),
  FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
