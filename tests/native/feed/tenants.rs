//! Many tenants in one isolate: nothing of one is shown to another, and what is remembered of all of them is bounded.

use portcullis::domain::keys::KeysOfTenant;
use portcullis::domain::session::remembered::Credentials;
use portcullis::memo::Slot;
use serde_json::json;

use crate::harness::{World, allocated, claims, set};

/// Tenants that are made by SQL, each with a host, a route, a plan and a user with a cookie and an API key. Names of roles,
/// routes, plans and keys, and the ends of all secrets, are the same in all of them.
fn many(world: &World, tenants: u32, keys: u32) {
    world.sql("CREATE TEMP TABLE t (n INTEGER, id TEXT, key TEXT, hash TEXT, cookie TEXT)");
    world.sql("CREATE TEMP TABLE k (id TEXT, tenant TEXT, hash TEXT)");
    for n in 0..tenants {
        let (key, cookie) = (key(n, 0), cookie(n));
        let (hash, cookie) = (stored(&key), stored(&cookie));
        world.sql(&format!(
            "INSERT INTO t VALUES ({n}, 'tenant-{n}', '{}', '{hash}', '{cookie}')",
            key_id(n, 0)
        ));
    }
    for (n, at) in (0..keys).map(|at| (at % tenants, 1 + at / tenants)) {
        let hash = stored(&key(n, at));
        world.sql(&format!("INSERT INTO k VALUES ('{}', 'tenant-{n}', '{hash}')", key_id(n, at)));
    }
    for sql in [
        "INSERT INTO tenants (id, name, directory, created_at) SELECT id, 'T', id, 0 FROM t",
        "INSERT INTO tenant_hosts SELECT id || '.example', id FROM t",
        "INSERT INTO plans SELECT id, 'gold', n, '[\"f' || n || '\"]' FROM t",
        "INSERT INTO roles SELECT id, 'R', n, '[]' FROM t",
        "INSERT INTO routes SELECT 'r' || n, id, 'app', json_object('name', 'app', 'path', '/app/',
           'origin', 'http://origin-' || n || '.internal'), 0 FROM t",
        "INSERT INTO users (id, tenant_id, directory, email, email_key, roles, plan, created_at)
           SELECT 'user-' || n, id, id, 'ada@example.com', 'ada@example.com', '[\"R\"]', 'gold', 0 FROM t",
        "INSERT INTO sessions (id, tenant_id, user_id, cookie_hash, amr, auth_time, address, user_agent, created_at, seen_at,
           expires_at) SELECT 'session-' || n, id, 'user-' || n, cookie, '[\"pwd\"]', 0, '', '', 0, 0, 9000000000000 FROM t",
        "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at)
           SELECT key, id, 'user-' || n, 'k', 'pc', hash, '[\"read\"]', 0 FROM t",
        "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at)
           SELECT k.id, k.tenant, 'user-' || t.n, 'k', 'pc', k.hash, '[\"read\"]', 0 FROM k JOIN t ON t.id = k.tenant",
    ] {
        world.sql(sql);
    }
}

fn stored(secret: &str) -> String {
    portcullis::crypto::secret::stored(secret)
}

fn key_id(n: u32, at: u32) -> String {
    format!("{:0>26}", u64::from(n) * 1_000_000 + u64::from(at))
}

fn key(n: u32, at: u32) -> String {
    let start = format!("pc_{}_{:x>43}", key_id(n, at), "");
    format!("{start}{}", portcullis::crypto::secret::checksum(&start))
}

/// With the same end in all tenants: what is remembered is found by the end, and compared whole.
fn cookie(n: u32) -> String {
    format!("{n:0>19}{:x>24}", "")
}

#[test]
fn nothing_that_is_remembered_of_a_tenant_is_shown_to_another() {
    const TENANTS: u32 = 1_000;
    let world = World::new();
    many(&world, TENANTS, 0);
    let shown = |n: u32, ask: crate::harness::Ask<'_>| {
        let plan = ask.unlimited().plan();
        assert_eq!(plan.url, format!("http://origin-{n}.internal/app/"));
        let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
        assert_eq!(said["tenantId"], format!("tenant-{n}"));
        assert_eq!(said["sub"], format!("user-{n}"));
        assert_eq!(said["features"], json!([format!("f{n}")]));
        assert_eq!(said["iss"], format!("https://tenant-{n}.example"));
    };
    // In an order that has the same one come again early, late and not at all.
    let order = (0..1_200_u32).map(|at| at.wrapping_mul(2_654_435_761) % TENANTS);
    for (at, n) in order.enumerate() {
        let host = format!("tenant-{n}.example");
        match at % 4 {
            0 => shown(n, world.get("/app/").host(&host).cookie(&cookie(n))),
            1 => shown(n, world.get("/app/").tenant(&format!("tenant-{n}")).cookie(&cookie(n))),
            2 => shown(n, world.get("/app/").host(&host).key(&key(n, 0))),
            _ => {
                // Another tenant's, remembered or not.
                let other = (n + 1) % TENANTS;
                let status = world.get("/app/").host(&host).cookie(&cookie(other)).unlimited().status();
                assert!(matches!(status, 401 | 403), "{status}");
                let status = world.get("/app/").host(&host).key(&key(other, 0)).unlimited().status();
                assert!(matches!(status, 401 | 403), "{status}");
            }
        }
        if at % 200 == 0 {
            world.advance(7);
        }
    }
}

/// What a full memory may hold, by what one more tenant and one more credential take. That no map grows beyond its
/// capacity, whatever is put into it, is `rules::memo`'s.
#[test]
fn what_an_isolate_remembers_of_ten_thousand_tenants_and_a_hundred_thousand_credentials_is_bounded() {
    const TENANTS: u32 = 300;
    const CREDENTIALS: u32 = 1_200;
    let world = World::new();
    many(&world, TENANTS, CREDENTIALS - TENANTS);
    world.get("/healthz").elsewhere().send().is(200);
    let ask = |n: u32| {
        let (tenant, at) = (n % TENANTS, n / TENANTS);
        let ask = world.get("/app/").tenant(&format!("tenant-{tenant}")).key(&key(tenant, at));
        assert_eq!(ask.elsewhere().unlimited().status(), 200);
    };
    let all = |from: u32, to: u32| {
        let before = allocated();
        (from..to).for_each(ask);
        (allocated() - before) / isize::try_from(to - from).unwrap()
    };
    // The first makes a tenant's keys in the database, which it keeps the statements of.
    all(0, 50);
    let of_tenant_and_credential = all(50, TENANTS);
    let of_credential = all(TENANTS, CREDENTIALS);
    assert!(of_credential > 500, "something is remembered: {of_credential} bytes");
    let capacity = |capacity: usize| isize::try_from(capacity).unwrap();
    let most = of_tenant_and_credential * capacity(KeysOfTenant::CAPACITY)
        + of_credential * capacity(Credentials::CAPACITY);
    assert!(most < 64_000_000, "{of_tenant_and_credential} and {of_credential} bytes, {most} in all");
}
