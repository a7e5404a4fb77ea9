-- What clients learn of a user with the scope `profile` beside the name (OpenID Connect Core 1.0 §5.1), as JSON, and when
-- what they learn last changed.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN updated_at INTEGER;
