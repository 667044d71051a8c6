//! Every preset's data reads; what the vectors say of the schemes stands beside them.

use super::*;
use crate::template::Template;

#[test]
fn every_preset_reads_and_compiles() {
    assert!(Preset::names().count() > 0);
    let token = Secret::from("made up");
    for name in Preset::names() {
        let preset = Preset::named(name).expect("names() lists it");

        assert!(preset.verification(vec![]).is_ok(), "{name}");
        assert!(preset.hmac.is_some() != preset.api_key.is_some(), "{name}");
        assert!(preset.split().is_ok(), "{name}");
        assert_eq!(preset.handshakes(Some(&token)).expect(name).len(), preset.handshakes.len(), "{name}");
        for template in preset.event_type.iter().chain(&preset.dedupe) {
            assert!(Template::parse(template).is_ok(), "{name}: {template}");
        }
        let sources = preset.handshakes.iter().map(|handshake| &handshake.source).chain([&preset.source]);
        assert!(sources.into_iter().all(|source| source.starts_with("https://")), "{name}");
        assert!(preset.about.len() > 5, "{name}");
    }
}

#[test]
fn a_handshake_that_asks_for_a_token_is_left_out_without_one() {
    let preset = Preset::named("meta").expect("there is one");

    assert!(preset.takes_token());
    assert_eq!(preset.handshakes(None).expect("reads").len(), 0);
    assert!(!Preset::named("slack").expect("there is one").takes_token());
}
