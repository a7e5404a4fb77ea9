// An application that signs people in with go-oidc and x/oauth2 as their examples do, and an API, at /api, that
// verifies access tokens. CLIENT_ID, CLIENT_SECRET and ROOT are the application's; AUDIENCE is the API's.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	issuer, root := os.Getenv("ISSUER"), os.Getenv("ROOT")
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		panic(err)
	}
	config := oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"), ClientSecret: os.Getenv("CLIENT_SECRET"), RedirectURL: root + "/callback",
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}
	idTokens := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	verify, err := accessTokens(ctx, issuer, os.Getenv("AUDIENCE"))
	if err != nil {
		panic(err)
	}
	const state, nonce = "a-state-of-this-browser", "a-nonce-of-this-browser"

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce)), http.StatusFound)
	})
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("state") != state {
			http.Error(w, "another state", http.StatusBadRequest)
			return
		}
		user, err := signIn(r, provider, idTokens, &config, nonce)
		answer(w, user, err)
	})
	http.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		token, err := verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			answer(w, nil, err)
			return
		}
		answer(w, map[string]any{"sub": token.Subject}, nil)
	})
	listener, err := net.Listen("tcp", strings.TrimPrefix(root, "http://"))
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	panic(http.Serve(listener, nil))
}

// signIn exchanges the code, verifies the ID token, asks userinfo, and refreshes.
func signIn(r *http.Request, provider *oidc.Provider, verifier *oidc.IDTokenVerifier, config *oauth2.Config, nonce string) (map[string]any, error) {
	token, err := config.Exchange(r.Context(), r.URL.Query().Get("code"))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := verifier.Verify(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	if verified.Nonce != nonce {
		return nil, fmt.Errorf("another nonce: %q", verified.Nonce)
	}
	if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
		return nil, err
	}
	info, err := provider.UserInfo(r.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	renewed, err := config.TokenSource(r.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		return nil, err
	}
	return map[string]any{"sub": verified.Subject, "email": info.Email, "renewed": renewed.AccessToken}, nil
}

func answer(w http.ResponseWriter, body map[string]any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
