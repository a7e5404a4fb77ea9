-- Of the six digits that stand beside a magic link in its mail.
ALTER TABLE mail_links ADD COLUMN code_hash TEXT;

-- A change of address that waits for both mailboxes.
CREATE TABLE email_changes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- What it is changed from.
  email_key TEXT NOT NULL,
  new_email TEXT NOT NULL,
  new_email_key TEXT NOT NULL,
  -- Of the link that was mailed to each, and when it was followed.
  old_hash TEXT NOT NULL UNIQUE,
  new_hash TEXT NOT NULL UNIQUE,
  old_confirmed_at INTEGER,
  new_confirmed_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  done_at INTEGER
);
CREATE INDEX email_changes_by_user ON email_changes (user_id);
CREATE INDEX email_changes_by_end ON email_changes (expires_at);
