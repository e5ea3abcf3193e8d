//! Shamir's secret sharing over GF(2^8), as SOPS uses it for key groups: a share is the
//! secret's length of bytes and one more, its place on the x axis.

use zeroize::Zeroizing;

/// Puts shares together. `None` when they do not belong together: fewer than two, of
/// different or no length, or two of the same place.
pub(crate) fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let length = shares.first()?.len().checked_sub(1)?;
    if shares.len() < 2 || length == 0 || shares.iter().any(|share| share.len() != length + 1) {
        return None;
    }
    let places: Vec<u8> = shares.iter().map(|share| share[length]).collect();
    let distinct = places.iter().enumerate().all(|(i, x)| *x != 0 && !places[..i].contains(x));
    if !distinct {
        return None;
    }
    let mut secret = Zeroizing::new(vec![0; length]);
    for (i, share) in shares.iter().enumerate() {
        // Lagrange's weight of this share at x = 0.
        let weight = places
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .fold(1, |weight, (_, x)| multiply(weight, divide(*x, *x ^ places[i])));
        for (byte, part) in secret.iter_mut().zip(share.iter()) {
            *byte ^= multiply(weight, *part);
        }
    }
    Some(secret)
}

/// Splits a secret so that any `threshold` of `shares` restore it.
pub(crate) fn split(
    secret: &[u8],
    shares: u8,
    threshold: u8,
) -> Result<Vec<Zeroizing<Vec<u8>>>, getrandom::Error> {
    let mut out: Vec<Zeroizing<Vec<u8>>> =
        (1..=shares).map(|_| Zeroizing::new(Vec::with_capacity(secret.len() + 1))).collect();
    let mut polynomial = Zeroizing::new(vec![0; usize::from(threshold)]);
    for byte in secret {
        getrandom::fill(&mut polynomial[1..])?;
        polynomial[0] = *byte;
        for (x, share) in (1..=shares).zip(out.iter_mut()) {
            let y = polynomial.iter().rev().fold(0, |sum, factor| multiply(sum, x) ^ factor);
            share.push(y);
        }
    }
    for (x, share) in (1..=shares).zip(out.iter_mut()) {
        share.push(x);
    }
    Ok(out)
}

/// Multiplication modulo x^8 + x^4 + x^3 + x + 1, without branches on the data.
fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & 0_u8.wrapping_sub(b & 1);
        let carry = 0_u8.wrapping_sub(a >> 7);
        a = (a << 1) ^ (carry & 0x1b);
        b >>= 1;
    }
    product
}

/// a / b = a * b^254.
fn divide(a: u8, b: u8) -> u8 {
    let mut inverse = 1;
    for _ in 0..254 {
        inverse = multiply(inverse, b);
    }
    multiply(a, inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_of_three_restore_the_secret_and_one_does_not() {
        let secret = b"sixteen bytes ok";
        let shares = split(secret, 3, 2).unwrap();
        for pair in [[0, 1], [0, 2], [2, 1]] {
            let pair: Vec<_> = pair.iter().map(|i| shares[*i].clone()).collect();
            assert_eq!(combine(&pair).unwrap().as_slice(), secret);
        }
        assert_eq!(combine(&shares).unwrap().as_slice(), secret);
        assert!(combine(&shares[..1]).is_none());
        assert!(combine(&[shares[0].clone(), shares[0].clone()]).is_none());
    }
}
