//! Quarantine: a plugin that keeps breaking is not run any more. Counts crashes in a row, per component.

use std::collections::HashMap;

use crate::limits;
use crate::plugin::Crash;
use crate::word::Digest;

/// Components that broke at their last call, and how often in a row. Others need no entry, so it is no
/// larger than the set of loaded components.
#[derive(Debug, Default)]
pub struct Crashes(HashMap<Digest, u32>);

impl Crashes {
    /// Notes that a call came back, with whatever the plugin said.
    pub fn ran(&mut self, component: &Digest) {
        self.0.remove(component);
    }

    /// Notes a crash and tells whether it is the one that puts the component into quarantine.
    pub fn crashed(&mut self, component: Digest) -> bool {
        let count = self.0.entry(component).or_default();
        *count = count.saturating_add(1);
        *count == limits::QUARANTINE_CRASHES
    }

    /// Begins anew: it was let out of quarantine.
    pub fn forget(&mut self, component: &Digest) {
        self.0.remove(component);
    }
}

/// Returns the reason that stands with the control. It names the component, so that another one under
/// the same plugin's name is seen to be another.
pub fn reason(component: &Digest, last: &Crash) -> String {
    format!(
        "component {} broke {} times in a row, last: {last}",
        component.short(),
        limits::QUARANTINE_CRASHES
    )
}

/// Tells whether a control with this reason is about this component.
pub fn is_about(reason: &str, component: &Digest) -> bool {
    reason.contains(&component.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::CrashKind;

    #[test]
    fn so_many_crashes_in_a_row_are_told_once() {
        let (mut crashes, component) = (Crashes::default(), Digest::of(b"a"));
        for _ in 1..limits::QUARANTINE_CRASHES {
            assert!(!crashes.crashed(component));
        }

        assert!(crashes.crashed(component));
        assert!(!crashes.crashed(component), "a call that was under way already");

        crashes.forget(&component);
        assert!(!crashes.crashed(component));
    }

    #[test]
    fn one_good_call_begins_the_count_anew() {
        let (mut crashes, component, other) = (Crashes::default(), Digest::of(b"a"), Digest::of(b"b"));
        for _ in 1..limits::QUARANTINE_CRASHES {
            crashes.crashed(component);
            crashes.crashed(other);
        }
        crashes.ran(&component);

        assert!(!crashes.crashed(component));
        assert!(crashes.crashed(other), "another component is not forgiven with it");
    }

    #[test]
    fn a_reason_names_its_component() {
        let crash = Crash { kind: CrashKind::Trap, message: "unreachable".into() };
        let text = reason(&Digest::of(b"a"), &crash);

        assert!(is_about(&text, &Digest::of(b"a")) && !is_about(&text, &Digest::of(b"b")));
        assert!(text.ends_with("times in a row, last: trap: unreachable"), "{text}");
    }
}
