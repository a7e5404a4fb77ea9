-- What else than the issuer a client's tokens may be for (RFC 8707), as far as its user agreed: a list.
ALTER TABLE consents ADD COLUMN resources TEXT;
