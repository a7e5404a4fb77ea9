//! What a token costs: round trips to the database and signatures, counted.

use portcullis::domain::keys::KeysOfTenant;
use serde_json::json;

use crate::harness::Reply;
use crate::harness::oidc::{Params, Party};

/// Asks once so that tenant, keys and client are known, and counts what the second of the same kind costs.
fn cost(party: &Party, ask: impl Fn() -> Params) -> (usize, u32, Reply) {
    party.token(&ask()).is(200);
    let params = ask();
    let trips = party.world.db.trips.get();
    let signed = signatures(party);
    let reply = party.token(&params).is(200);
    (party.world.db.trips.get() - trips, signatures(party) - signed, reply)
}

fn signatures(party: &Party) -> u32 {
    party.world.cache.memo::<KeysOfTenant>().get("home", party.world.now()).unwrap().signed.get()
}

fn issued(reply: &Reply) -> u32 {
    ["access_token", "id_token"]
        .iter()
        .filter(|name| reply.json[**name].is_string())
        .count()
        .try_into()
        .unwrap()
}

#[track_caller]
fn assert_cheap((trips, signed, reply): (usize, u32, Reply)) {
    assert!(trips <= 2, "{trips} round trips");
    assert_eq!(signed, issued(&reply), "{}", reply.text);
}

#[test]
fn a_code_exchange_takes_two_round_trips_and_one_signature_a_token() {
    for party in [Party::public(), Party::confidential()] {
        assert_cheap(cost(&party, || Party::exchange(&party.code())));
    }
}

#[test]
fn a_refresh_takes_two_round_trips_and_one_signature_a_token() {
    for party in [Party::public(), Party::confidential()] {
        assert_cheap(cost(&party, || {
            let token = party.tokens().str("/refresh_token");
            Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &token)])
        }));
    }
}

#[test]
fn a_clients_own_token_takes_two_round_trips_and_one_signature() {
    let party = Party::with("machine", json!({ "grant_types": ["client_credentials"], "scope": "read" }));
    let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    assert_cheap(cost(&party, || params.clone()));
}

#[test]
fn a_refused_token_request_takes_two_round_trips_and_no_signature() {
    let party = Party::public();
    party.tokens();
    for params in [
        Party::exchange(&"A".repeat(43)),
        Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &"A".repeat(43))]),
    ] {
        let (trips, signed) = (party.world.db.trips.get(), signatures(&party));
        party.token(&params).is(400);
        assert!(party.world.db.trips.get() - trips <= 2);
        assert_eq!(signatures(&party), signed);
    }
}
