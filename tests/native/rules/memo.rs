//! What an isolate remembers is bounded, in time and in number.

use portcullis::domain::tenants::TenantByHost;
use portcullis::memo::Memory;
use portcullis::model::time::Time;

#[test]
fn an_entry_lives_until_its_time_is_up() {
    let hosts = Memory::default().memo::<TenantByHost>();
    hosts.put("a".into(), Some("b".into()), Time(0), Time(5_000));
    assert_eq!(hosts.get("a", Time(4_999)), Some(Some("b".into())));
    assert_eq!(hosts.get("a", Time(5_000)), None);
    hosts.put("a".into(), None, Time(0), Time(5_000));
    assert_eq!(hosts.get("a", Time(1)), Some(None));
    // Not to be remembered at all: what was there is gone as well.
    hosts.put("a".into(), Some("c".into()), Time(1), Time(1));
    assert_eq!(hosts.get("a", Time(1)), None);
}

#[test]
fn a_full_map_drops_what_was_not_used_for_longest() {
    let hosts = Memory::default().memo::<TenantByHost>();
    hosts.put("stays".into(), None, Time(0), Time(9_000));
    for at in 0..100_000 {
        hosts.put(at.to_string(), None, Time(0), Time(9_000));
        if at % 500 == 0 {
            assert_eq!(hosts.get("stays", Time(1_000)), Some(None), "{at}");
        }
    }
    let kept = |at: i32| hosts.get(at.to_string().as_str(), Time(1_000)).is_some();
    // Of those that are put once, between half of the map and all of it are there, the latest.
    assert!((0..98_000).all(|at| !kept(at)));
    assert!((99_100..100_000).all(kept));
}

#[test]
fn what_is_forgotten_is_gone() {
    let hosts = Memory::default().memo::<TenantByHost>();
    for key in ["a", "b"] {
        hosts.put(key.into(), Some(key.into()), Time(0), Time(9_000));
    }
    hosts.forget("a");
    assert_eq!(hosts.get("a", Time(0)), None);
    hosts.forget_where(|value| value.as_deref() == Some("b"));
    assert_eq!(hosts.get("b", Time(0)), None);
}
