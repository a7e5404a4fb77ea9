-- When the session at the provider ends, if it says so: ours, and what was granted in it, end no later.
ALTER TABLE sessions ADD COLUMN provider_until INTEGER;
ALTER TABLE challenges ADD COLUMN provider_until INTEGER;

-- When administrators are told next that a certificate of a SAML provider ends, or one of ours for it.
CREATE TABLE certificate_warnings (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  -- Whether the certificate is ours.
  ours INTEGER NOT NULL,
  warn_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, provider_id, ours),
  FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX certificate_warnings_by_time ON certificate_warnings (warn_at);
