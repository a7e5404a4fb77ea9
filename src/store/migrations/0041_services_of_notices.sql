-- The connected service that a notice is about; empty for other notices.
ALTER TABLE gathered_notices ADD COLUMN service TEXT NOT NULL DEFAULT '';
