//! `/tenant/{tenant}/change-email`.

use crate::harness::{PASSWORD, World};

const PAGE: &str = "/tenant/home/change-email";
const ACCOUNT: &str = "/tenant/home/account";

#[test]
fn an_address_is_another_one_once_both_mailboxes_agree() {
    let world = World::new();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let ask = |current: &str| {
        let fields = [("section", "email"), ("email", "new@example.com"), ("current", current)];
        world.post(ACCOUNT).navigating().cookie(&cookie).form(&fields).send()
    };
    let wrong = ask("wrong").is(401);
    assert!(wrong.text.contains("This is not your current password."));
    assert_eq!(ask(PASSWORD).is(303).header("location"), Some("/tenant/home/account?done=email"));
    let confirm = |address: &str, says: &str| {
        let token = world.mailed_link(address);
        let page = world.get(&format!("{PAGE}?token={token}")).navigating().send().is(200);
        assert!(page.text.contains("new@example.com") && page.text.contains("ada@example.com"));
        let form = world.post(PAGE).navigating().cookie(&cookie).form(&[("token", &token)]);
        assert!(form.clone().send().is(200).text.contains(says));
        form.send().is(400);
    };
    confirm("new@example.com", "Now open the link in your other inbox.");
    confirm("ada@example.com", "Address changed");
    let page = world.get(ACCOUNT).navigating().cookie(&cookie).send().is(200);
    assert!(page.text.contains("Signed in as new@example.com"));
    world.get(PAGE).navigating().send().is(400);
}
