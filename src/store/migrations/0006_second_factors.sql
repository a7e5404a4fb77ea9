-- Second factors and the sign-ins that wait for one. Secrets and codes stand as hashes, shared secrets sealed.

-- A user's authenticator app (RFC 6238), once a code of it was verified.
CREATE TABLE authenticators (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  sealed_secret TEXT NOT NULL,
  -- The last time step that was accepted: each is accepted once, and none before it.
  last_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

-- A set of codes that each stand in for the second factor once.
CREATE TABLE backup_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (user_id, hash)
) WITHOUT ROWID;

-- A sign-in between its first and its second factor, a session that is asked for one, or an enrolment.
CREATE TABLE challenges (
  -- Of the secret that stands for it.
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- 'sign-in', 'step-up' or 'enrol'.
  purpose TEXT NOT NULL,
  -- Whether a browser holds it, in a cookie: it is of no use to an API then, and the other way round.
  browser INTEGER NOT NULL,
  -- The session that asks, unless it is a sign-in.
  session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
  -- How the user proved who they are so far (RFC 8176), a list.
  amr TEXT NOT NULL,
  -- What can complete it, a list.
  methods TEXT NOT NULL,
  -- The code that was mailed for it, until when it is good, and how many were sent.
  code_hash TEXT,
  code_until INTEGER,
  sends INTEGER NOT NULL DEFAULT 0,
  -- Of the authenticator app that is being enrolled.
  sealed_secret TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX challenges_by_user ON challenges (user_id);
CREATE INDEX challenges_by_session ON challenges (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX challenges_by_end ON challenges (expires_at);

-- Browsers that need no second factor for a while.
CREATE TABLE trusted_devices (
  id TEXT PRIMARY KEY,
  -- Of the cookie's value.
  hash TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX trusted_devices_by_user ON trusted_devices (user_id, id);
CREATE INDEX trusted_devices_by_end ON trusted_devices (expires_at);
