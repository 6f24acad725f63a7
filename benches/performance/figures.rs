//! Figures: samples become a distribution, two distributions become a ratio or a difference, and that meets its goal or
//! not.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One row of the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured, under what conditions.
    pub what: String,
    /// What is compared with the goal.
    pub value: f64,
    pub unit: Unit,
    pub goal: Option<Goal>,
    /// What the module did, and what it is compared with did.
    pub ours: Option<Distribution>,
    pub baseline: Option<Distribution>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Ours divided by the baseline.
    Times,
    Microseconds,
    Milliseconds,
    Seconds,
    PerSecond,
    Megabytes,
    Kilobytes,
    Requests,
    Instructions,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
}

/// What many measurements of the same thing have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    pub unit: Unit,
    pub runs: usize,
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
    /// From the first quartile to the third.
    pub spread: f64,
}

impl Figure {
    /// A figure that stands alone.
    pub fn alone(what: impl Into<String>, value: f64, unit: Unit, goal: Option<Goal>) -> Self {
        Self { what: what.into(), value, unit, goal, ours: None, baseline: None }
    }

    /// A figure of its own, with all its measurements.
    pub fn of(what: impl Into<String>, ours: Distribution, goal: Option<Goal>) -> Self {
        Self {
            what: what.into(),
            value: ours.median,
            unit: ours.unit,
            goal,
            ours: Some(ours),
            baseline: None,
        }
    }

    /// How many times the baseline ours is, in the median.
    pub fn ratio(
        what: impl Into<String>,
        ours: Distribution,
        baseline: Distribution,
        goal: Option<Goal>,
    ) -> Self {
        let value = ours.median / baseline.median;
        let (ours, baseline) = (Some(ours), Some(baseline));
        Self { what: what.into(), value, unit: Unit::Times, goal, ours, baseline }
    }

    /// By how much ours is more than the baseline, in the median.
    pub fn difference(
        what: impl Into<String>,
        ours: Distribution,
        baseline: Distribution,
        goal: Option<Goal>,
    ) -> Self {
        let value = ours.median - baseline.median;
        let unit = ours.unit;
        Self { what: what.into(), value, unit, goal, ours: Some(ours), baseline: Some(baseline) }
    }

    /// Whether the goal is met; a figure without a goal is there to be known.
    pub fn meets_goal(&self) -> bool {
        match self.goal {
            None => true,
            Some(Goal::AtMost(most)) => self.value <= most,
            Some(Goal::AtLeast(least)) => self.value >= least,
            Some(Goal::Exactly(value)) => self.value == value,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.meets_goal() { "✓" } else { "✗" };
        write!(formatter, "{mark} {}: {}", self.what, self.unit.show(self.value))?;
        if let Some(goal) = self.goal {
            write!(formatter, " ({})", goal.show(self.unit))?;
        }
        let details = [("ours", &self.ours), ("baseline", &self.baseline)];
        details.iter().try_for_each(|(name, distribution)| match distribution {
            Some(distribution) => write!(formatter, "; {name} {distribution}"),
            None => Ok(()),
        })
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, runs, median, p95, p99, spread } = self;
        let [median, p95, p99, spread] = [median, p95, p99, spread].map(|value| unit.show(*value));
        write!(formatter, "median {median}, p95 {p95}, p99 {p99}, spread {spread}, {runs} runs")
    }
}

impl Unit {
    /// A value with its unit, in as many digits as mean something.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.3} ×"),
            Self::Microseconds if value.abs() < 10.0 => format!("{value:.2} µs"),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Seconds => format!("{value:.0} s"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Megabytes => format!("{value:.2} MB"),
            Self::Kilobytes => format!("{value:.0} KB"),
            Self::Requests if value.fract() != 0.0 => format!("{value:.1}"),
            Self::Requests => format!("{value:.0}"),
            Self::Instructions => format!("{value:.0} instructions"),
        }
    }
}

impl Goal {
    pub fn show(self, unit: Unit) -> String {
        match self {
            Self::AtMost(value) => format!("≤ {}", unit.show(value)),
            Self::AtLeast(value) => format!("≥ {}", unit.show(value)),
            Self::Exactly(value) => format!("= {}", unit.show(value)),
        }
    }
}

/// Samples in seconds become a distribution in microseconds.
pub fn in_microseconds(samples: &[Duration]) -> Distribution {
    let values = samples.iter().map(|sample| sample.as_secs_f64() * 1e6).collect();
    distribution(Unit::Microseconds, values)
}

/// Samples in seconds become a distribution in milliseconds.
pub fn in_milliseconds(samples: &[Duration]) -> Distribution {
    let values = samples.iter().map(|sample| sample.as_secs_f64() * 1e3).collect();
    distribution(Unit::Milliseconds, values)
}

/// What any measurements have in common.
pub fn distribution(unit: Unit, mut values: Vec<f64>) -> Distribution {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let position = (part * (values.len() - 1) as f64).round() as usize;
        values[position]
    };
    Distribution {
        unit,
        runs: values.len(),
        median: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        spread: at(0.75) - at(0.25),
    }
}
