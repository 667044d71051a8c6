//! Fairness: in which order lanes are asked for work. Tenants take turns first, then their lanes, so that
//! neither a tenant with many destinations nor a destination with many deliveries comes before others.

use std::collections::BTreeMap;

use crate::delivery::Lane;
use crate::word::ScopeId;

/// Returns the lanes in the order of one look. `turn` grows by one each look and moves every beginning on,
/// so that over as many looks as there are lanes each of them was first.
pub fn order(lanes: Vec<Lane>, turn: usize) -> Vec<Lane> {
    let mut tenants: BTreeMap<ScopeId, Vec<Lane>> = BTreeMap::new();
    for lane in lanes {
        tenants.entry(lane.scope).or_default().push(lane);
    }
    let mut tenants: Vec<Vec<Lane>> = tenants.into_values().collect();
    if tenants.is_empty() {
        return Vec::new();
    }
    let begin = turn % tenants.len();
    tenants.rotate_left(begin);
    let longest = tenants.iter().map(Vec::len).max().unwrap_or_default();
    for lanes in &mut tenants {
        lanes.sort_unstable();
        let begin = turn % lanes.len();
        lanes.rotate_left(begin);
    }
    (0..longest).flat_map(|nth| tenants.iter().filter_map(move |lanes| lanes.get(nth).copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::NameId;

    fn lane(scope: i64, id: i64) -> Lane {
        Lane { scope: ScopeId(scope), id: NameId(id) }
    }

    fn ordered(turn: usize, lanes: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let lanes = lanes.iter().map(|(scope, id)| lane(*scope, *id)).collect();
        order(lanes, turn).into_iter().map(|lane| (lane.scope.0, lane.id.0)).collect()
    }

    #[test]
    fn tenants_take_turns_and_then_their_lanes() {
        let lanes = [(1, 13), (1, 11), (1, 12), (2, 21), (3, 32), (3, 31)];

        assert_eq!(ordered(0, &lanes), [(1, 11), (2, 21), (3, 31), (1, 12), (3, 32), (1, 13)]);
        assert_eq!(ordered(1, &lanes), [(2, 21), (3, 32), (1, 12), (3, 31), (1, 13), (1, 11)]);
    }

    #[test]
    fn each_lane_of_a_tenant_is_first_once_in_as_many_looks() {
        let lanes = [(1, 1), (1, 2), (1, 3)];

        let mut firsts: Vec<_> = (7..10).map(|turn| ordered(turn, &lanes)[0]).collect();
        firsts.sort_unstable();

        assert_eq!(firsts, lanes);
    }

    #[test]
    fn nothing_to_order_is_nothing() {
        assert!(order(Vec::new(), 5).is_empty());
        assert_eq!(ordered(usize::MAX, &[(1, 1)]), [(1, 1)]);
    }
}
