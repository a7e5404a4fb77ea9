-- The change feed. Isolates remember what they read, and ask this table what of it to forget. The rows are written by the
-- triggers below, in the transaction of the change itself: no use case, sweep, cascade or administrator's command can leave
-- one out. What an isolate does not remember, or what may be remembered as it was, appends nothing: each row is paid for.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Whose memory it is of; '' for what is remembered across tenants.
  tenant_id TEXT NOT NULL,
  -- 'session', 'user', 'client', 'key', 'routes', 'templates', 'host', or 'tenant': all that is known of it.
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT (unixepoch() * 1000)
);
CREATE INDEX changes_by_tenant ON changes (tenant_id, seq);

-- Users. What is deleted with its tenant is told with that.
CREATE TRIGGER changes_users_update AFTER UPDATE OF directory, email, email_key, email_verified, name, password_hash, roles,
  scopes, plan, password_by_mail, mfa, status, operator, language, profile ON users
WHEN (new.directory, new.email, new.email_key, new.email_verified, new.name, new.password_hash, new.roles, new.scopes,
      new.plan, new.password_by_mail, new.mfa, new.status, new.operator, new.language, new.profile)
  IS NOT (old.directory, old.email, old.email_key, old.email_verified, old.name, old.password_hash, old.roles, old.scopes,
          old.plan, old.password_by_mail, old.mfa, old.status, old.operator, old.language, old.profile)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'user', new.id);
END;
CREATE TRIGGER changes_users_delete AFTER DELETE ON users
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'user', old.id);
END;

-- Sessions that were live. A refresh, which moves the end later, and the removal of what is over tell nobody.
CREATE TRIGGER changes_sessions_update AFTER UPDATE OF user_id, client_id, cookie_hash, amr, auth_time, proved_at, scope,
  userinfo_claims, idle_until, expires_at, ended_at ON sessions
WHEN old.ended_at IS NULL AND old.expires_at > unixepoch() * 1000
  AND ((new.user_id, new.client_id, new.cookie_hash, new.amr, new.auth_time, new.proved_at, new.scope, new.userinfo_claims,
        new.ended_at)
       IS NOT (old.user_id, old.client_id, old.cookie_hash, old.amr, old.auth_time, old.proved_at, old.scope,
               old.userinfo_claims, old.ended_at)
       OR new.expires_at < old.expires_at OR new.idle_until < old.idle_until)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'session', old.id);
END;
-- One that goes with its user or client is told with that.
CREATE TRIGGER changes_sessions_delete AFTER DELETE ON sessions
WHEN old.ended_at IS NULL AND old.expires_at > unixepoch() * 1000
  AND EXISTS (SELECT 1 FROM users WHERE id = old.user_id)
  AND (old.client_id IS NULL OR EXISTS (SELECT 1 FROM clients WHERE id = old.client_id))
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'session', old.id);
END;

CREATE TRIGGER changes_api_keys_update AFTER UPDATE OF user_id, hash, scopes, roles, expires_at, revoked_at, grant_id,
  audiences ON api_keys
WHEN old.revoked_at IS NULL
  AND (new.user_id, new.hash, new.scopes, new.roles, new.expires_at, new.revoked_at, new.grant_id, new.audiences)
  IS NOT (old.user_id, old.hash, old.scopes, old.roles, old.expires_at, old.revoked_at, old.grant_id, old.audiences)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'key', old.id);
END;
-- One that goes with its tenant, user or grant is told with that.
CREATE TRIGGER changes_api_keys_delete AFTER DELETE ON api_keys
WHEN old.revoked_at IS NULL AND EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
  AND (old.user_id IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = old.user_id))
  AND (old.grant_id IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = old.grant_id))
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'key', old.id);
END;

-- Clients. A new one is told because of the origins of its redirect URIs.
CREATE TRIGGER changes_clients_insert AFTER INSERT ON clients
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'client', new.id);
END;
CREATE TRIGGER changes_clients_update AFTER UPDATE OF name, metadata, secret_hash, registration_hash, document_url ON clients
WHEN (new.name, new.metadata, new.secret_hash, new.registration_hash, new.document_url)
  IS NOT (old.name, old.metadata, old.secret_hash, old.registration_hash, old.document_url)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'client', old.id);
END;
CREATE TRIGGER changes_clients_delete AFTER DELETE ON clients
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'client', old.id);
END;

-- Tenants. Whether mail domains count depends on their tenants, and all of a directory remember them.
CREATE TRIGGER changes_tenants_update AFTER UPDATE OF name, directory, settings, status, enterprise ON tenants
WHEN (new.name, new.directory, new.settings, new.status, new.enterprise)
  IS NOT (old.name, old.directory, old.settings, old.status, old.enterprise)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.id, 'tenant', old.id);
  INSERT INTO changes (tenant_id, kind, id)
  SELECT DISTINCT '', 'tenant', directory FROM email_domains
  WHERE tenant_id = old.id AND status = 'verified' AND directory <> old.id
    AND (new.status, new.enterprise) IS NOT (old.status, old.enterprise);
END;
CREATE TRIGGER changes_tenants_delete AFTER DELETE ON tenants
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.id, 'tenant', old.id);
END;

CREATE TRIGGER changes_tenant_hosts_insert AFTER INSERT ON tenant_hosts
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id), ('', 'host', new.host);
END;
CREATE TRIGGER changes_tenant_hosts_update AFTER UPDATE ON tenant_hosts
WHEN (new.host, new.tenant_id) IS NOT (old.host, old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id)
  VALUES (old.tenant_id, 'tenant', old.tenant_id), (new.tenant_id, 'tenant', new.tenant_id), ('', 'host', old.host),
         ('', 'host', new.host);
END;
CREATE TRIGGER changes_tenant_hosts_delete AFTER DELETE ON tenant_hosts
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id), ('', 'host', old.host);
END;

-- Roles: what people may do is remembered with their credentials.
CREATE TRIGGER changes_roles_insert AFTER INSERT ON roles
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_roles_update AFTER UPDATE ON roles
WHEN (new.name, new.rank, new.scopes) IS NOT (old.name, old.rank, old.scopes)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_roles_delete AFTER DELETE ON roles
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;

CREATE TRIGGER changes_plans_insert AFTER INSERT ON plans
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'routes', new.tenant_id);
END;
CREATE TRIGGER changes_plans_update AFTER UPDATE ON plans
WHEN (new.name, new.rank, new.features) IS NOT (old.name, old.rank, old.features)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'routes', old.tenant_id);
END;
CREATE TRIGGER changes_plans_delete AFTER DELETE ON plans
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'routes', old.tenant_id);
END;

CREATE TRIGGER changes_routes_insert AFTER INSERT ON routes
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'routes', new.tenant_id);
END;
CREATE TRIGGER changes_routes_update AFTER UPDATE ON routes
WHEN (new.name, new.spec) IS NOT (old.name, old.spec)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'routes', old.tenant_id);
END;
CREATE TRIGGER changes_routes_delete AFTER DELETE ON routes
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'routes', old.tenant_id);
END;

-- Signing keys. One that is sealed anew is the same key, and one that is gone verifies nothing.
CREATE TRIGGER changes_signing_keys_insert AFTER INSERT ON signing_keys
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_signing_keys_update AFTER UPDATE OF turn, kid, public_jwk, active_at, gone_at ON signing_keys
WHEN (new.turn, new.kid, new.public_jwk, new.active_at, new.gone_at)
  IS NOT (old.turn, old.kid, old.public_jwk, old.active_at, old.gone_at)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_signing_keys_delete AFTER DELETE ON signing_keys
WHEN (old.gone_at IS NULL OR old.gone_at > unixepoch() * 1000) AND EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_rsa_keys_insert AFTER INSERT ON rsa_keys
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_rsa_keys_update AFTER UPDATE OF turn, kid, public_jwk, active_at, gone_at ON rsa_keys
WHEN (new.turn, new.kid, new.public_jwk, new.active_at, new.gone_at)
  IS NOT (old.turn, old.kid, old.public_jwk, old.active_at, old.gone_at)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_rsa_keys_delete AFTER DELETE ON rsa_keys
WHEN (old.gone_at IS NULL OR old.gone_at > unixepoch() * 1000) AND EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;

-- Identity providers and mail domains. Those of a tenant in a directory that others share are remembered by all of them.
CREATE TRIGGER changes_identity_providers_insert AFTER INSERT ON identity_providers
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_identity_providers_update AFTER UPDATE OF id, spec, sealed_secret ON identity_providers
WHEN (new.id, new.spec, new.sealed_secret) IS NOT (old.id, old.spec, old.sealed_secret)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
  INSERT INTO changes (tenant_id, kind, id)
  SELECT DISTINCT '', 'tenant', directory FROM email_domains
  WHERE tenant_id = old.tenant_id AND provider_id = old.id AND status = 'verified' AND directory <> old.tenant_id
    AND new.spec IS NOT old.spec;
END;
CREATE TRIGGER changes_identity_providers_delete AFTER DELETE ON identity_providers
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_email_domains_insert AFTER INSERT ON email_domains WHEN new.status = 'verified'
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
  INSERT INTO changes (tenant_id, kind, id) SELECT '', 'tenant', new.directory WHERE new.directory <> new.tenant_id;
END;
CREATE TRIGGER changes_email_domains_update AFTER UPDATE OF domain, provider_id, status, directory ON email_domains
WHEN (new.status = 'verified' OR old.status = 'verified')
  AND (new.domain, new.provider_id, new.status, new.directory)
  IS NOT (old.domain, old.provider_id, old.status, old.directory)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
  INSERT INTO changes (tenant_id, kind, id) SELECT '', 'tenant', old.directory WHERE old.directory <> old.tenant_id;
  INSERT INTO changes (tenant_id, kind, id)
  SELECT '', 'tenant', new.directory WHERE new.directory <> new.tenant_id AND new.directory <> old.directory;
END;
CREATE TRIGGER changes_email_domains_delete AFTER DELETE ON email_domains WHEN old.status = 'verified'
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
  INSERT INTO changes (tenant_id, kind, id) SELECT '', 'tenant', old.directory WHERE old.directory <> old.tenant_id;
END;
CREATE TRIGGER changes_saml_keys_insert AFTER INSERT ON saml_keys
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_saml_keys_update AFTER UPDATE OF turn, id, certificate, active_at ON saml_keys
WHEN (new.turn, new.id, new.certificate, new.active_at) IS NOT (old.turn, old.id, old.certificate, old.active_at)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_saml_keys_delete AFTER DELETE ON saml_keys
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;

CREATE TRIGGER changes_vault_providers_insert AFTER INSERT ON vault_providers
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'tenant', new.tenant_id);
END;
CREATE TRIGGER changes_vault_providers_update AFTER UPDATE OF id, spec, sealed_secret, updated_at ON vault_providers
WHEN (new.id, new.spec, new.sealed_secret, new.updated_at) IS NOT (old.id, old.spec, old.sealed_secret, old.updated_at)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;
CREATE TRIGGER changes_vault_providers_delete AFTER DELETE ON vault_providers
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'tenant', old.tenant_id);
END;

CREATE TRIGGER changes_templates_insert AFTER INSERT ON templates
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'templates', new.tenant_id);
END;
CREATE TRIGGER changes_templates_update AFTER UPDATE OF name, html ON templates
WHEN (new.name, new.html) IS NOT (old.name, old.html)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'templates', old.tenant_id);
END;
CREATE TRIGGER changes_templates_delete AFTER DELETE ON templates
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'templates', old.tenant_id);
END;
CREATE TRIGGER changes_mail_templates_insert AFTER INSERT ON mail_templates
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (new.tenant_id, 'templates', new.tenant_id);
END;
CREATE TRIGGER changes_mail_templates_update AFTER UPDATE OF name, lang, subject, text, html ON mail_templates
WHEN (new.name, new.lang, new.subject, new.text, new.html) IS NOT (old.name, old.lang, old.subject, old.text, old.html)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'templates', old.tenant_id);
END;
CREATE TRIGGER changes_mail_templates_delete AFTER DELETE ON mail_templates
WHEN EXISTS (SELECT 1 FROM tenants WHERE id = old.tenant_id)
BEGIN
  INSERT INTO changes (tenant_id, kind, id) VALUES (old.tenant_id, 'templates', old.tenant_id);
END;
