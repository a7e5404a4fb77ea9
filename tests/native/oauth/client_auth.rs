//! Client authentication: one method a request, and one that the client may use.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::domain::clients::authentication::{PresentedClient, authenticate};
use portcullis::domain::clients::{self, Client, Made};
use portcullis::domain::refusal::{Error, Refusal};
use portcullis::domain::tenants;
use portcullis::model::client::Described;
use portcullis::oidc::error::Code;
use serde_json::{Value, json};

use crate::harness::World;

fn client(world: &World, tenant: &str, method: &str) -> Made {
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, tenant)).unwrap().unwrap();
    let said = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": method });
    let described = Described::read(said.as_object().unwrap().clone()).unwrap();
    pollster::block_on(clients::create(&cx, &tenant, "system", described)).unwrap()
}

fn ask(world: &World, presented: PresentedClient<'_>) -> Result<Rc<Client>, Refusal> {
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
    match pollster::block_on(authenticate(&cx, &tenant, &presented)) {
        Ok(client) => Ok(client),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(broken) => panic!("{broken:?}"),
    }
}

#[track_caller]
fn refused(world: &World, presented: PresentedClient<'_>) {
    let before = world.events("client.refused");
    match ask(world, presented) {
        Err(Refusal::OAuth(Code::InvalidClient, _)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.events("client.refused"), before + 1);
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn a_client_with_a_secret_sends_it_in_either_way_and_a_public_one_sends_none() {
    let world = World::new();
    let made: Vec<Made> = ["none", "client_secret_basic", "client_secret_post"]
        .into_iter()
        .map(|method| client(&world, "home", method))
        .collect();
    for (at, one) in made.iter().enumerate() {
        let id = one.client.id.as_str();
        let secret = one.secret.as_deref().unwrap_or("none");
        let header = basic(id, secret);
        let ways = [
            PresentedClient { client_id: Some(id), ..PresentedClient::default() },
            PresentedClient { authorization: Some(&header), ..PresentedClient::default() },
            PresentedClient {
                client_id: Some(id),
                client_secret: Some(secret),
                ..PresentedClient::default()
            },
        ];
        for (way, presented) in ways.into_iter().enumerate() {
            // Basic and post are two ways of the one secret.
            if (way == 0) == (at == 0) {
                assert_eq!(ask(&world, presented).unwrap().id, id);
            } else {
                refused(&world, presented);
            }
        }
    }
}

#[test]
fn a_wrong_secret_is_refused() {
    let world = World::new();
    let one = client(&world, "home", "client_secret_basic");
    let (id, secret) = (one.client.id.as_str(), one.secret.as_deref().unwrap());
    let hash = one.client.secret_hash.clone().unwrap();
    for wrong in ["", "x", &secret[1..], &format!("{secret}x"), &hash, &secret.to_uppercase()] {
        refused(
            &world,
            PresentedClient { authorization: Some(&basic(id, wrong)), ..PresentedClient::default() },
        );
    }
    let post = client(&world, "home", "client_secret_post");
    let id = post.client.id.as_str();
    refused(
        &world,
        PresentedClient { client_id: Some(id), client_secret: Some(secret), ..PresentedClient::default() },
    );
    refused(
        &world,
        PresentedClient { client_id: Some(id), client_secret: Some(""), ..PresentedClient::default() },
    );
}

#[test]
fn user_and_password_of_the_header_are_form_encoded() {
    let world = World::new();
    let one = client(&world, "home", "client_secret_basic");
    let (id, secret) = (one.client.id.as_str(), one.secret.as_deref().unwrap());
    let spelled: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let header = basic(&id.replace('-', "%2D"), &spelled);
    assert_eq!(
        ask(&world, PresentedClient { authorization: Some(&header), ..PresentedClient::default() })
            .unwrap()
            .id,
        id
    );
    let lower = basic(id, secret).replace("Basic", "bAsIc");
    assert!(
        ask(&world, PresentedClient { authorization: Some(&lower), ..PresentedClient::default() }).is_ok()
    );
}

#[test]
fn a_malformed_header_is_refused() {
    let world = World::new();
    let one = client(&world, "home", "none");
    let id = one.client.id.as_str();
    let no_colon = format!("Basic {}", STANDARD.encode(id));
    let not_text = format!("Basic {}", STANDARD.encode([0xff, b':', 0xff]));
    for header in
        ["", "Basic", "Basic ", "Basic !", "Bearer x", "Basic =", &no_colon, &not_text, "Negotiate x"]
    {
        refused(
            &world,
            PresentedClient {
                authorization: Some(header),
                client_id: Some(id),
                ..PresentedClient::default()
            },
        );
    }
}

#[test]
fn two_ways_at_once_are_an_invalid_request() {
    let world = World::new();
    let one = client(&world, "home", "client_secret_basic");
    let (id, secret) = (one.client.id.as_str(), one.secret.as_deref().unwrap());
    let header = basic(id, secret);
    let right =
        PresentedClient { authorization: Some(&header), client_id: Some(id), ..PresentedClient::default() };
    assert!(ask(&world, right).is_ok());
    for two in [
        PresentedClient { client_secret: Some(secret), ..right },
        PresentedClient { client_assertion: Some("x"), ..right },
        PresentedClient { client_assertion_type: Some("x"), ..right },
        PresentedClient {
            authorization: None,
            client_secret: Some(secret),
            client_assertion: Some("x"),
            ..right
        },
    ] {
        assert!(matches!(ask(&world, two), Err(Refusal::OAuth(Code::InvalidRequest, _))));
    }
    let other = client(&world, "home", "none");
    refused(&world, PresentedClient { client_id: Some(&other.client.id), ..right });
}

#[test]
fn one_that_nobody_knows_or_names_is_refused_and_its_words_are_not_kept() {
    let world = World::new();
    world.tenant("b");
    let foreign = client(&world, "b", "none");
    let long = "x".repeat(5_000);
    for id in ["nobody", "", "a b", "'; drop table clients", &long, &foreign.client.id] {
        refused(&world, PresentedClient { client_id: Some(id), ..PresentedClient::default() });
        world.advance_ms(1);
    }
    refused(&world, PresentedClient::default());
    let kept = world.sql("SELECT actor FROM audit WHERE event = 'client.refused' ORDER BY id");
    let actors: Vec<&Value> = kept.iter().filter_map(|row| row.get("actor")).collect();
    let none = &Value::Null;
    assert_eq!(
        actors,
        [&json!("nobody"), none, none, none, none, &json!(foreign.client.id), none],
        "text that cannot be an id is a stranger's"
    );
}

#[test]
fn a_new_secret_ends_the_old_one_and_a_deleted_client_is_nobody() {
    let world = World::new();
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
    let one = client(&world, "home", "client_secret_post");
    let id = one.client.id.as_str();
    let with = |secret| PresentedClient {
        client_id: Some(id),
        client_secret: Some(secret),
        ..PresentedClient::default()
    };
    let first = one.secret.clone().unwrap();
    assert!(ask(&world, with(&first)).is_ok());
    let second = pollster::block_on(clients::new_secret(&cx, &tenant, "system", id)).unwrap().secret.unwrap();
    refused(&world, with(&first));
    assert!(ask(&world, with(&second)).is_ok());
    pollster::block_on(clients::delete(&cx, &tenant, "system", id)).unwrap();
    refused(&world, with(&second));
}

#[test]
fn failures_are_counted_so_that_they_do_not_fill_the_log() {
    let world = World::new();
    for _ in 0..60 {
        refused(&world, PresentedClient { client_id: Some("nobody"), ..PresentedClient::default() });
    }
    let over = ask(&world, PresentedClient { client_id: Some("nobody"), ..PresentedClient::default() });
    assert!(matches!(over, Err(Refusal::Limited(_))));
    assert_eq!(world.events("client.refused"), 60);
    let one = client(&world, "home", "none");
    assert!(
        ask(&world, PresentedClient { client_id: Some(&one.client.id), ..PresentedClient::default() })
            .is_ok()
    );
}

#[test]
fn a_client_is_asked_for_once_in_five_seconds() {
    let world = World::new();
    let one = client(&world, "home", "none");
    let presented = PresentedClient { client_id: Some(&one.client.id), ..PresentedClient::default() };
    ask(&world, presented).unwrap();
    let before = world.db.trips.get();
    ask(&world, presented).unwrap();
    assert_eq!(world.db.trips.get(), before);
    world.sql("DELETE FROM clients");
    world.advance(5);
    refused(&world, presented);
}
