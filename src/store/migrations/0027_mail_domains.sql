-- The e-mail namespace that a mail domain counts in: its tenant's. All that count in one are read with the tenant.
ALTER TABLE email_domains ADD COLUMN directory TEXT NOT NULL DEFAULT '';
UPDATE email_domains SET directory = (SELECT directory FROM tenants WHERE tenants.id = email_domains.tenant_id);
CREATE INDEX email_domains_by_directory ON email_domains (directory) WHERE status = 'verified';
