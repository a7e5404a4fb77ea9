-- How many sign-ins a tenant had on a day (UTC), and how many were refused. The log's own rows are what is counted, in the
-- transaction that writes them, so that no way to sign in can be left out; a chart of a month reads 30 rows, however many
-- sign-ins those were.
CREATE TABLE sign_in_days (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- Days since 1970.
  day INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, day)
) WITHOUT ROWID;

CREATE TRIGGER sign_in_days_count AFTER INSERT ON audit
WHEN new.event IN ('login.succeeded', 'login.failed', 'magic_link.failed', 'mfa.failed')
BEGIN
  INSERT INTO sign_in_days (tenant_id, day, succeeded, failed)
  VALUES (new.tenant_id, new.at / 86400000, new.outcome = 'success', new.outcome <> 'success')
  ON CONFLICT (tenant_id, day) DO UPDATE SET succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed;
END;

-- The first of a day removes what no chart shows any more.
CREATE TRIGGER sign_in_days_end AFTER INSERT ON sign_in_days
BEGIN
  DELETE FROM sign_in_days WHERE tenant_id = new.tenant_id AND day < new.day - 400;
END;
