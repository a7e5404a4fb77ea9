-- What cron asks for, over all tenants: each question has an index that begins with when something is due.

-- Keys whose successor is due have no end yet; keys that have one go after it.
CREATE INDEX signing_keys_by_end ON signing_keys (gone_at, active_at);
CREATE INDEX rsa_keys_by_end ON rsa_keys (gone_at, active_at);

-- What goes with a session is found without reading the whole table.
CREATE INDEX device_codes_by_session ON device_codes (session_id) WHERE session_id IS NOT NULL;

CREATE INDEX gathered_notices_by_time ON gathered_notices (created_at);

-- Clients that registered themselves, by their last known use.
CREATE INDEX clients_by_use ON clients (coalesce(used_at, created_at)) WHERE registration_hash IS NOT NULL;

-- When somebody signed in to a trial tenant last, was active in it or was made in it, to the hour: kept by the triggers, which
-- write once an hour at most.
ALTER TABLE trials ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
UPDATE trials SET used_at = max(created_at,
  coalesce((SELECT max(coalesce(last_login_at, created_at)) FROM users WHERE users.tenant_id = trials.tenant_id), 0),
  coalesce((SELECT max(seen_at) FROM sessions WHERE sessions.tenant_id = trials.tenant_id), 0));
CREATE INDEX trials_by_use ON trials (used_at) WHERE converted_at IS NULL;

CREATE TRIGGER trials_used_by_user AFTER INSERT ON users
BEGIN
  UPDATE trials SET used_at = new.created_at
  WHERE tenant_id = new.tenant_id AND converted_at IS NULL AND used_at < new.created_at - 3600000;
END;

CREATE TRIGGER trials_used_by_login AFTER UPDATE OF last_login_at ON users
BEGIN
  UPDATE trials SET used_at = new.last_login_at
  WHERE tenant_id = new.tenant_id AND converted_at IS NULL AND used_at < new.last_login_at - 3600000;
END;

CREATE TRIGGER trials_used_by_session AFTER INSERT ON sessions
BEGIN
  UPDATE trials SET used_at = new.seen_at
  WHERE tenant_id = new.tenant_id AND converted_at IS NULL AND used_at < new.seen_at - 3600000;
END;

CREATE TRIGGER trials_used_again AFTER UPDATE OF seen_at ON sessions
BEGIN
  UPDATE trials SET used_at = new.seen_at
  WHERE tenant_id = new.tenant_id AND converted_at IS NULL AND used_at < new.seen_at - 3600000;
END;
