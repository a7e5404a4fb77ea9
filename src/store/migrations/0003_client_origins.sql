-- Origins of the clients' redirect URIs: their scripts may call the tenant's APIs (CORS).
CREATE TABLE client_origins (
  tenant_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, origin, client_id)
) WITHOUT ROWID;
CREATE INDEX client_origins_by_client ON client_origins (client_id);
