-- Whether a passkey may be synced between devices, which never changes of one.
ALTER TABLE passkeys ADD COLUMN backup_eligible INTEGER NOT NULL DEFAULT 0;
