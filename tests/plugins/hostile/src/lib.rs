//! Plugins of somebody who means harm, compiled as any plugin: the environment variable HOSTILE says at build time
//! which of them it is. Without one it passes events on.

use std::hint::black_box;

use hookgate_plugin::{Event, Message, Stop, Transform, export, log};

/// Which of them this is.
const KIND: &str = match option_env!("HOSTILE") {
    Some(kind) => kind,
    None => "",
};

const MIB: usize = 1 << 20;

struct Hostile;

impl Transform for Hostile {
    fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
        match KIND {
            "spins" => spin(),
            "hoards" => hoard(),
            "recurses" => Ok(vec![Message::text(deep(1).to_string())]),
            "panics" => panic!("event {} is not to my liking", event.id()),
            "swells" => Ok(vec![Message::bytes(vec![b'x'; 5 * MIB])]),
            "chatters" => chatter(),
            _ => Ok(vec![Message::pass()]),
        }
    }
}

export!(Hostile: Transform);

fn spin() -> ! {
    let mut turns = 0u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn hoard() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; MIB]));
    }
}

/// Calls itself twice, so that no compiler makes a loop of it.
fn deep(turn: u64) -> u64 {
    let room = black_box([turn; 64]);
    if room[0] == 0 { 0 } else { deep(room[0] + 1) + deep(room[63] + 2) }
}

fn chatter() -> ! {
    let line = "x".repeat(60_000);
    loop {
        log::info(&line);
    }
}

#[cfg(test)]
mod tests {
    use hookgate_plugin::testing::{Event, Host};

    use super::*;

    #[test]
    fn without_a_kind_an_event_goes_on_as_it_came() {
        let messages = Host::new().transform::<Hostile>(&Event::bytes("{}")).expect("a message");

        assert_eq!(messages, [Message::pass()]);
    }
}
