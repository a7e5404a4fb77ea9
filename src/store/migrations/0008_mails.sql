-- Mail that is to be sent, or was: one row an event. The content is sealed until it is handed over, then gone.

CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  -- Which mail it is, as 'verify-email'.
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sealed TEXT,
  -- 'queued', 'sending', 'sent' or 'failed'.
  status TEXT NOT NULL DEFAULT 'queued',
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  -- After which it is of no use.
  expires_at INTEGER NOT NULL,
  error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
);
CREATE INDEX mails_by_turn ON mails (next_at) WHERE status IN ('queued', 'sending');
CREATE INDEX mails_by_tenant ON mails (tenant_id, id);
CREATE INDEX mails_by_user ON mails (user_id) WHERE user_id IS NOT NULL;

-- Mails in a tenant's own words. One that is not here is the default.
CREATE TABLE mail_templates (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- As 'en'.
  lang TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name, lang)
);

-- The language that the user is written to in; the first one of the deployment when absent.
ALTER TABLE users ADD COLUMN language TEXT;
