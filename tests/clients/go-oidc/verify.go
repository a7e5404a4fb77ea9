package main

import (
	"context"
	"errors"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// accessTokens verifies access tokens for an audience. Make it once: it keeps the keys, and fetches them again when a
// token names an unknown one.
func accessTokens(ctx context.Context, issuer, audience string) (func(context.Context, string) (*oidc.IDToken, error), error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	// The audience stands where an ID token has its client.
	verifier := provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.ES256}})
	return func(ctx context.Context, raw string) (*oidc.IDToken, error) {
		parsed, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			return nil, err
		}
		if typ, _ := parsed.Signatures[0].Header.ExtraHeaders[jose.HeaderType].(string); typ != "at+jwt" {
			return nil, errors.New("not an access token")
		}
		token, err := verifier.Verify(ctx, raw)
		if err != nil {
			return nil, err
		}
		// The library lets nbf be five minutes ahead.
		var claims struct {
			NotBefore int64 `json:"nbf"`
		}
		if err := token.Claims(&claims); err != nil {
			return nil, err
		}
		if token.Subject == "" || claims.NotBefore > time.Now().Unix()+5 {
			return nil, errors.New("sub is missing, or not valid yet")
		}
		return token, nil
	}, nil
}
