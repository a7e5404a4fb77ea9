-- The origins that tenants' settings allow, and those of clients, by origin: a browser that asks before it says which
-- tenant it will name is answered by one look-up.
CREATE TABLE allowed_origins (
  origin TEXT NOT NULL,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  PRIMARY KEY (origin, tenant_id)
) WITHOUT ROWID;
CREATE INDEX allowed_origins_by_tenant ON allowed_origins (tenant_id);
CREATE INDEX client_origins_by_origin ON client_origins (origin);

INSERT OR IGNORE INTO allowed_origins (origin, tenant_id)
SELECT allowed.value, tenants.id FROM tenants, json_each(tenants.settings, '$.allowedOrigins') AS allowed;

-- A Worker of the version before writes settings alone.
CREATE TRIGGER tenants_allow_origins AFTER UPDATE OF settings ON tenants BEGIN
  DELETE FROM allowed_origins WHERE tenant_id = NEW.id;
  INSERT OR IGNORE INTO allowed_origins (origin, tenant_id)
  SELECT allowed.value, NEW.id FROM json_each(NEW.settings, '$.allowedOrigins') AS allowed;
END;
