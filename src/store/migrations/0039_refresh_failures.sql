-- How often the tokens of a connection could not be renewed since they last were.
ALTER TABLE vault_connections ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
