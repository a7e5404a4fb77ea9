-- RSA keys of tenants that have a client whose tokens are signed with RS256. As signing_keys, with turns of their own.
CREATE TABLE rsa_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  turn INTEGER NOT NULL,
  kid TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed_private TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- From when it signs.
  active_at INTEGER NOT NULL,
  -- Until when it is published and accepted; NULL while its successor is not due.
  gone_at INTEGER,
  PRIMARY KEY (tenant_id, turn)
);
