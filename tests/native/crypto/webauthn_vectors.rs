//! The test vectors of Web Authentication Level 3 (§16), and ceremonies as browsers answered them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::crypto::webauthn::{
    Assertion, Expected, Record, Registration, Wrong, verify_assertion, verify_registration,
};
use serde_json::{Value, json};

use crate::harness::ORIGIN;

/// One credential of §16: what its registration and its assertion answer, in hex.
struct Vector {
    name: &'static str,
    challenges: [&'static str; 2],
    id: &'static str,
    registration: [&'static str; 2],
    assertion: [&'static str; 3],
    backup: [bool; 2],
}

const VECTORS: [Vector; 2] = [
    Vector {
        name: "16.2 ES256 credential with no attestation",
        challenges: [
            "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
            "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
        ],
        id: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
        registration: [
            concat!(
                "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d50743455",
                "7878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e22",
                "3a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578",
                "74726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e646564207769746820",
                "6164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a",
                "20426b5165446a646354427258426941774a544c453551227d",
            ),
            concat!(
                "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4",
                "735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2",
                "fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86",
                "ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed7",
                "3290af2e2664796b9220",
            ),
        ],
        assertion: [
            concat!(
                "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c",
                "5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268",
                "747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
            ),
            "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
            concat!(
                "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93",
                "538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
            ),
        ],
        backup: [true, true],
    },
    Vector {
        name: "16.11 packed attestation with Ed25519 credential",
        challenges: [
            "a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd",
            "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
        ],
        id: "ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bd",
        registration: [
            concat!(
                "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22714b7635327233",
                "47734e396a526d733576616e6f6f306f303459557a656c6e7878586d5a426e6254733730222c226f726967696e22",
                "3a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578",
                "74726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e646564207769746820",
                "6164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a",
                "20425f44543567375a445f2d394f544c59583549764551227d",
            ),
            concat!(
                "a363666d74667061636b65646761747453746d74a363616c67266373696758483046022100d83f60bd8026953758",
                "3218858aefb03ac57d45fa06e42feaae332d187f62da9f022100a02bd3cb6f7e1d283c93bad1f3f4b5a4c0494463",
                "da7fdbf256949116754d1f17637835638159022730820223308201c8a003020102021100b2cfc9ea33c8643b0e1a",
                "760463eaf164300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e20746573742076",
                "6563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f722041",
                "74746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33",
                "303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f",
                "7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573",
                "746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004",
                "dd2b7a564b73b8c0b81c4c62e521925c4d1198ec9f583dbf1eebe364b65cd9c29a9bdf346aaa81fb6b9507e5249a",
                "52fdaf8e39e26b0b7dc45992a7e233b70f70a360305e300c0603551d130101ff04023000300e0603551d0f0101ff",
                "040403020780301d0603551d0e041604140ae27546bc7eccb1b4b597bd354f0c0b1f1f8f8e301f0603551d230418",
                "3016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349003046022100a0d4",
                "34ecb5fc3bfd7da5f41904517ad2836249f561bd834ba7a438a8ab7a4ce8022100fac845bb7a02513b58e9f31965",
                "4dbe49b0f02b95835bac568c71f8a18cdde9ab6861757468446174615881bfabc37432958b063360d3ad6461c9c4",
                "735ae7f8edd46592a5e0f01452b2e4b54100000000d5aa33581e8ca478e20fe713f5d32ff20020ce9f840ed96599",
                "580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bda401010327200621582044e06ddd331c36a8dc667b",
                "ab52bcae63486c916aa5e339e6acebaa84934bf832",
            ),
        ],
        assertion: [
            concat!(
                "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d",
                "6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268",
                "747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
            ),
            "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
            concat!(
                "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fec",
                "b097d6607525713223a0dc0d453993dae00b",
            ),
        ],
        backup: [false, false],
    },
];

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn the_standards_own_ceremonies_verify_and_no_flipped_bit_of_them_does() {
    let origins = ["https://example.org".to_owned()];
    for vector in &VECTORS {
        let [first, second] = vector.challenges.map(|challenge| base64url(&hex(challenge)));
        let expected = |challenge| Expected {
            challenge,
            rp_id: "example.org",
            origins: &origins,
            user_verification: false,
        };
        let [client_data, object] = vector.registration.map(hex);
        let registration = Registration {
            id: hex(vector.id),
            client_data,
            attestation_object: object.clone(),
            transports: vec![],
        };
        let record = verify_registration(&expected(&first), &registration).unwrap();
        assert_eq!(record.id, hex(vector.id), "{}", vector.name);
        assert_eq!([record.backup_eligible, record.backed_up], vector.backup, "{}", vector.name);
        let strict = Expected { user_verification: true, ..expected(&first) };
        assert_eq!(
            verify_registration(&strict, &registration),
            Err(Wrong::UserVerification),
            "{}",
            vector.name
        );

        let [client_data, authenticator_data, signature] = vector.assertion.map(hex);
        let assertion =
            Assertion { id: hex(vector.id), client_data, authenticator_data, signature, user_handle: None };
        let said = verify_assertion(&expected(&second), &record, &assertion).unwrap();
        assert_eq!((said.sign_count, said.user_verified), (0, false), "{}", vector.name);
        assert_eq!(verify_assertion(&expected(&first), &record, &assertion), Err(Wrong::Challenge));
        let other = Record { public_key: VECTORS_OTHER_KEY.map(hex).concat(), ..record.clone() };
        assert_eq!(verify_assertion(&expected(&second), &other, &assertion), Err(Wrong::Signature));
        for part in 0..4 {
            let length =
                [&assertion.id, &assertion.client_data, &assertion.authenticator_data, &assertion.signature]
                    [part]
                    .len();
            for bit in 0..length * 8 {
                let mut lie = assertion.clone();
                let bytes =
                    [&mut lie.id, &mut lie.client_data, &mut lie.authenticator_data, &mut lie.signature];
                let bytes = bytes.into_iter().nth(part).unwrap();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    verify_assertion(&expected(&second), &record, &lie).is_err(),
                    "{} {part} {bit}",
                    vector.name
                );
            }
        }
        // What is cut short or goes on is no attestation object.
        for end in 0..object.len() {
            let cut = Registration { attestation_object: object[..end].to_vec(), ..registration.clone() };
            assert_eq!(
                verify_registration(&expected(&first), &cut),
                Err(Wrong::Shape),
                "{} {end}",
                vector.name
            );
        }
        let longer = [object, vec![0]].concat();
        let longer = Registration { attestation_object: longer, ..registration };
        assert_eq!(verify_registration(&expected(&first), &longer), Err(Wrong::Shape), "{}", vector.name);
    }
}

/// A key that signed none of them: P-256's generator (SEC 2 §2.4.2).
const VECTORS_OTHER_KEY: [&str; 4] = [
    "a5010203262001215820",
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "225820",
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
];

/// What browsers answered to one challenge, for a user that is called `user`, as their JSON has it.
struct Recorded {
    name: &'static str,
    id: &'static str,
    created: &'static str,
    object: &'static str,
    got: &'static str,
    data: &'static str,
    signature: &'static str,
    /// The counter after each.
    counts: [u32; 2],
}

const ASKED: &str = "aG93IGRvIHlvdSBkbyBob3cgZG8geW91IGRv";

const RECORDED: [Recorded; 2] = [
    Recorded {
        name: "the password manager of the passkey crates, 0.6.0",
        id: "tQJ7096C3Yr1XbmDndLV0g",
        created: concat!(
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYUc5M0lHUnZJSGx2ZFNCa2J5Qm9iM2NnWkc4Z2VX",
            "OTFJR1J2Iiwib3JpZ2luIjoiaHR0cHM6Ly9hdXRoLmV4YW1wbGUuY29tIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
        ),
        object: concat!(
            "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViUwgTIVP_l81o7hSCL2YnGDRxW1Wz9mm4vWPKLltF-BzNdAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAELUCe9Pegt2K9V25g53S1dKlAQIDJiABIVgg4megTGFr_IImMV4bzyZ-eKw3aKF0n5vdpFNW",
            "CgYBhNUiWCBKK7y8Uw5ee8I7dd9cdz8_4rUG6sg4_P_ZqGxqynPcRw",
        ),
        got: concat!(
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiYUc5M0lHUnZJSGx2ZFNCa2J5Qm9iM2NnWkc4Z2VXOTFJ",
            "R1J2Iiwib3JpZ2luIjoiaHR0cHM6Ly9hdXRoLmV4YW1wbGUuY29tIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
        ),
        data: "wgTIVP_l81o7hSCL2YnGDRxW1Wz9mm4vWPKLltF-BzMdAAAAAA",
        signature: concat!(
            "MEYCIQCeC9o_91-4iNyGCTlPgygxzRlJVWeUJJUA5AeqEnjixAIhAJZR44eCPcKe-sGgbWNU-SJs8gGvk9Ny2XcrXi6H",
            "OvV-",
        ),
        counts: [0, 0],
    },
    Recorded {
        name: "Chromium's virtual authenticator",
        id: "b_v3h3cZP78CWgeScWkmLJoXIe9_5MwQVV13US3kriw",
        created: concat!(
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYUc5M0lHUnZJSGx2ZFNCa2J5Qm9iM2NnWkc4Z2VX",
            "OTFJR1J2Iiwib3JpZ2luIjoiaHR0cHM6Ly9hdXRoLmV4YW1wbGUuY29tIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
        ),
        object: concat!(
            "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViBwgTIVP_l81o7hSCL2YnGDRxW1Wz9mm4vWPKLltF-BzNNAAAAAQEC",
            "AwQFBgcIAQIDBAUGBwgAIG_794d3GT-_AloHknFpJiyaFyHvf-TMEFVdd1Et5K4spAEBAycgBiFYIKeaoK34chIHbaW8",
            "d5jvA7Lluu_CJVhyJgDKHcD_mAXC",
        ),
        got: concat!(
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiYUc5M0lHUnZJSGx2ZFNCa2J5Qm9iM2NnWkc4Z2VXOTFJ",
            "R1J2Iiwib3JpZ2luIjoiaHR0cHM6Ly9hdXRoLmV4YW1wbGUuY29tIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
        ),
        data: "wgTIVP_l81o7hSCL2YnGDRxW1Wz9mm4vWPKLltF-BzMNAAAAAg",
        signature: "m244P_H60NRkoLE2UhpWnVuADYaBks6JWbJJa9ShY6pPvjR8OKB5uTW02q3s3pI17UdBjtqexe56-JFcEFtZCA",
        counts: [1, 2],
    },
];

#[test]
fn what_browsers_answered_registers_and_signs_in() {
    let origins = [ORIGIN.to_owned()];
    let rp_id = "auth.example.com";
    let expected = Expected { challenge: ASKED, rp_id, origins: &origins, user_verification: true };
    for recorded in &RECORDED {
        let Recorded { name, id, created, object, got, data, signature, counts } = recorded;
        let credential = |response: Value| {
            json!({
                "id": id, "rawId": id, "type": "public-key", "response": response,
                "authenticatorAttachment": "platform", "clientExtensionResults": {},
            })
        };
        let response =
            json!({ "clientDataJSON": created, "attestationObject": object, "transports": ["internal"] });
        let registration = Registration::parse(&credential(response)).unwrap();
        let record = verify_registration(&expected, &registration).unwrap();
        assert!(record.backup_eligible, "{name}");
        let response = json!({
            "clientDataJSON": got, "authenticatorData": data, "signature": signature, "userHandle": "dXNlcg",
        });
        let assertion = Assertion::parse(&credential(response)).unwrap();
        assert_eq!(assertion.user_handle.as_deref(), Some(&b"user"[..]), "{name}");
        let said = verify_assertion(&expected, &record, &assertion).unwrap();
        assert!(said.user_verified, "{name}");
        assert_eq!([record.sign_count, said.sign_count], *counts, "{name}");
    }
}
