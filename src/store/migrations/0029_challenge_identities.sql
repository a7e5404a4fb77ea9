-- The identity that a sign-in began with which waits for its second factor, for the session that comes of it. Without the
-- identity nothing of the sign-in is proved any more.
ALTER TABLE challenges ADD COLUMN identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE;
ALTER TABLE challenges ADD COLUMN provider_id TEXT;
ALTER TABLE challenges ADD COLUMN provider_session TEXT;
CREATE INDEX challenges_by_identity ON challenges (identity_id) WHERE identity_id IS NOT NULL;
