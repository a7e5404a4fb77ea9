-- Tenants that people made by signing in with a provider for the first time, each known by who they are there.
CREATE TABLE trials (
  issuer TEXT NOT NULL,
  -- The organisation at the provider, or the person: 'organisation/…' or 'person/…'.
  holder TEXT NOT NULL,
  tenant_id TEXT NOT NULL UNIQUE REFERENCES tenants (id) ON DELETE CASCADE,
  -- The hash of the client address that it was made from; NULL where there is none.
  address_hash TEXT,
  created_at INTEGER NOT NULL,
  -- When the operator said that it is a tenant like others.
  converted_at INTEGER,
  PRIMARY KEY (issuer, holder)
);
CREATE INDEX trials_by_address ON trials (address_hash, created_at);

-- People of an organisation that has a trial tenant who want to join it: an administrator says yes or no.
CREATE TABLE join_requests (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- The home tenant's provider that they came by, and who they are there.
  provider_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT NOT NULL,
  -- Whether the provider is authoritative for the address.
  email_verified INTEGER NOT NULL,
  name TEXT,
  asked_at INTEGER NOT NULL,
  UNIQUE (tenant_id, issuer, subject)
);
CREATE INDEX join_requests_by_tenant ON join_requests (tenant_id, id);
