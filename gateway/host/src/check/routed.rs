//! What the role `route` returned.

use hookgate_core::plugin::{Crash, Stop};

use super::{check_stop, incompatible};
use crate::wire::WireRouted;

/// Checks what the role `route` returned: names among the candidates. A name that stands there twice counts
/// once.
pub(crate) fn routed(routed: WireRouted, candidates: &[String]) -> Result<Result<Vec<String>, Stop>, Crash> {
    let names = match routed {
        Ok(names) => names,
        Err(stop) => return check_stop(stop).map(Err),
    };
    let mut chosen: Vec<String> = Vec::with_capacity(candidates.len());
    for name in names {
        if !candidates.contains(&name) {
            return Err(incompatible(&format!(
                "the guest chose {name:?}, which is not among the candidates {}",
                candidates.join(", ")
            )));
        }
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    Ok(Ok(chosen))
}

#[cfg(test)]
mod tests {
    use hookgate_core::plugin::CrashKind;

    use super::*;
    use crate::wire::WireStop;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn some_of_the_candidates_come_back_each_once() {
        let candidates = names(&["a", "b", "c"]);

        assert_eq!(routed(Ok(names(&["c", "a", "c"])), &candidates), Ok(Ok(names(&["c", "a"]))));
        assert_eq!(routed(Ok(Vec::new()), &candidates), Ok(Ok(Vec::new())));
        let skip = routed(Err(WireStop::Skip("none".into())), &candidates);
        assert_eq!(skip, Ok(Err(Stop::Skip("none".into()))));
    }

    #[test]
    fn a_name_that_is_no_candidate_is_incompatible() {
        let crash = routed(Ok(names(&["a", "d"])), &names(&["a", "b"])).expect_err("d is none");

        assert_eq!(crash.kind, CrashKind::Incompatible);
        assert_eq!(crash.message, "the guest chose \"d\", which is not among the candidates a, b");
    }
}
