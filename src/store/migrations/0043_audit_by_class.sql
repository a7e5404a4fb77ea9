-- An event is one row and one entry of an index, and says until when it is kept: sign-ins 90 days, unless its tenant says
-- otherwise, and what changes who may do what 400.
CREATE TABLE audit_anew (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  outcome TEXT NOT NULL,
  -- Who did it: a user's id, 'system', or what an unknown caller said they are.
  actor TEXT,
  -- On whom or what.
  subject TEXT,
  address TEXT,
  detail TEXT,
  -- When cron removes it.
  expires_at INTEGER NOT NULL DEFAULT 9007199254740991,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
INSERT INTO audit_anew (tenant_id, id, at, event, outcome, actor, subject, address, detail, expires_at)
SELECT tenant_id, id, at, event, outcome, actor, subject, address, detail, at + 400 * 86400000 FROM audit;
DROP TABLE audit;
ALTER TABLE audit_anew RENAME TO audit;
CREATE INDEX audit_by_end ON audit (expires_at);
