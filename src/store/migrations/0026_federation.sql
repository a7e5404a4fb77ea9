-- Identity providers of tenants: where people sign in instead of here.
CREATE TABLE identity_providers (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  -- What an administrator says of it, JSON without its secret; the kind is a member.
  spec TEXT NOT NULL,
  -- Our secret at the provider; NULL where it gave none.
  sealed_secret TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- Who a user is at a provider. A provider names each of its people by issuer and subject.
CREATE TABLE identities (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The address that the provider named last, to be shown: nobody is found by it.
  email TEXT,
  linked_at INTEGER NOT NULL,
  last_used_at INTEGER,
  UNIQUE (tenant_id, provider_id, issuer, subject),
  FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX identities_by_user ON identities (user_id, id);

-- Mail domains of tenants, each with the provider that its people sign in with.
CREATE TABLE email_domains (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  domain TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  -- 'pending' or 'verified'.
  status TEXT NOT NULL,
  -- What the TXT record must say.
  token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  verified_at INTEGER,
  PRIMARY KEY (tenant_id, domain),
  FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
-- A domain that was proved is one tenant's alone.
CREATE UNIQUE INDEX email_domains_verified ON email_domains (domain) WHERE status = 'verified';

-- What a sign-in with a provider uses up: a state, the id of a SAML request or assertion, a credential that was handed in.
CREATE TABLE federation_used (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- A hash: of what, and of which provider, is in it.
  key TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX federation_used_by_end ON federation_used (expires_at);

-- Whether an organisation may sign in with its own provider: the operator says so.
ALTER TABLE tenants ADD COLUMN enterprise INTEGER NOT NULL DEFAULT 0;

-- The identity that a session began with, and what its provider calls the session there (JSON), for signing out at both.
ALTER TABLE sessions ADD COLUMN identity_id TEXT REFERENCES identities (id) ON DELETE SET NULL;
ALTER TABLE sessions ADD COLUMN provider_session TEXT;
CREATE INDEX sessions_by_identity ON sessions (identity_id) WHERE identity_id IS NOT NULL;
