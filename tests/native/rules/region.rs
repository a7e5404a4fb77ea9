//! The location hint that an address' counter is made with.

use portcullis::model::region::location_hint;

#[test]
fn a_caller_is_where_the_platform_says() {
    let rows = [
        // San Francisco, New York, Mexico City; and where nothing nearer is known.
        (("NA", "US", Some(-122.4)), Some("wnam")),
        (("NA", "US", Some(-74.0)), Some("enam")),
        (("NA", "MX", Some(-99.1)), Some("enam")),
        (("NA", "CA", None), Some("enam")),
        (("SA", "BR", Some(-46.6)), Some("sam")),
        // Berlin, Lisbon, Warsaw, Kyiv.
        (("EU", "DE", Some(13.4)), Some("weur")),
        (("EU", "PT", Some(-9.1)), Some("weur")),
        (("EU", "PL", Some(21.0)), Some("eeur")),
        (("EU", "UA", Some(30.5)), Some("eeur")),
        (("EU", "", None), Some("weur")),
        // Dubai, Tel Aviv, Tokyo, Mumbai.
        (("AS", "AE", Some(55.3)), Some("me")),
        (("AS", "IL", Some(34.8)), Some("me")),
        (("AS", "JP", Some(139.7)), Some("apac")),
        (("AS", "IN", Some(72.9)), Some("apac")),
        (("OC", "NZ", Some(174.8)), Some("oc")),
        (("AF", "NG", Some(3.4)), Some("afr")),
        // Antarctica, Tor, and what nobody has heard of.
        (("AN", "AQ", None), None),
        (("T1", "T1", None), None),
        (("", "", None), None),
        (("na", "US", Some(f64::NAN)), None),
        (("NA", "US", Some(f64::NAN)), Some("enam")),
    ];
    for ((continent, country, longitude), hint) in rows {
        assert_eq!(location_hint(continent, country, longitude), hint, "{continent} {country} {longitude:?}");
    }
}
