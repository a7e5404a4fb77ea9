-- Notices of changes that were too many to be mailed one by one: cron sums them up in one mail of each kind.
CREATE TABLE gathered_notices (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Which mail it would have been, as 'api-key-made'.
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX gathered_notices_by_user ON gathered_notices (user_id, kind, created_at);
CREATE INDEX gathered_notices_by_tenant ON gathered_notices (tenant_id);

-- Failed mails whose content is to be wiped.
CREATE INDEX mails_with_content ON mails (expires_at) WHERE status = 'failed' AND sealed IS NOT NULL;
