//! The figures of a round, their units, and the goals the gateway has for them.

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// Events answered 2xx a second, saturated.
    AcceptedPerS,
    /// Events arriving at the sink a second, saturated.
    DeliveredPerS,
    /// Time the backlog took after the load had ended.
    DrainS,
    /// Events answered 2xx a second that no route takes, saturated.
    AcceptOnlyPerS,
    /// Send to answer of those, 99th percentile.
    AcceptOnlyP99Ms,
    /// CPU of one of those.
    AcceptOnlyCpuUs,
    /// Send to arrival at 50/s, median.
    ArrivalP50Ms,
    /// Send to arrival at 50/s, 99th percentile.
    ArrivalP99Ms,
    /// CPU of the system for an event's whole way.
    CpuUs,
    /// CPU of generator and sink for the same.
    BenchCpuUs,
    /// Written to storage for an event's whole way.
    WrittenKib,
    /// Resident memory before the first event.
    RssIdleMib,
    /// Resident memory at the end of the saturated window.
    RssSaturatedMib,
    /// The most that was resident until then.
    RssPeakMib,
}

/// What is wanted of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// At least this share of the bare loop.
    ShareMin(f64),
    /// At most this much.
    Max(f64),
    /// A figure to read, not to reach.
    None,
}

impl Figure {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 14] = [
        Self::AcceptedPerS,
        Self::DeliveredPerS,
        Self::DrainS,
        Self::AcceptOnlyPerS,
        Self::AcceptOnlyP99Ms,
        Self::AcceptOnlyCpuUs,
        Self::ArrivalP50Ms,
        Self::ArrivalP99Ms,
        Self::CpuUs,
        Self::BenchCpuUs,
        Self::WrittenKib,
        Self::RssIdleMib,
        Self::RssSaturatedMib,
        Self::RssPeakMib,
    ];

    /// Returns its name with its unit.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::AcceptedPerS => "accepted /s, saturated",
            Self::DeliveredPerS => "delivered /s, saturated",
            Self::DrainS => "backlog gone after, s",
            Self::AcceptOnlyPerS => "accept only /s, saturated",
            Self::AcceptOnlyP99Ms => "accept only, answer p99, ms",
            Self::AcceptOnlyCpuUs => "accept only, CPU per event, us",
            Self::ArrivalP50Ms => "send -> arrival at 50/s, p50, ms",
            Self::ArrivalP99Ms => "send -> arrival at 50/s, p99, ms",
            Self::CpuUs => "CPU per event, us",
            Self::BenchCpuUs => "generator + sink CPU per event, us",
            Self::WrittenKib => "written per event, KiB",
            Self::RssIdleMib => "memory idle, MiB",
            Self::RssSaturatedMib => "memory saturated, MiB",
            Self::RssPeakMib => "memory peak, MiB",
        }
    }

    /// Returns what the gateway is to reach.
    pub(crate) fn goal(self) -> Goal {
        match self {
            Self::DeliveredPerS | Self::AcceptOnlyPerS => Goal::ShareMin(0.60),
            Self::AcceptOnlyP99Ms => Goal::Max(25.0),
            Self::ArrivalP50Ms => Goal::Max(2.5),
            Self::ArrivalP99Ms => Goal::Max(8.0),
            Self::CpuUs => Goal::Max(130.0),
            // With dedupe, which is on by default.
            Self::WrittenKib => Goal::Max(24.0),
            Self::RssIdleMib => Goal::Max(40.0),
            Self::RssSaturatedMib => Goal::Max(150.0),
            Self::AcceptedPerS
            | Self::DrainS
            | Self::AcceptOnlyCpuUs
            | Self::BenchCpuUs
            | Self::RssPeakMib => Goal::None,
        }
    }
}

impl Goal {
    /// Tells whether it is met by a value and its share of the bare loop; `None` where there is no goal.
    pub(crate) fn is_met(self, value: f64, share: f64) -> Option<bool> {
        match self {
            Self::ShareMin(min) => Some(share >= min),
            Self::Max(max) => Some(value <= max),
            Self::None => None,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ShareMin(min) => write!(f, ">= {:.0} % of bare", min * 100.0),
            Self::Max(max) => write!(f, "<= {max}"),
            Self::None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_edge() {
        for (goal, value, share, met) in [
            (Goal::Max(8.0), 8.0, 9.9, Some(true)),
            (Goal::Max(8.0), 8.1, 0.0, Some(false)),
            (Goal::ShareMin(0.6), 0.0, 0.6, Some(true)),
            (Goal::ShareMin(0.6), 9e9, 0.59, Some(false)),
            (Goal::None, 0.0, 0.0, None),
        ] {
            assert_eq!(goal.is_met(value, share), met, "{goal:?}");
        }
    }

    #[test]
    fn every_figure_stands_once_in_the_report() {
        let all: std::collections::BTreeSet<_> = Figure::ALL.into_iter().collect();

        assert_eq!(all.len(), Figure::ALL.len());
    }
}
