-- Custom scopes that administrators grant to a person, or to everybody who holds a role: a list.
ALTER TABLE users ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE roles ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';

-- When the person last proved who they are in a session, if that was after they signed in.
ALTER TABLE sessions ADD COLUMN proved_at INTEGER;

-- A key that a client made is a child of its grant and ends with it. Whom it is for, a list.
ALTER TABLE api_keys ADD COLUMN grant_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD COLUMN audiences TEXT;
CREATE INDEX api_keys_by_grant ON api_keys (grant_id) WHERE grant_id IS NOT NULL;
