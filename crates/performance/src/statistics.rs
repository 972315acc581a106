//! What a few measurements say.

use crate::data::end_to_end::Ratio;

/// 97.5% of a normal distribution lie below: both sides of the interval together leave 5% out.
const NORMAL: f64 = 1.959_963_984_540_054;

/// The same of Student's t for one to five degrees of freedom, where the series does not converge well.
const FEW: [f64; 5] = [12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582];

/// The ratio of the first of each pair to the second: the mean, and its 95% interval. On logarithms, so that the ratio
/// the other way round is its reciprocal, and two windows of twice and half are no ratio above one. None for fewer than
/// two pairs, which say nothing about how far to trust them.
pub(crate) fn ratio(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Ratio> {
    let logs: Vec<f64> = pairs.into_iter().map(|(one, other)| (one / other).ln()).collect();
    let freedom = u32::try_from(logs.len()).ok()?.checked_sub(1).filter(|freedom| *freedom > 0)?;
    let (freedom, count) = (f64::from(freedom), f64::from(freedom) + 1.0);
    let mean = logs.iter().sum::<f64>() / count;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / freedom;
    let margin = student_t(freedom) * (variance / count).sqrt();
    Some(Ratio { mean: mean.exp(), low: (mean - margin).exp(), high: (mean + margin).exp() })
}

/// 97.5% of Student's t lie below, for whole degrees of freedom from one: the Cornish-Fisher expansion about the normal
/// distribution.
fn student_t(freedom: f64) -> f64 {
    if let Some((_, exact)) = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().zip(FEW).find(|(few, _)| freedom <= *few) {
        return exact;
    }
    let z = NORMAL;
    let terms = [
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
        (79.0 * z.powi(9) + 776.0 * z.powi(7) + 1_482.0 * z.powi(5) - 1_920.0 * z.powi(3) - 945.0 * z) / 92_160.0,
    ];
    terms.into_iter().rev().fold(0.0, |sum, term| (sum + term) / freedom) + z
}

/// The middle one, or the mean of the two in the middle; none of nothing.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper)) }
}

/// To so many decimal places: more digits would say nothing.
pub(crate) fn rounded(number: f64, places: i32) -> f64 {
    let parts = 10_f64.powi(places);
    (number * parts).round() / parts
}

/// A ratio to four decimal places, for the same reason.
pub(crate) fn short(ratio: Option<Ratio>) -> Option<Ratio> {
    ratio.map(|Ratio { mean, low, high }| Ratio {
        mean: rounded(mean, 4),
        low: rounded(low, 4),
        high: rounded(high, 4),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64, by: f64) -> bool {
        (one - other).abs() < by
    }

    #[test]
    fn students_t_is_that_of_the_tables() {
        for (freedom, t) in [
            (1.0, 12.706_2),
            (2.0, 4.302_7),
            (4.0, 2.776_4),
            (5.0, 2.570_6),
            (6.0, 2.446_9),
            (10.0, 2.228_1),
            (14.0, 2.144_8),
            (29.0, 2.045_2),
            (39.0, 2.022_7),
            (100.0, 1.984_0),
            (1_000.0, 1.962_3),
        ] {
            assert!(close(student_t(freedom), t, 0.000_2), "{freedom}: {}", student_t(freedom));
        }
    }

    #[test]
    fn the_ratio_is_the_geometric_mean_and_its_interval_students() {
        let two = ratio([(2.0, 1.0), (1.0, 2.0)]).unwrap();
        assert!(close(two.mean, 1.0, 1e-12), "{two:?}");
        // The deviation of two logarithms is ln 2 √2, that of their mean ln 2.
        assert!(close(two.high.ln(), 12.706_205 * 2_f64.ln(), 1e-9), "{two:?}");
        assert!(close(two.low * two.high, 1.0, 1e-12), "{two:?}");

        // ln: 0.1, 0.2, 0.3; mean 0.2, deviation 0.1, margin 4.302653 × 0.1 / √3 = 0.248414.
        let three = ratio([0.1, 0.2, 0.3].map(|log: f64| (log.exp() * 5.0, 5.0))).unwrap();
        assert!(close(three.mean, 0.2_f64.exp(), 1e-9), "{three:?}");
        assert!(close(three.low, (0.2_f64 - 0.248_414).exp(), 1e-6), "{three:?}");
        assert!(close(three.high, (0.2_f64 + 0.248_414).exp(), 1e-6), "{three:?}");
    }

    #[test]
    fn pairs_that_agree_leave_no_interval_and_one_pair_says_nothing() {
        let same = ratio([(9.0, 10.0); 15]).unwrap();
        assert!(close(same.low, 0.9, 1e-9) && close(same.high, 0.9, 1e-9), "{same:?}");
        assert!(ratio([(9.0, 10.0)]).is_none());
        assert!(ratio([]).is_none());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        for (numbers, middle) in [
            (vec![], None),
            (vec![3.0], Some(3.0)),
            (vec![9.0, 1.0, 2.0], Some(2.0)),
            (vec![4.0, 1.0, 9.0, 2.0], Some(3.0)),
        ] {
            assert_eq!(median(numbers.clone()), middle, "{numbers:?}");
        }
    }

    #[test]
    fn numbers_are_rounded_to_places() {
        assert_eq!((rounded(0.987_65, 3), rounded(12_345.6, 0), rounded(-0.06, 1)), (0.988, 12_346.0, -0.1));
    }
}
