-- A refresh leaves no row: a session knows the newest generation of its refresh tokens, and a token names its session and
-- generation under a MAC. Tokens of before name neither, so their sessions end, and their people sign in again.
UPDATE sessions SET ended_at = unixepoch() * 1000
WHERE ended_at IS NULL AND id IN (SELECT session_id FROM refresh_tokens);
DROP TABLE refresh_tokens;

-- The newest generation.
ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
-- Hash of the secret that all tokens since the last step-up have; NULL for a session that has none.
ALTER TABLE sessions ADD COLUMN refresh_hash TEXT;
-- Id of the deployment's key that the newest token's MAC is under.
ALTER TABLE sessions ADD COLUMN refresh_key TEXT;
-- When the newest token ends.
ALTER TABLE sessions ADD COLUMN refresh_until INTEGER;
-- When and by whom the token before it was spent: a retry from there within the grace window is no reuse.
ALTER TABLE sessions ADD COLUMN spent_at INTEGER;
ALTER TABLE sessions ADD COLUMN spent_by TEXT;
-- The generation that a step-up replaced without its being spent: that one is refused, and no reuse.
ALTER TABLE sessions ADD COLUMN replaced INTEGER;
-- Short hashes of the last four places (address and user agent) that it was used from, and whether the newest one was new then.
ALTER TABLE sessions ADD COLUMN places TEXT;
ALTER TABLE sessions ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;

-- When cron looks whether it is over. The end moves with each refresh, which an index on it would have to follow.
ALTER TABLE sessions ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET due_at = expires_at;
DROP INDEX sessions_by_end;
CREATE INDEX sessions_by_due ON sessions (due_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Who was active in a month is counted when they are first seen in it.
ALTER TABLE users ADD COLUMN active_month TEXT;
UPDATE users SET active_month = (SELECT max(month) FROM active_users WHERE user_id = users.id);
INSERT INTO counted_users (tenant_id, month, users)
SELECT tenant_id, month, count(*) FROM active_users WHERE TRUE GROUP BY tenant_id, month
ON CONFLICT (tenant_id, month) DO UPDATE SET users = users + excluded.users;
DROP TABLE active_users;
