-- Clients that describe themselves in a document, whose URL is their client_id (Client ID Metadata Documents). The id of
-- the row is made of tenant and URL; its registration_hash is none that a token could have.
ALTER TABLE clients ADD COLUMN document_url TEXT;
-- Until when the description may be used without asking for the document again.
ALTER TABLE clients ADD COLUMN document_until INTEGER;
