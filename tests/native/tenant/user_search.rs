//! `?search=` of the list of users: any case, any form of Unicode, on an index.

use portcullis::model::search;
use portcullis::model::state::UserStatus;
use portcullis::ports::Stmt;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, PASSWORD_HASH, World};

const USERS: &str = "/tenant/home/v2/Users";

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The addresses of those whom a search finds, beside the operator.
fn found(world: &World, query: &str) -> Vec<String> {
    let path = format!("{USERS}?search={}", escaped(query));
    let reply = world.get(&path).bearer(&world.admin()).send().is(200);
    let emails = reply.json["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap());
    let emails = emails.filter(|email| *email != "admin@example.com").map(str::to_owned);
    let mut all: Vec<String> = emails.collect();
    all.sort_unstable();
    all
}

fn create(world: &World, email: &str, name: &str) -> String {
    let body = json!({ "email": email, "name": name });
    world.post(USERS).bearer(&world.admin()).json(body).send().is(201).str("/id")
}

/// Holds that each user's words are those of the name and address, made at the write itself.
#[track_caller]
fn assert_words_are_fresh(world: &World) {
    for row in world.sql("SELECT id, email_key, name, words FROM users") {
        let text = |column: &str| row[column].as_str();
        let mut wanted = search::words(text("email_key").unwrap(), text("name"));
        assert_eq!(text("words").map(str::to_owned), Some(json!(wanted).to_string()), "{row:?}");
        wanted.sort_unstable();
        let id = text("id").unwrap();
        let rows = world.sql(&format!("SELECT word FROM user_words WHERE user_id = '{id}' ORDER BY word"));
        let kept: Vec<&str> = rows.iter().map(|row| row["word"].as_str().unwrap()).collect();
        assert_eq!(kept, wanted, "{row:?}");
    }
}

#[test]
fn a_name_or_address_is_found_in_any_case_and_form() {
    let world = World::new();
    for (email, name) in [
        ("ozgur.yilmaz@example.com", "Özgür Yılmaz"),
        ("anna@münchen.example", "Anna Straßer"),
        ("obrien@example.org", "Siobhán O’Brien-Smith"),
        ("taro@example.net", "山田太郎"),
        ("minsu@example.net", "김민수"),
        ("olga@mail.example.net", "О\u{301}льга Й"),
        ("nobody@example.net", ""),
    ] {
        create(&world, email, name);
    }
    let ozgur = vec!["ozgur.yilmaz@example.com"];
    let anna = vec!["anna@xn--mnchen-3ya.example"];
    let smith = vec!["obrien@example.org"];
    for (query, wanted) in [
        ("Özgür", &ozgur),
        ("özgür", &ozgur),
        ("ÖZGÜR", &ozgur),
        ("O\u{308}zgu\u{308}r", &ozgur),
        ("ozgur", &ozgur),
        ("özg", &ozgur),
        ("Özgür Yılmaz", &ozgur),
        ("yilmaz ÖZGÜR", &ozgur),
        ("YILMAZ", &ozgur),
        ("Özgür@", &vec![]),
        ("ozgur.y", &ozgur),
        ("yilmaz@example", &ozgur),
        ("OZGUR.YILMAZ@EXAMPLE.COM", &ozgur),
        ("münchen", &anna),
        ("MÜNCHEN", &anna),
        ("mu\u{308}nchen", &anna),
        ("anna@münchen.example", &anna),
        ("xn--mnchen-3ya", &anna),
        ("anna@xn--mnchen-3ya.example", &anna),
        ("STRASSER", &anna),
        ("straßer", &anna),
        ("siobhan", &smith),
        ("o'brien", &smith),
        ("O’BRIEN", &smith),
        ("brien", &smith),
        ("smith", &smith),
        ("brien–smith", &smith),
        ("ｏｂｒｉｅｎ", &smith),
        ("太郎", &vec!["taro@example.net"]),
        ("민수", &vec!["minsu@example.net"]),
        ("ОЛЬГА", &vec!["olga@mail.example.net"]),
        (
            "example.net",
            &vec!["minsu@example.net", "nobody@example.net", "olga@mail.example.net", "taro@example.net"],
        ),
        ("mail", &vec!["olga@mail.example.net"]),
        ("%", &vec![]),
        ("_", &vec![]),
        ("özgür anna", &vec![]),
        ("zgür", &vec![]),
        ("\u{10ffff}", &vec![]),
        ("' OR 1=1 --", &vec![]),
    ] {
        assert_eq!(&found(&world, query), wanted, "{query}");
    }
    let all = found(&world, "").len();
    assert_eq!((all, found(&world, "  \u{200b} ").len()), (7, 7));
    assert_words_are_fresh(&world);
}

#[test]
fn who_writes_a_name_or_address_writes_the_words() {
    let world = World::new();
    // Registered and confirmed, and registered anew before that.
    let register = |name: &str| {
        let body = json!({ "email": "ada@example.com", "password": PASSWORD, "full_name": name });
        world.post("/auth/register").json(body).send().is(201);
    };
    register("Ada Augusta");
    register("Ada Lovelace");
    assert_words_are_fresh(&world);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    assert_words_are_fresh(&world);
    assert_eq!((found(&world, "lovelace").len(), found(&world, "augusta").len()), (1, 0));
    // Renamed by themselves and by an administrator.
    let user = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"].clone();
    let user = user.as_str().unwrap();
    let cookie = {
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let login = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        login.sets("__Host-portcullis").unwrap()
    };
    let fields = [("section", "profile"), ("name", "Ada King")];
    world.post("/tenant/home/account").navigating().cookie(&cookie).form(&fields).send().is(303);
    assert_words_are_fresh(&world);
    assert_eq!((found(&world, "king").len(), found(&world, "lovelace").len()), (1, 0));
    let patch = |body: Value| {
        world.patch(&format!("{USERS}/{user}")).bearer(&world.admin()).json(body).send().is(200);
        assert_words_are_fresh(&world);
    };
    patch(json!({ "name": "Ümit" }));
    patch(json!({ "email": "umit@münchen.example", "emailVerified": true }));
    assert_eq!((found(&world, "ümit").len(), found(&world, "ada").len()), (1, 0));
    // A taken address changes nothing.
    create(&world, "taken@example.com", "Taken");
    let body = json!({ "email": "taken@example.com", "name": "Other" });
    world.patch(&format!("{USERS}/{user}")).bearer(&world.admin()).json(body).send().is(409);
    assert_words_are_fresh(&world);
    // The address changed by mail.
    let bob = world.user_with("home", "bob@example.com", |user| user.name = Some("Bob Øre".into()));
    let access = world.session(&bob).access;
    let body = json!({ "newEmail": "robert@example.org", "password": PASSWORD });
    world.post("/api/auth/change-email").bearer(&access).json(body).send().is(200);
    for to in ["bob@example.com", "robert@example.org"] {
        let fields = [("token", world.mailed_link(to))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        world.post("/tenant/home/change-email").navigating().form(&fields).send().is(200);
    }
    assert_words_are_fresh(&world);
    assert_eq!((found(&world, "robert bob").len(), found(&world, "bob@").len()), (1, 0));
    // By a link to an account that nobody had proved, where the name goes.
    world.user_with("home", "cy@example.com", |user| {
        user.email_verified = false;
        user.name = Some("Squatter".into());
    });
    world.post("/api/auth/magic-link/request").json(json!({ "email": "cy@example.com" })).send().is(200);
    let body = json!({ "token": world.mailed_link("cy@example.com") });
    world.post("/api/auth/magic-link/verify").json(body).send().is(200);
    assert_words_are_fresh(&world);
    assert_eq!(found(&world, "squatter"), [""; 0]);
    // Deleted.
    world.delete(&format!("{USERS}/{user}")).bearer(&world.admin()).send().is(204);
    assert_words_are_fresh(&world);
    assert_eq!(world.number(&format!("SELECT count(*) AS n FROM user_words WHERE user_id = '{user}'")), 0);
}

#[test]
fn a_search_goes_with_filters_and_pages_and_stays_in_its_tenant() {
    let world = World::new();
    let other = world.tenant("acme");
    world.user_with("acme", "smith@acme.example", |_| {});
    for n in 0..5 {
        world.user_with("home", &format!("smith{n}@example.com"), |user| {
            user.status = if n == 2 { UserStatus::Disabled } else { UserStatus::Active };
        });
    }
    world.user("jones@example.com");
    let admin = world.admin();
    let mut all = Vec::new();
    let mut path = format!("{USERS}?search=SMITH&status=active&limit=3");
    loop {
        let page = world.get(&path).bearer(&admin).send().is(200);
        all.extend(page.json["items"].as_array().unwrap().iter().map(|user| user["email"].to_string()));
        let Some(cursor) = page.json["nextCursor"].as_str() else { break };
        path = format!("{USERS}?search=SMITH&status=active&limit=3&cursor={cursor}");
    }
    all.sort_unstable();
    assert_eq!(all, ["0", "1", "3", "4"].map(|n| format!("\"smith{n}@example.com\"")));
    let reply = world.get("/tenant/acme/v2/Users?search=smith").bearer(&other).send().is(200);
    assert_eq!(reply.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(reply.json["items"][0]["email"], "smith@acme.example");
}

#[test]
fn who_was_there_before_the_index_is_found_at_once_and_gets_into_it_by_cron() {
    let world = World::new();
    let count = 450;
    for n in 0..count {
        world.sql(&format!(
            "INSERT INTO users (id, tenant_id, directory, email, email_key, name, password_hash, created_at)
             VALUES ('u{n:03}', 'home', 'home', 'u{n}@example.com', 'u{n}@example.com', 'Özgür {n}', '{PASSWORD_HASH}', 0)"
        ));
    }
    let unmade = "SELECT count(*) AS n FROM users WHERE words IS NULL";
    assert_eq!(world.number(unmade), count);
    assert_eq!(found(&world, "u17@EXAMPLE.com"), ["u17@example.com"]);
    world.cron();
    assert_eq!(world.number(unmade), 0);
    assert_words_are_fresh(&world);
    let mut wanted: Vec<String> = (0..10).map(|n| format!("u17{n}@example.com")).collect();
    wanted.push("u17@example.com".into());
    assert_eq!(found(&world, "özgür 17"), wanted);
    // What a writer that knows nothing of words changes is found by the old rule, and made anew by cron.
    world.sql("UPDATE users SET name = 'Plain' WHERE id = 'u017'");
    assert_eq!(world.number(unmade), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM user_words WHERE user_id = 'u017'"), 0);
    assert_eq!(found(&world, "plain"), ["u17@example.com"]);
    world.cron();
    assert_words_are_fresh(&world);
}

#[test]
fn nothing_scans_the_users() {
    let world = World::new();
    let admin = world.admin();
    for query in
        ["?search=ada", "?search=ada+love+x", "?search=%F0%9F%8D%BA&role=ADMIN", "", "?status=active&limit=5"]
    {
        world.get(&format!("{USERS}{query}")).bearer(&admin).send().is(200);
        let asked = world.db.said.borrow().clone();
        let explain = |Stmt { sql, args, .. }: &Stmt| {
            world.db.one(&Stmt::new(format!("EXPLAIN QUERY PLAN {sql}"), args.clone())).unwrap()
        };
        let plan: Vec<_> = asked.iter().flat_map(explain).collect();
        let steps: Vec<&str> = plan.iter().map(|row| row["detail"].as_str().unwrap()).collect();
        // What is made within the statement is no table.
        let is_made = |name: &str| {
            name.starts_with('(') || steps.iter().any(|step| step.strip_prefix("CO-ROUTINE ") == Some(name))
        };
        let is_known = |step: &str| {
            let name = step.strip_prefix("SCAN ").unwrap_or_default();
            step.contains("json_each") || step.contains("CONSTANT ROW") || is_made(name)
        };
        assert!(steps.iter().all(|step| !step.starts_with("SCAN") || is_known(step)), "{query}: {steps:?}");
        if query.contains("search") {
            let by_word = "SEARCH user_words USING PRIMARY KEY (tenant_id=? AND word>? AND word<?)";
            assert!(steps.contains(&by_word), "{query}: {steps:?}");
            let unmade = steps.iter().any(|step| step.contains("users_without_words"));
            assert!(unmade, "{query}: {steps:?}");
        }
    }
}
