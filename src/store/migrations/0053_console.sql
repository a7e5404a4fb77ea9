-- The console of an administrator's browser: the code that it is opened with once, and from then on what its access token is
-- renewed by, which changes at each use. It ends with the browser's session.
CREATE TABLE console_sessions (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- Of the code or of the renewal.
  hash TEXT NOT NULL,
  -- PKCE's, while it is a code.
  challenge TEXT,
  expires_at INTEGER NOT NULL
);
CREATE INDEX console_sessions_by_session ON console_sessions (session_id);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);
