// Verifies a forwarded assertion: Go with go-jose v4 (go mod tidy && go run .).
// Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// fetchKeys reads the published keys. A server keeps them for the answer's max-age, and
// fetches them again when an assertion names a key that it does not know.
func fetchKeys(url string) (*jose.JSONWebKeySet, error) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New("the key set answered " + response.Status)
	}
	keys := new(jose.JSONWebKeySet)
	return keys, json.NewDecoder(response.Body).Decode(keys)
}

func verify(token, issuer, audience string, keys *jose.JSONWebKeySet) (*jwt.Claims, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	header := parsed.Headers[0]
	if header.Algorithm != string(jose.ES256) || header.ExtraHeaders[jose.HeaderType] != "gw+jwt" {
		return nil, errors.New("not a forwarded assertion")
	}
	found := keys.Key(header.KeyID)
	if len(found) != 1 {
		return nil, errors.New("unknown key")
	}
	claims := new(jwt.Claims)
	if err := parsed.Claims(found[0].Key, claims); err != nil {
		return nil, err
	}
	if claims.Expiry == nil || claims.Subject == "" {
		return nil, errors.New("exp or sub is missing")
	}
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{audience}, Time: time.Now()}
	return claims, claims.ValidateWithLeeway(expected, 5*time.Second)
}

func main() {
	keys, err := fetchKeys(os.Getenv("JWKS_URL"))
	if err == nil {
		var claims *jwt.Claims
		claims, err = verify(os.Getenv("TOKEN"), os.Getenv("ISSUER"), os.Getenv("AUDIENCE"), keys)
		if err == nil {
			fmt.Println(claims.Subject)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
