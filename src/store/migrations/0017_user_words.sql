-- What a user is found by: the words of the name and the parts of the address, folded (`model::search`), as a JSON
-- list; NULL until cron has made them.
ALTER TABLE users ADD COLUMN words TEXT;
CREATE INDEX users_without_words ON users (tenant_id, id) WHERE words IS NULL;

-- One row a word, kept by the triggers: whoever writes a user's words, name or address cannot forget it.
CREATE TABLE user_words (
  tenant_id TEXT NOT NULL,
  word TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, word, user_id)
) WITHOUT ROWID;
CREATE INDEX user_words_by_user ON user_words (user_id);

CREATE TRIGGER user_words_insert AFTER INSERT ON users WHEN new.words IS NOT NULL
BEGIN
  INSERT INTO user_words SELECT DISTINCT new.tenant_id, value, new.id FROM json_each(new.words);
END;

CREATE TRIGGER user_words_update AFTER UPDATE OF words ON users WHEN new.words IS NOT old.words
BEGIN
  DELETE FROM user_words WHERE user_id = new.id;
  INSERT INTO user_words SELECT DISTINCT new.tenant_id, value, new.id FROM json_each(new.words);
END;

-- A name or address that changes without its words: they are made anew by cron.
CREATE TRIGGER user_words_stale AFTER UPDATE OF name, email_key ON users
WHEN new.words IS old.words AND (new.name IS NOT old.name OR new.email_key IS NOT old.email_key)
BEGIN
  UPDATE users SET words = NULL WHERE id = new.id;
END;
