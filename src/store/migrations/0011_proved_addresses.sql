-- Whether anybody ever proved an address of the user's: before that, whoever made the account chose what is in it.
ALTER TABLE users ADD COLUMN proved INTEGER NOT NULL DEFAULT 0;
UPDATE users SET proved = 1 WHERE email_verified = 1;
