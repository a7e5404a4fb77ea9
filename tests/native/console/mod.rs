//! The console: where it is, how it is opened, and what an application's script gets of it: nothing.

mod open;
mod place;

use percent_encoding::percent_decode_str;
use portcullis::store::users::User;

use crate::harness::{Reply, World};

/// A verifier and the challenge that is made of it (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const STATE: &str = "0123456789abcdef";

/// Where a browser goes to open the home tenant's console.
pub fn authorize_path(more: &str) -> String {
    format!("/tenant/home/console-session/authorize?state={STATE}&challenge={CHALLENGE}{more}")
}

pub const TOKEN: &str = "/tenant/home/console-session/token";

/// An administrator of the home tenant.
pub fn admin(world: &World) -> User {
    world.user_with("home", "root@example.com", |user| user.roles = vec!["ADMIN".into()])
}

impl World {
    /// A browser with that cookie goes to the console.
    pub fn goes_to_console(&self, cookie: &str, more: &str) -> Reply {
        self.get(&authorize_path(more))
            .navigating()
            .header("sec-fetch-dest", "document")
            .cookie(cookie)
            .send()
    }

    /// The code that it comes back with.
    pub fn console_code(&self, cookie: &str) -> String {
        code_in(self.goes_to_console(cookie, "").is(303).header("location").unwrap())
    }
}

/// The code in an address.
pub fn code_in(location: &str) -> String {
    let (_, rest) = location.split_once("code=").unwrap();
    percent_decode_str(rest.split('&').next().unwrap()).decode_utf8().unwrap().into_owned()
}
