//! Forgetting the failed attempts on one account.

use futures_util::future::try_join_all;

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::throttle::{codes, logins};
use crate::ports::{Act, Count, CounterCall};

/// Forgets all attempts that count against an account, wherever they came from: on its password when it signs in and when it
/// changes it, on mailed codes, and on its second factor.
pub(crate) async fn unlock(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    user_id: &str,
    email_key: &str,
) -> Result<(), Error> {
    let objects = [
        logins::account_object(directory, email_key),
        logins::change_object(tenant_id, user_id),
        codes::mailed_code_object(directory, email_key),
        codes::second_factor_object(tenant_id, user_id),
    ];
    let forget = || vec![Count { act: Act::Forget, tallies: Vec::new() }];
    let calls = objects.map(|object| cx.counters.count(CounterCall { object, steps: forget() }));
    try_join_all(calls).await?;
    Ok(())
}
