//! Where on earth a caller is, in the words that Durable Objects take as a location hint.

/// Countries of Asia that the platform counts to the Middle East (ISO 3166-1).
const MIDDLE_EAST: [&str; 15] =
    ["AE", "BH", "IL", "IQ", "IR", "JO", "KW", "LB", "OM", "PS", "QA", "SA", "SY", "TR", "YE"];

/// West of this, North America is its west: between Denver and Kansas City.
const WEST_OF: f64 = -100.0;

/// East of this, Europe is its east: between Vienna and Budapest.
const EAST_OF: f64 = 17.0;

/// The location hint for a caller at that continent, country and longitude, as `request.cf` names them. `None` where none
/// of it is known, as in Antarctica or behind Tor: then the platform chooses.
pub fn location_hint(continent: &str, country: &str, longitude: Option<f64>) -> Option<&'static str> {
    match continent {
        "NA" if longitude.is_some_and(|at| at < WEST_OF) => Some("wnam"),
        "NA" => Some("enam"),
        "SA" => Some("sam"),
        "EU" if longitude.is_some_and(|at| at > EAST_OF) => Some("eeur"),
        "EU" => Some("weur"),
        "AS" if MIDDLE_EAST.contains(&country) => Some("me"),
        "AS" => Some("apac"),
        "OC" => Some("oc"),
        "AF" => Some("afr"),
        _ => None,
    }
}
