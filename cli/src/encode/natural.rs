//! The natural order of names: numbers in them count as numbers.

use std::cmp::Ordering;
use std::path::Path;

/// Compares two paths so that `2.png` comes before `10.png`. Numbers may be of any length.
pub fn natural_order(one: &Path, other: &Path) -> Ordering {
    let [one, other] = [one, other].map(|path| path.as_os_str().as_encoded_bytes());
    let (mut left, mut right) = (one, other);
    while let (Some(a), Some(b)) = (left.first(), right.first()) {
        let order = if a.is_ascii_digit() && b.is_ascii_digit() {
            let [x, y] = [number(&mut left), number(&mut right)];
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            a.cmp(b)
        };
        if order.is_ne() {
            return order;
        }
    }
    // Of equal numbers, the one with more zeros in front comes first.
    left.len().cmp(&right.len()).then_with(|| one.cmp(other))
}

/// Takes the digits at the beginning of a text, and returns them without the zeros in front.
fn number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    *text = rest;
    &number[number.iter().take_while(|digit| **digit == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let sorted = [
            "",
            "1.png",
            "2.png",
            "10.png",
            "a",
            "a/9/1.png",
            "a/10/0.png",
            "a1b2",
            "a1b10",
            "a2b1",
            "frame 007.png",
            "frame 08.png",
            "frame 8.png",
            "frame 99999999999999999999.png",
            "frame 100000000000000000000.png",
            "frame.png",
        ];
        let mut shuffled: Vec<&Path> = sorted.iter().rev().map(Path::new).collect();
        shuffled.sort_by(|one, other| natural_order(one, other));
        assert_eq!(shuffled, sorted.map(Path::new));
    }
}
