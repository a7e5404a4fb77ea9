-- The claims that a grant's client asked for singly under `userinfo` (OpenID Connect Core 1.0 §5.5), a JSON list of names.
ALTER TABLE sessions ADD COLUMN userinfo_claims TEXT;
