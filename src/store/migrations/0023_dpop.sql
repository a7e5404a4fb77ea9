-- The key that the refresh tokens of a public client's grant are bound to (RFC 9449 §5).
ALTER TABLE sessions ADD COLUMN dpop_jkt TEXT;
