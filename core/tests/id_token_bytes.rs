//! A signed token, damaged byte by byte, and written in ways that are almost right.

mod keyring;

use keyring::{
    ACCESS_TOKEN, CLIENT_ID, EC, NONCE, RSA, Token, assert_accepted, assert_outcome, assert_refused, encode, expect,
    expect_all, judge, msn, offline, signed,
};
use vipps_partner_auth::{ErrorKind, Expect, Flow, IdTokenVerifier};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const FOREIGN: &str = ".=+/ \t\n\r\0,\"{}%\u{7f}é\u{200b}😀";

/// All expectations that the good token meets, so that no check is left out.
fn strictest(flow: Flow) -> Expect {
    expect_all().flow(flow)
}

/// A verifier that has already seen the good token, so that its header is known: the shortest way through the checks.
fn acquainted(good: &str, flow: Flow) -> IdTokenVerifier {
    let verifier = offline(&[&RSA, &EC]);
    assert_accepted(&verifier, good, &strictest(flow));
    verifier
}

/// Counts how many of these tokens were refused for the token's own sake; none must be accepted.
fn all_refused(verifier: &IdTokenVerifier, expect: &Expect, tokens: impl Iterator<Item = String>) -> usize {
    tokens
        .map(|token| {
            let error = judge(verifier, &token, expect).expect_err(&token);
            assert_eq!(error.kind(), ErrorKind::InvalidIdToken, "{token}");
        })
        .count()
}

fn with_char(token: &str, at: usize, to: char) -> String {
    format!("{}{to}{}", &token[..at], &token[at + 1..])
}

/// Each position given each of these characters that it does not hold already.
fn changed<'a>(token: &'a str, to: &'a str) -> impl Iterator<Item = String> + 'a {
    (0..token.len()).flat_map(move |at| {
        let own = char::from(token.as_bytes()[at]);
        to.chars().filter(move |to| *to != own).map(move |to| with_char(token, at, to))
    })
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let expect = strictest(Flow::Browser);
    let some = format!("AZaz09-_Qg{FOREIGN}");
    let refused = all_refused(&acquainted(&good, Flow::Browser), &expect, changed(&good, &some));
    assert!(refused > good.len() * (some.chars().count() - 1), "{refused} tokens were tried");
}

#[test]
fn no_bit_of_a_token_can_be_flipped() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let (known, unknown) = (acquainted(&good, Flow::Browser), offline(&[&RSA, &EC]));
    let flips = || {
        (0..good.len() * 7).map(|bit| {
            let byte = good.as_bytes()[bit / 7] ^ (1 << (bit % 7));
            with_char(&good, bit / 7, char::from(byte))
        })
    };
    assert_eq!(all_refused(&known, &strictest(Flow::Browser), flips()), good.len() * 7);
    assert_eq!(all_refused(&unknown, &strictest(Flow::Browser), flips()), good.len() * 7);
}

#[test]
fn no_byte_of_an_es256_token_can_be_changed() {
    let good = Token::of(&EC).signed_by(&EC);
    let expect = strictest(Flow::Backchannel);
    let refused = all_refused(&acquainted(&good, Flow::Backchannel), &expect, changed(&good, "AQgw_.= "));
    assert!(refused > good.len() * 7, "{refused} tokens were tried");
}

#[test]
fn the_last_character_of_each_part_has_one_spelling() {
    // Payloads of all three lengths modulo 3, so that the last character holds 0, 2 and 4 loose bits.
    for padding in ["", "x", "xx"] {
        let good = Token::of(&RSA).with("jti", padding).signed_by(&RSA);
        let ends: Vec<_> = good.match_indices('.').map(|(dot, _)| dot - 1).chain([good.len() - 1]).collect();
        assert_eq!(ends.len(), 3);
        let verifier = acquainted(&good, Flow::Browser);
        for end in ends {
            let own = char::from(good.as_bytes()[end]);
            let others = ALPHABET.chars().filter(|to| *to != own).map(|to| with_char(&good, end, to));
            assert_eq!(all_refused(&verifier, &strictest(Flow::Browser), others), 63);
        }
    }
}

#[test]
fn loose_last_bits_are_a_matter_of_form() {
    // 256 bytes of signature end in a character with four loose bits: these spellings decode to the same bytes.
    let good = Token::of(&RSA).signed_by(&RSA);
    let last = good.len() - 1;
    let value = ALPHABET.find(&good[last..]).expect("a character of the alphabet");
    for loose in 1..16 {
        let twin = with_char(&good, last, char::from(ALPHABET.as_bytes()[value & !15 | (value + loose) & 15]));
        assert_refused(&acquainted(&good, Flow::Browser), &twin, &strictest(Flow::Browser), "form");
    }
}

#[test]
fn no_token_can_be_cut_short() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let verifier = acquainted(&good, Flow::Browser);
    let heads = (0..good.len()).map(|end| good[..end].to_owned());
    let tails = (1..good.len()).map(|start| good[start..].to_owned());
    let holes = (0..good.len()).map(|at| format!("{}{}", &good[..at], &good[at + 1..]));
    let refused = all_refused(&verifier, &strictest(Flow::Browser), heads.chain(tails).chain(holes));
    assert_eq!(refused, 3 * good.len() - 1);
}

#[test]
fn nothing_can_be_put_into_a_token() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let verifier = acquainted(&good, Flow::Browser);
    let added = format!("A_{FOREIGN}");
    let wider = (0..=good.len())
        .flat_map(|at| added.chars().map(move |more| (at, more)).collect::<Vec<_>>())
        .map(|(at, more)| format!("{}{more}{}", &good[..at], &good[at..]));
    let refused = all_refused(&verifier, &strictest(Flow::Browser), wider);
    assert_eq!(refused, (good.len() + 1) * added.chars().count());
}

#[test]
fn longer_tails_are_refused_too() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let verifier = acquainted(&good, Flow::Browser);
    let tails = ["AA", "AAA", "AAAA", "==", "=", ".", "..", ".AAAA", &good, "\r\n", "AAAAAAAAAAAAAAAAAAAAAAAA"];
    let longer = tails.iter().flat_map(|tail| [format!("{good}{tail}"), format!("{tail}{good}")]);
    assert_eq!(all_refused(&verifier, &strictest(Flow::Browser), longer), 2 * tails.len());
}

#[test]
fn a_token_has_exactly_three_parts() {
    let good = Token::of(&RSA).signed_by(&RSA);
    let verifier = acquainted(&good, Flow::Browser);
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let wrong = [
        String::new(),
        ".".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{good}"),
        format!("{header}.{payload}.{payload}.{signature}"),
        format!("{header}.AAAA.AAAA.AAAA.{signature}"),
        format!("{header}..{payload}.{signature}"),
        // Three parts, but an empty header is no header.
        "..".to_owned(),
        format!(".{payload}.{signature}"),
    ];
    for token in &wrong {
        assert_outcome(&judge(&verifier, token, &expect()), "form", token);
    }
    for token in [format!("{header}.{payload}."), format!("{header}..{signature}")] {
        assert_refused(&verifier, &token, &expect(), "signature");
    }
}

#[test]
fn another_base64_is_no_base64url() {
    // A payload that makes use of both characters in which the alphabets differ.
    let token = Token::of(&RSA).with("jti", "~~~???>>>ÿÿÿ");
    let payload = (0..64)
        .map(|spaces| format!("{}{}", token.claims.json(), " ".repeat(spaces)))
        .find(|payload| encode(payload).contains('-') && encode(payload).contains('_'))
        .expect("a payload with both characters");
    let good = signed(&token.header.json(), &payload, &RSA);
    let (input, signature) = good.rsplit_once('.').expect("three parts");
    let (header, body) = input.split_once('.').expect("three parts");
    let verifier = acquainted(&good, Flow::Browser);

    let standard = |part: &str| part.replace('-', "+").replace('_', "/");
    let wrong = [
        format!("{header}.{}.{signature}", standard(body)),
        format!("{header}.{}.{signature}", body.replace('-', "+")),
        format!("{header}.{}.{signature}", body.replace('_', "/")),
        format!("{header}.{body}=.{signature}"),
        format!("{header}.{body}==.{signature}"),
        format!("{header}=.{body}.{signature}"),
        format!("{header}.{body}.{signature}=="),
        format!("{header}.{body}.{signature}="),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{header} .{body}.{signature}"),
        format!("{header}.{}\n{}.{signature}", &body[..76], &body[76..]),
        format!("{header}.{}%2D{}.{signature}", &body[..8], &body[8..]),
    ];
    for token in &wrong {
        assert_outcome(&judge(&verifier, token, &strictest(Flow::Browser)), "form", token);
    }
}

#[test]
fn the_signature_is_over_the_text_and_not_over_its_meaning() {
    // Signed rightly, but the parts are written with padding: what is signed is not strict base64url.
    for (header_tail, payload_tail) in [("=", ""), ("", "="), ("", "=="), ("\n", ""), ("", " ")] {
        let token = Token::of(&RSA);
        let input =
            format!("{}{header_tail}.{}{payload_tail}", encode(token.header.json()), encode(token.claims.json()));
        let jwt = format!("{input}.{}", encode(RSA.sign(input.as_bytes())));
        assert_refused(&offline(&[&RSA]), &jwt, &expect(), "form");
    }
}

#[test]
fn sixteen_kibibytes_are_the_limit_to_the_byte() {
    // The header grows in steps that the payload can't make, so that both lengths are hit exactly.
    let sized = |header: usize, payload: usize| {
        Token::of(&RSA).header("x", "h".repeat(header)).with("jti", "p".repeat(payload)).signed_by(&RSA)
    };
    let around = |length: usize| {
        let base = sized(0, 0).len();
        let payload = (length - base) * 3 / 4 - 8;
        (0..12)
            .flat_map(|header| (0..12).map(move |more| (header, payload + more)))
            .map(|(header, payload)| sized(header, payload))
            .find(|token| token.len() == length)
            .expect("a token of this length")
    };
    let verifier = offline(&[&RSA]);
    assert_accepted(&verifier, &around(16_384), &expect());
    assert_refused(&verifier, &around(16_385), &expect(), "form");
}

#[test]
fn an_empty_or_foreign_signature_is_refused() {
    let token = Token::of(&RSA);
    let verifier = acquainted(&token.signed_by(&RSA), Flow::Browser);
    let signatures = [vec![], vec![0; 256], vec![0xff; 256], vec![1], vec![0; 255], vec![0; 257], vec![0; 8192]];
    for signature in signatures {
        let jwt = token.signed_with(|_| signature);
        assert_refused(&verifier, &jwt, &expect(), "signature");
    }
    let padded = token.signed_with(|input| [&[0], &*RSA.sign(input)].concat());
    assert_refused(&verifier, &padded, &expect(), "signature");
}

#[test]
fn an_es256_signature_is_two_numbers_of_32_bytes() {
    let token = Token::of(&EC);
    let (verifier, expect) = (offline(&[&EC]), expect().flow(Flow::Backchannel));
    assert_accepted(&verifier, &token.signed_by(&EC), &expect);
    let der = |signature: &[u8]| {
        let number = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
        [&[0x30, 70], &*number(&signature[..32]), &*number(&signature[32..])].concat()
    };
    assert_refused(&verifier, &token.signed_with(|input| der(&EC.sign(input))), &expect, "signature");
    assert_refused(&verifier, &token.signed_with(|_| vec![0; 64]), &expect, "signature");
    let swapped = token.signed_with(|input| {
        let signature = EC.sign(input);
        [&signature[32..], &signature[..32]].concat()
    });
    assert_refused(&verifier, &swapped, &expect, "signature");
}

#[test]
fn the_payload_is_not_looked_at_before_the_signature() {
    let token = Token::of(&RSA);
    for payload in ["", "no json", "[]", r#"{"a":1,"a":2}"#] {
        let input = format!("{}.{}", encode(token.header.json()), encode(payload));
        let forged = format!("{input}.{}", encode([7; 256]));
        assert_refused(&offline(&[&RSA]), &forged, &expect(), "signature");
        let real = signed(&token.header.json(), payload, &RSA);
        assert_refused(&offline(&[&RSA]), &real, &expect(), "form");
    }
}

#[test]
fn the_good_token_is_good_for_what_it_says() {
    let claims = assert_accepted(&offline(&[&RSA]), &Token::of(&RSA).signed_by(&RSA), &expect_all());
    assert_eq!((claims.msn(), claims.sub()), (&msn(), "c0ffee00-0000-4000-8000-000000000001"));
    assert_eq!(claims.claim::<String>("nonce").as_deref(), Some(NONCE));
    assert_eq!(claims.claim::<Vec<String>>("aud"), Some(vec![CLIENT_ID.to_owned()]));
    assert_eq!(claims.claim::<u64>("nonce"), None);
    assert_eq!(claims.claim::<String>("absent"), None);
    assert_eq!(claims.json(), Token::of(&RSA).claims.json());
    assert!(!format!("{claims:?} {:?}", expect_all()).contains(ACCESS_TOKEN));
}
