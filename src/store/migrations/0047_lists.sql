-- Lists that are narrowed read in proportion to their page.

-- Who holds a role, one row a role, kept by the triggers.
CREATE TABLE user_roles (
  tenant_id TEXT NOT NULL,
  role TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, role, user_id)
) WITHOUT ROWID;
CREATE INDEX user_roles_by_user ON user_roles (user_id);
INSERT INTO user_roles (tenant_id, role, user_id)
SELECT DISTINCT users.tenant_id, held.value, users.id FROM users, json_each(users.roles) AS held
WHERE users.roles <> '[]';

CREATE TRIGGER user_roles_insert AFTER INSERT ON users WHEN new.roles <> '[]'
BEGIN
  INSERT INTO user_roles (tenant_id, role, user_id)
  SELECT DISTINCT new.tenant_id, value, new.id FROM json_each(new.roles);
END;

CREATE TRIGGER user_roles_update AFTER UPDATE OF roles ON users WHEN new.roles IS NOT old.roles
BEGIN
  DELETE FROM user_roles WHERE user_id = new.id;
  INSERT INTO user_roles (tenant_id, role, user_id)
  SELECT DISTINCT new.tenant_id, value, new.id FROM json_each(new.roles);
END;

-- Most users have the default plan, are active, and do not operate the deployment: those are in none of these.
CREATE INDEX users_by_plan ON users (tenant_id, plan, id) WHERE plan IS NOT NULL;
CREATE INDEX users_not_active ON users (tenant_id, status, id) WHERE status <> 'active';
CREATE INDEX users_operator ON users (operator) WHERE operator = 1;

CREATE INDEX trials_by_tenant ON trials (tenant_id) WHERE converted_at IS NULL;
