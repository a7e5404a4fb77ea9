-- Whether the password was last set by who had the mailbox and proved nothing else: until a second factor confirms
-- it, it counts as the mailbox.
ALTER TABLE users ADD COLUMN password_by_mail INTEGER NOT NULL DEFAULT 0;
