//! A service of the catalogue, played by its row: it is as strict as the real one, and remembers what is over.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::domain::vault::catalogue::Entry;
use portcullis::model::catalogue::Refresh;
use portcullis::ports::http::{HttpAnswer, HttpRequest, Method};
use serde_json::{Map, Value, json};

use crate::harness::World;
use crate::harness::provider::{form, json_answer, sent};

pub const CLIENT: &str = "our-client";
pub const SECRET: &str = "s3cret";
pub const CODE: &str = "code-1";
pub const REDIRECT: &str = "https://auth.example.com/auth/callback/x";
pub const VERIFIER: &str = "verifier-verifier-verifier-verifier-verifier";

/// Whether an entry says that refresh tokens are good once.
pub fn rotates(entry: &Entry) -> bool {
    entry.oauth().unwrap().refresh == Refresh::Rotates
}

#[derive(Default)]
struct State {
    code_spent: Cell<bool>,
    refresh_spent: Cell<bool>,
    over: Cell<bool>,
    fails: Cell<u16>,
    refused: RefCell<Vec<String>>,
}

/// A service, as far as its own server knows.
pub struct Service(Rc<State>);

impl Service {
    /// Puts it where its entry says that it is.
    pub fn new(world: &World, entry: &Entry, row: &Value) -> Service {
        let state: Rc<State> = Rc::default();
        let oauth = entry.oauth().unwrap();
        let at = |url: &str, answer: fn(&State, &Value, &HttpRequest) -> Result<HttpAnswer, String>| {
            let (state, row) = (state.clone(), row.clone());
            world.web.serves(url, move |request| {
                if state.fails.get() != 0 {
                    return Ok(json_answer(state.fails.get(), &json!({ "error": "invalid_grant" })));
                }
                Ok(answer(&state, &row, request).unwrap_or_else(|why| {
                    state.refused.borrow_mut().push(why);
                    json_answer(400, &json!({ "error": "invalid_request" }))
                }))
            });
        };
        at(&oauth.token_url, token);
        if let Some(url) = row.get("refreshAt").and_then(Value::as_str) {
            at(url, token);
        }
        if let Some(url) = &oauth.account.url {
            at(url, account);
        }
        if let Some(url) = &oauth.revocation_url {
            at(&url.replace("{clientId}", CLIENT), revoke);
        }
        Service(state)
    }

    /// Why it said no, each time.
    pub fn refused(&self) -> Vec<String> {
        self.0.refused.borrow().clone()
    }

    /// From now on it is broken.
    pub fn fails(&self, status: u16) {
        self.0.fails.set(status);
    }

    /// From now on it is not.
    pub fn works(&self) {
        self.0.fails.set(0);
    }

    /// Whether the consent was given back.
    pub fn is_over(&self) -> bool {
        self.0.over.get()
    }
}

/// The members of a request, in the one style that the service reads, of the client that authenticated in its one way.
fn members(row: &Value, request: &HttpRequest) -> Result<Map<String, Value>, String> {
    members_of(row, row["client"].as_str().unwrap(), request)
}

/// The same of a client that authenticates otherwise.
fn members_of(row: &Value, client: &str, request: &HttpRequest) -> Result<Map<String, Value>, String> {
    let is_json = row["body"] == "json";
    let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
    expect("method", request.method == Method::Post)?;
    expect("content type", sent(request, "content-type") == Some(kind))?;
    expect("accept", sent(request, "accept") == Some("application/json"))?;
    expect("user agent", sent(request, "user-agent").is_some_and(|agent| !agent.is_empty()))?;
    let mut members: Map<String, Value> = match is_json {
        true => serde_json::from_str(&request.body).map_err(|error| error.to_string())?,
        false => form(request).into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
    };
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    match client {
        "basic" => {
            expect("Basic", sent(request, "authorization") == Some(&basic))?;
            expect("no secret besides", !members.contains_key("client_secret"))?;
        }
        _ => {
            expect("client id", members.remove("client_id") == Some(CLIENT.into()))?;
            expect("client secret", members.remove("client_secret") == Some(SECRET.into()))?;
            expect("no Basic besides", sent(request, "authorization").is_none())?;
        }
    }
    Ok(members)
}

fn expect(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn token(state: &State, row: &Value, request: &HttpRequest) -> Result<HttpAnswer, String> {
    let said = members(row, request)?;
    let is = |name: &str, value: &str| said.get(name).and_then(Value::as_str) == Some(value);
    if let Some(grant) = row.get("longLived")
        && is("grant_type", grant["grant_type"].as_str().unwrap())
    {
        expect("the token to exchange", is(grant["member"].as_str().unwrap(), "AT1"))?;
        return Ok(json_answer(200, &grant["answer"]));
    }
    for (name, value) in row.get("exchanges").and_then(Value::as_object).into_iter().flatten() {
        expect(name, is(name, value.as_str().unwrap()))?;
    }
    if is("grant_type", "authorization_code") {
        expect("code", is("code", CODE) && !state.code_spent.replace(true))?;
        expect("redirect URI", is("redirect_uri", REDIRECT))?;
        let verifier = said.get("code_verifier").and_then(Value::as_str);
        expect("verifier", verifier == row["pkce"].as_bool().unwrap().then_some(VERIFIER))?;
        expect("where codes go", row.get("refreshAt").is_none_or(|url| *url != request.url.as_str()))?;
        return Ok(json_answer(200, &row["code"]));
    }
    expect("grant type", is("grant_type", "refresh_token"))?;
    let (Some(refresh), Some(over)) = (row.get("refresh"), row.get("over")) else {
        return Err("it has no refresh tokens".to_owned());
    };
    expect("where refresh tokens go", row.get("refreshAt").is_none_or(|url| *url == request.url.as_str()))?;
    let next = refresh.get("refresh_token").and_then(Value::as_str);
    let rotates = next.is_some_and(|next| next != "RT1");
    let is_live = is("refresh_token", "RT1") && !(rotates && state.refresh_spent.get());
    if !is_live && !next.is_some_and(|next| next != "RT1" && is("refresh_token", next)) {
        let status = u16::try_from(over[0].as_u64().unwrap()).unwrap();
        return Ok(json_answer(status, &over[1]));
    }
    state.refresh_spent.set(true);
    Ok(json_answer(200, refresh))
}

fn account(_: &State, row: &Value, request: &HttpRequest) -> Result<HttpAnswer, String> {
    let row = row.get("account").ok_or("it has no account")?;
    let method = if request.method == Method::Post { "POST" } else { "GET" };
    expect("account method", row["method"] == method)?;
    expect("account token", sent(request, "authorization") == row["authorization"].as_str())?;
    expect("account body", request.body == row.get("body").and_then(Value::as_str).unwrap_or_default())?;
    expect("account user agent", sent(request, "user-agent").is_some())?;
    Ok(json_answer(200, &row["answer"]))
}

fn revoke(state: &State, row: &Value, request: &HttpRequest) -> Result<HttpAnswer, String> {
    let style = row.get("revoke").and_then(Value::as_str).ok_or("it takes nothing back")?;
    let refreshed = state.refresh_spent.get();
    let access = if refreshed { "AT2" } else { "AT1" };
    match style.split_once(' ').unwrap() {
        ("form" | "json", hint) => {
            let client = row.get("revokeClient").unwrap_or(&row["client"]).as_str().unwrap();
            let said = members_of(row, client, request)?;
            let member = row.get("revokeMember").and_then(Value::as_str);
            let next = row.pointer("/refresh/refresh_token").and_then(Value::as_str).unwrap_or("RT1");
            let newest = match hint {
                "access_token" => access,
                _ if refreshed => next,
                _ => "RT1",
            };
            let text = |name: &str| said.get(name).and_then(Value::as_str);
            expect("token", text(member.unwrap_or("token")) == Some(newest))?;
            expect("hint", text("token_type_hint") == member.is_none().then_some(hint))?;
        }
        ("DELETE", "client") => {
            let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
            expect("method", request.method == Method::Delete)?;
            expect("Basic", sent(request, "authorization") == Some(&basic))?;
            expect("body", request.body == format!(r#"{{"access_token":"{access}"}}"#))?;
        }
        (method, authorization) => {
            let expected = if method == "DELETE" { Method::Delete } else { Method::Post };
            let authorization =
                if refreshed { authorization.replace("AT1", "AT2") } else { authorization.to_owned() };
            expect("method", request.method == expected)?;
            expect("credential", sent(request, "authorization") == Some(&authorization))?;
            expect("no body", request.body.is_empty())?;
        }
    }
    state.over.set(true);
    Ok(json_answer(200, &json!({})))
}
