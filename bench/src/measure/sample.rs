//! Numbers out of many: a median with its range, and percentiles.

/// What many measurements of one thing say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Half of them are below, half above.
    pub median: f64,
    /// The lowest.
    pub least: f64,
    /// The highest.
    pub most: f64,
}

impl Sample {
    /// None of no values.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { median, least, most })
    }

    /// Whether all of these are below all of those: no chance of the day puts one before the other.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self.most < other.least
    }
}

/// The value that this share of them does not exceed (nearest rank); none of no values.
#[must_use]
pub fn percentile(sorted: &[u64], share: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank is a small whole number"
    )]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle_of_any_order() {
        assert_eq!(Sample::of(vec![3.0, 1.0, 2.0]), Some(Sample { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(Sample::of(vec![4.0, 1.0, 3.0, 2.0]), Some(Sample { median: 2.5, least: 1.0, most: 4.0 }));
        assert_eq!(Sample::of(vec![7.0]), Some(Sample { median: 7.0, least: 7.0, most: 7.0 }));
        assert_eq!(Sample::of(Vec::new()), None);
    }

    #[test]
    fn below_is_below_without_overlap() {
        let sample = |least, most| Sample { median: least, least, most };
        assert!(sample(1.0, 2.0).is_below(&sample(2.1, 3.0)));
        assert!(!sample(1.0, 2.0).is_below(&sample(2.0, 3.0)));
        assert!(!sample(2.1, 3.0).is_below(&sample(1.0, 2.0)));
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let values: Vec<u64> = (1..=1_000).collect();
        let at = |share| percentile(&values, share);
        assert_eq!((at(0.5), at(0.99), at(0.999), at(1.0), at(0.0)), (Some(500), Some(990), Some(999), Some(1_000), Some(1)));
        assert_eq!(percentile(&[5], 0.999), Some(5));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
